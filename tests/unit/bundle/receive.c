#include "bundle/receive.h"

#include "base/work_queue.h"
#include "fixture.h"

/* A queue, and what came back. */
struct scene {
	struct fixture *fixture;
	uv_loop_t loop;
	struct work_queue *queue;
	unsigned answers;
	int code;
	char text[ERROR_TEXT_SIZE];
	json_t *installed; /* owned */
};

static void on_installed(void *arg, int code, const struct error *err, json_t *installed)
{
	struct scene *scene = arg;

	scene->answers++;
	scene->code = code;
	snprintf(scene->text, sizeof(scene->text), "%s", code ? err->text : "");
	scene->installed = installed;
}

static void begin(struct scene *scene, void **state, size_t limit)
{
	*scene = (struct scene){.fixture = *state};
	uv_loop_init(&scene->loop);
	assert_int_equal(work_queue_create(&scene->loop, limit, &scene->queue, NULL), 0);
}

static void on_closed(void *arg)
{
	(void)arg;
}

static void end(struct scene *scene)
{
	if (scene->queue)
		work_queue_close(scene->queue, on_closed, NULL);
	uv_run(&scene->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&scene->loop), 0);
	json_decref(scene->installed);
}

static struct bundle_receive receive_of(struct scene *scene)
{
	return (struct bundle_receive){.queue = scene->queue,
				       .config = &scene->fixture->config,
				       .data_folder = scene->fixture->data,
				       .plugins_folder = scene->fixture->plugins,
				       .fd = -1,
				       .on_installed = on_installed,
				       .arg = scene};
}

static void wait_for(struct scene *scene)
{
	while (!scene->answers)
		uv_run(&scene->loop, UV_RUN_ONCE);
}

static void test_from_memory(void **state)
{
	struct scene scene;
	struct bundle_receive receive;
	char data[16384];
	int fd;

	begin(&scene, state, 4);
	receive = receive_of(&scene);
	fd = make_bundle(*state, 1, "");
	receive.size = (size_t)read(fd, data, sizeof(data));
	close(fd);
	receive.data = data;
	assert_int_equal(bundle_receive(&receive, NULL), 0);
	memset(data, 0, sizeof(data)); /* it was copied */
	assert_int_equal(scene.answers, 0);
	wait_for(&scene);
	if (scene.code)
		fail_msg("%s", scene.text);
	assert_string_equal(json_string_value(json_object_get(scene.installed, "version")), "1");
	assert_int_equal(version_in(*state, "plugins/" NAME), 1);
	end(&scene);
}

/* It takes the file over, and refuses one of another plugin. */
static void test_from_a_file(void **state)
{
	struct scene scene;
	struct bundle_receive receive;
	char name[] = "door";

	begin(&scene, state, 4);
	receive = receive_of(&scene);
	receive.fd = make_bundle(*state, 1, "");
	receive.name = name;
	assert_int_equal(bundle_receive(&receive, NULL), 0);
	memset(name, 'x', 4);
	wait_for(&scene);
	assert_int_equal(scene.code, ERROR_NOT_GRANTED);
	assert_non_null(strstr(scene.text, "is of the plugin lamp, not of door"));
	assert_null(scene.installed);
	assert_int_equal(fcntl(receive.fd, F_GETFD), -1);
	end(&scene);
}

/* Also after an error, the file is closed. */
static void test_a_full_queue(void **state)
{
	struct scene scene;
	struct bundle_receive receive;
	struct error err;

	begin(&scene, state, 1);
	receive = receive_of(&scene);
	receive.fd = make_bundle(*state, 1, "");
	assert_int_equal(bundle_receive(&receive, NULL), 0);
	receive.fd = make_bundle(*state, 2, "");
	assert_int_equal(bundle_receive(&receive, &err), ERROR_BUSY);
	assert_non_null(strstr(err.text, "try again in a few seconds"));
	assert_int_equal(fcntl(receive.fd, F_GETFD), -1);
	wait_for(&scene);
	assert_int_equal(scene.answers, 1);
	end(&scene);
	assert_int_equal(version_in(*state, "plugins/" NAME), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_from_memory),
		TEST(test_from_a_file),
		TEST(test_a_full_queue),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
