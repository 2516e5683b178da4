#include "plugin/supervisor/folder_watch.h"

#include <uv.h>

#include "base/error.h"
#include "base/work_queue.h"
#include "folder.h"
#include "plugin/policy/approvals.h"
#include "plugin/policy/disabled_plugins.h"
#include "plugin/supervisor/folder_snapshot.h"

struct fixture {
	struct folder *folder;
	uv_loop_t loop;
	struct approvals *approvals;
	struct disabled_plugins *disabled;
	struct work_queue *queue;
	struct folder_watch *watch;
	bool is_looking;
	unsigned begun, ended, changed;
	size_t count; /* of the last look */
	int ret;
	bool is_off; /* of its first plugin, where that was read */
	struct folder_snapshot_mark known;
	uv_sem_t gate;
	bool may_warn;
	unsigned warnings;
	char warning[512];
};

static void begins(void *arg, struct folder_snapshot *snapshot)
{
	struct fixture *f = arg;

	assert_false(f->is_looking); /* one at a time */
	f->is_looking = true;
	f->begun++;
	if (*f->known.name) {
		snapshot->known = malloc(sizeof(*snapshot->known));
		*snapshot->known = f->known;
		snapshot->known_count = 1;
	}
}

static void ended(void *arg, struct folder_snapshot *snapshot)
{
	struct fixture *f = arg;

	f->is_looking = false;
	f->ended++;
	f->ret = snapshot->ret;
	f->count = snapshot->count;
	if (snapshot->count && snapshot->items[0].rules) {
		f->changed++;
		f->is_off = snapshot->items[0].rules->is_off;
		f->known = snapshot->items[0].mark;
	}
}

static void warning(void *arg, const char *text)
{
	struct fixture *f = arg;

	if (!f->may_warn)
		fail_msg("%s", text);
	snprintf(f->warning, sizeof(f->warning), "%s", text);
	f->warnings++;
}

static const struct folder_watch_events events = {begins, ended, warning};

static int set_up(void **state)
{
	static struct fixture f;
	struct folder_watch_config config = {
		.loop = &f.loop,
		.events = &events,
		.arg = &f,
	};

	f = (struct fixture){0};
	if (folder_setup((void **)&f.folder))
		return -1;
	*state = &f;
	make_folder(f.folder, "plugins");
	uv_loop_init(&f.loop);
	uv_sem_init(&f.gate, 0);
	assert_int_equal(approvals_create(at(f.folder, "data"), &f.approvals, NULL), 0);
	assert_int_equal(disabled_plugins_create(at(f.folder, "data"), &f.disabled, NULL), 0);
	assert_int_equal(work_queue_create(&f.loop, 8, &f.queue, NULL), 0);
	config.plugins_folder = strdup(at(f.folder, "plugins"));
	config.approvals = f.approvals;
	config.disabled = f.disabled;
	config.queue = f.queue;
	f.loop.data = (void *)config.plugins_folder;
	return folder_watch_create(&config, &f.watch, NULL);
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	folder_watch_close(f->watch);
	work_queue_close(f->queue, NULL, NULL);
	uv_run(&f->loop, UV_RUN_DEFAULT);
	approvals_destroy(f->approvals);
	disabled_plugins_destroy(f->disabled);
	uv_sem_destroy(&f->gate);
	free(f->loop.data);
	assert_int_equal(uv_loop_close(&f->loop), 0);
	return folder_teardown((void **)&f->folder);
}

static void run_until(struct fixture *f, const unsigned *counter, unsigned value)
{
	while (*counter < value)
		uv_run(&f->loop, UV_RUN_ONCE);
}

static void the_first_look_is_made_at_once(void **state)
{
	struct fixture *f = *state;

	make_file(f->folder, "plugins/one.py", "");
	folder_watch_start(f->watch);
	assert_int_equal(f->ended, 1);
	assert_int_equal(f->count, 1);
}

static void sees_what_comes_changes_and_goes(void **state)
{
	struct fixture *f = *state;

	folder_watch_start(f->watch);
	assert_int_equal(f->count, 0);
	make_file(f->folder, "plugins/one.py", "");
	run_until(f, &f->changed, 1);
	make_file(f->folder, "plugins/one.permission.toml", "allow_leds = true\n");
	run_until(f, &f->changed, 2);
	unlink(at(f->folder, "plugins/one.py"));
	while (f->count)
		uv_run(&f->loop, UV_RUN_ONCE);
}

/* What is in a new folder may be there before it is watched. */
static void sees_into_new_folders(void **state)
{
	struct fixture *f = *state;

	folder_watch_start(f->watch);
	make_folder(f->folder, "plugins/one");
	make_file(f->folder, "plugins/one/plugin.py", "");
	run_until(f, &f->changed, 1);
	make_folder(f->folder, "plugins/one/lib");
	make_file(f->folder, "plugins/one/lib/inner.py", "");
	run_until(f, &f->changed, 2);
	make_file(f->folder, "plugins/one/lib/inner.py", "text");
	run_until(f, &f->changed, 3);
}

static void sees_what_the_owner_says(void **state)
{
	struct fixture *f = *state;

	make_file(f->folder, "plugins/one.py", "");
	folder_watch_start(f->watch);
	assert_false(f->is_off);
	assert_int_equal(disabled_plugins_set(f->disabled, "one", true, NULL), 0);
	while (!f->is_off)
		uv_run(&f->loop, UV_RUN_ONCE);
}

