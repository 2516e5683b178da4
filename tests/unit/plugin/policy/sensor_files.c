#include "plugin/policy/sensor_files.h"

#include <string.h>

#include "../folder.h"

struct fixture {
	struct folder *folder;
	uv_loop_t loop;
	struct sensor_files *files;
	const char *record; /* what save() gives; NULL: the plugin has none */
	char loaded[64];    /* "plugin:sensors" of each load() */
};

static json_t *save(void *arg, const char *plugin)
{
	const struct fixture *fixture = arg;

	(void)plugin;
	return fixture->record ? json_pack("{s:s}", "sensors", fixture->record) : NULL;
}

static void load(void *arg, const char *plugin, const json_t *saved)
{
	struct fixture *fixture = arg;
	const char *text = json_string_value(json_object_get(saved, "sensors"));

	snprintf(fixture->loaded, sizeof(fixture->loaded), "%s:%s", plugin, text ? text : "");
}

static void open_files(struct fixture *fixture)
{
	const struct sensor_files_events events = {save, load, fixture};

	assert_int_equal(sensor_files_open(&fixture->loop, fixture->folder->path, &events,
					   &fixture->files, NULL),
			 0);
}

static void close_files(struct fixture *fixture)
{
	sensor_files_close(fixture->files);
	uv_run(&fixture->loop, UV_RUN_DEFAULT);
}

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	folder_setup((void **)&fixture->folder);
	uv_loop_init(&fixture->loop);
	open_files(fixture);
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(uv_loop_close(&fixture->loop), 0);
	folder_teardown((void **)&fixture->folder);
	free(fixture);
	return 0;
}

/* A change that waits is written when the files close, and read again. */
static void a_record_outlives_the_node(void **state)
{
	struct fixture *fixture = *state;

	fixture->record = "roof";
	sensor_files_change(fixture->files, "dht22");
	close_files(fixture);
	assert_int_equal(access(at(fixture->folder, "sensors/dht22.json"), F_OK), 0);
	open_files(fixture);
	assert_string_equal(fixture->loaded, "dht22:roof");
	fixture->record = NULL;
	sensor_files_change(fixture->files, "dht22");
	close_files(fixture);
	assert_int_equal(access(at(fixture->folder, "sensors/dht22.json"), F_OK), -1);
}

static void a_file_that_is_no_json_is_an_empty_record(void **state)
{
	struct fixture *fixture = *state;
	FILE *file = fopen(at(fixture->folder, "sensors/dht22.json"), "w");

	fputs("not JSON", file);
	fclose(file);
	close_files(fixture);
	open_files(fixture);
	assert_string_equal(fixture->loaded, "dht22:");
	close_files(fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_record_outlives_the_node, setup, teardown),
		cmocka_unit_test_setup_teardown(a_file_that_is_no_json_is_an_empty_record, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