static void what_is_known_is_not_read_again(void **state)
{
	struct fixture *f = *state;

	make_file(f->folder, "plugins/one.py", "");
	folder_watch_start(f->watch);
	assert_int_equal(f->changed, 1);
	folder_watch_snapshot(f->watch, 0);
	run_until(f, &f->ended, 2);
	assert_int_equal(f->count, 1);
	assert_int_equal(f->changed, 1);
}

static void folder_that_is_gone(void **state)
{
	struct fixture *f = *state;

	folder_watch_start(f->watch);
	assert_int_equal(rmdir(at(f->folder, "plugins")), 0);
	folder_watch_distrust(f->watch);
	while (!f->ret)
		uv_run(&f->loop, UV_RUN_ONCE);
	assert_int_equal(f->ret, ERROR_NOT_FOUND);
}

static void wait_at_gate(void *arg)
{
	uv_sem_wait(&((struct fixture *)arg)->gate);
}

static void passed_gate(void *arg, int status)
{
	(void)arg;
	assert_int_equal(status, 0);
}

/* A look that has begun, and waits behind a job that waits for the gate. */
static void begin_slow_look(struct fixture *f)
{
	folder_watch_start(f->watch);
	f->ended = f->begun = 0;
	assert_int_equal(work_queue_submit(f->queue, wait_at_gate, passed_gate, f), 0);
	folder_watch_snapshot(f->watch, 0);
	while (!f->begun)
		uv_run(&f->loop, UV_RUN_NOWAIT);
}

static void one_more_after_a_change_during_a_look(void **state)
{
	struct fixture *f = *state;

	begin_slow_look(f);
	for (int i = 0; i < 3; i++) {
		folder_watch_snapshot(f->watch, 0);
		for (int turns = 0; turns < 3; turns++)
			uv_run(&f->loop, UV_RUN_NOWAIT);
	}
	assert_int_equal(f->begun, 1);
	uv_sem_post(&f->gate);
	run_until(f, &f->ended, 2);
	for (int turns = 0; turns < 3; turns++)
		uv_run(&f->loop, UV_RUN_NOWAIT);
	assert_int_equal(f->begun, 2);
}

static void distrusted_look(void **state)
{
	struct fixture *f = *state;

	begin_slow_look(f);
	folder_watch_distrust(f->watch);
	f->is_looking = false; /* its end is not told */
	uv_sem_post(&f->gate);
	run_until(f, &f->ended, 1);
	assert_int_equal(f->begun, 2);
}

static void closed_during_a_look(void **state)
{
	struct fixture *f = *state;

	begin_slow_look(f);
	folder_watch_close(f->watch);
	f->watch = NULL;
	uv_run(&f->loop, UV_RUN_NOWAIT);
	uv_sem_post(&f->gate);
	while (work_queue_length(f->queue))
		uv_run(&f->loop, UV_RUN_ONCE);
	assert_int_equal(f->ended, 0);
}

/* The size is the same, and so is the time that the file is given. */
static void sees_an_edit_of_same_size_and_time(void **state)
{
	struct fixture *f = *state;
	struct stat before;
	const char *path;

	make_file(f->folder, "plugins/one.py", "x = 1");
	folder_watch_start(f->watch);
	assert_int_equal(f->changed, 1);
	path = at(f->folder, "plugins/one.py");
	assert_int_equal(stat(path, &before), 0);
	make_file(f->folder, "plugins/one.py", "x = 2");
	assert_int_equal(
		utimensat(AT_FDCWD, path, (struct timespec[]){before.st_atim, before.st_mtim}, 0),
		0);
	run_until(f, &f->changed, 2);
}

/* A plugin with very many folders takes no watch from another. */
static void many_folders_of_one_plugin(void **state)
{
	struct fixture *f = *state;
	char name[64];

	f->may_warn = true;
	make_folder(f->folder, "plugins/greedy");
	make_file(f->folder, "plugins/greedy/plugin.py", "");
	for (unsigned i = 0; i < TREE_WATCH_SHARE_MAX + 5; i++) {
		snprintf(name, sizeof(name), "plugins/greedy/%u", i);
		make_folder(f->folder, name);
	}
	make_folder(f->folder, "plugins/honest");
	make_folder(f->folder, "plugins/honest/lib");
	make_file(f->folder, "plugins/honest/plugin.py", "");
	folder_watch_start(f->watch);
	assert_int_equal(f->count, 2);
	assert_int_equal(f->warnings, 1);
	assert_non_null(strstr(f->warning, "6 folders, such as "));
	assert_non_null(strstr(f->warning, "plugins/greedy/"));
	f->known = (struct folder_snapshot_mark){0};
	make_file(f->folder, "plugins/honest/lib/inner.py", "");
	run_until(f, &f->changed, f->changed + 1);
	assert_int_equal(f->warnings, 1);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_first_look_is_made_at_once),
		TEST(sees_what_comes_changes_and_goes),
		TEST(sees_into_new_folders),
		TEST(sees_what_the_owner_says),
		TEST(what_is_known_is_not_read_again),
		TEST(folder_that_is_gone),
		TEST(one_more_after_a_change_during_a_look),
		TEST(distrusted_look),
		TEST(closed_during_a_look),
		TEST(sees_an_edit_of_same_size_and_time),
		TEST(many_folders_of_one_plugin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
