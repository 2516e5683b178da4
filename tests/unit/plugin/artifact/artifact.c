#include "folder.h"

#include <uv.h>

#include "base/error.h"
#include "plugin/artifact/artifact.h"

/* A compiler of three lines; each test says what it does between the first and the last. */
#define GUEST_BEGIN                                                                                \
	"#!/bin/sh\n"                                                                              \
	"cd \"${0%/*}\"\n"                                                                         \
	"echo run >> log\n"
#define GUEST_END "{ printf 'code of '; cat \"$2\"; } > \"$3\"\n"
#define GUEST_WAIT "read line < gate\n"

struct asked {
	char progress[512]; /* its lines */
	char path[256];
	char failure[ERROR_TEXT_SIZE];
	int ended;
	struct artifact_request *request;
	struct artifact_cache *cache;
	struct asked *to_cancel; /* at the first progress */
	int to_close;		 /* likewise */
	int close_at_end;
};

struct fixture {
	struct folder *folder;
	uv_loop_t loop;
	struct artifact_cache *cache;
	int closed;
	int gate;
};

static void on_closed(void *arg)
{
	*(int *)arg += 1;
}

static void on_progress(void *arg, const char *text)
{
	struct asked *asked = arg;
	size_t length = strlen(asked->progress);

	snprintf(asked->progress + length, sizeof(asked->progress) - length, "%s\n", text);
	if (asked->to_cancel)
		artifact_request_cancel(asked->to_cancel->request);
	asked->to_cancel = NULL;
	if (asked->to_close)
		artifact_cache_close(asked->cache, NULL, NULL);
	asked->to_close = 0;
}

static void on_done(void *arg, const char *path)
{
	struct asked *asked = arg;

	snprintf(asked->path, sizeof(asked->path), "%s", path);
	asked->ended++;
	if (asked->close_at_end)
		artifact_cache_close(asked->cache, NULL, NULL);
}

static void on_failed(void *arg, const char *text)
{
	struct asked *asked = arg;

	snprintf(asked->failure, sizeof(asked->failure), "%s", text);
	asked->ended++;
}

static void make_guest(const struct folder *folder, const char *text)
{
	make_file(folder, "guest", text);
	chmod(at(folder, "guest"), 0755);
}

static void open_cache(struct fixture *fixture)
{
	struct error err = {0};

	if (artifact_cache_create(&fixture->loop, at(fixture->folder, "cache"),
				  at(fixture->folder, "guest"), "engine-1", &fixture->cache, &err))
		fail_msg("%s", err.text);
}

static void close_cache(struct fixture *fixture)
{
	fixture->closed = 0;
	artifact_cache_close(fixture->cache, on_closed, &fixture->closed);
	assert_int_equal(fixture->closed, 0);
	uv_run(&fixture->loop, UV_RUN_DEFAULT);
	assert_int_equal(fixture->closed, 1);
}

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	if (folder_setup((void **)&fixture->folder))
		return -1;
	mkfifo(at(fixture->folder, "gate"), 0600);
	fixture->gate = open(at(fixture->folder, "gate"), O_RDWR | O_CLOEXEC);
	make_guest(fixture->folder, GUEST_BEGIN GUEST_END);
	make_file(fixture->folder, "x.wasm", "x");
	make_file(fixture->folder, "y.wasm", "y");
	uv_loop_init(&fixture->loop);
	open_cache(fixture);
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	close_cache(fixture);
	assert_int_equal(uv_loop_close(&fixture->loop), 0);
	close(fixture->gate);
	folder_teardown((void **)&fixture->folder);
	free(fixture);
	return 0;
}

static void ask(struct fixture *fixture, const char *file, struct asked *asked)
{
	static const struct artifact_events events = {on_progress, on_done, on_failed};
	char name[8] = "";

	*asked = (struct asked){.cache = fixture->cache};
	name[0] = file[0];
	assert_int_equal(artifact_request(fixture->cache, at(fixture->folder, file), name, &events,
					  asked, &asked->request),
			 0);
}

static void run_to_end(struct fixture *fixture, const struct asked *asked)
{
	while (!asked->ended)
		uv_run(&fixture->loop, UV_RUN_ONCE);
	assert_int_equal(asked->ended, 1);
}

static void run_to_progress(struct fixture *fixture, const struct asked *asked, const char *text)
{
	while (!strstr(asked->progress, text))
		uv_run(&fixture->loop, UV_RUN_ONCE);
}

static void open_gate(const struct fixture *fixture)
{
	assert_int_equal(write(fixture->gate, "\n", 1), 1);
}

static void assert_content(const char *path, const char *expected)
{
	char got[128] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_true(read(fd, got, sizeof(got) - 1) >= 0);
	close(fd);
	assert_string_equal(got, expected);
}

static void assert_runs(const struct fixture *fixture, int count)
{
	struct stat info = {0};

	stat(at(fixture->folder, "log"), &info);
	assert_int_equal(info.st_size, 4 * count); /* "run\n" */
}

static void assert_no_temporaries(const struct fixture *fixture)
{
	char command[256], line[256] = "";
	FILE *list;

	snprintf(command, sizeof(command), "ls %s | grep tmp", at(fixture->folder, "cache"));
	list = popen(command, "re");
	if (fgets(line, sizeof(line), list))
		fail_msg("left behind: %s", line);
	pclose(list);
}

static const char *get(struct fixture *fixture, const char *file, struct asked *asked)
{
	ask(fixture, file, asked);
	run_to_end(fixture, asked);
	if (*asked->failure)
		fail_msg("%s", asked->failure);
	return asked->path;
}

/* SHA-256 of "x" */
#define X_NAME "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881-engine-1.cwasm"

static void test_miss_and_hit(void **state)
{
	struct fixture *fixture = *state;
	struct asked asked;

	get(fixture, "x.wasm", &asked);
	assert_string_equal(asked.path, at(fixture->folder, "cache/" X_NAME));
	assert_content(asked.path, "code of x");
	assert_int_equal(strncmp(asked.progress, "compiling x (0.0 MB), once\ncompiled x in ", 41),
			 0);
	assert_no_temporaries(fixture);
	get(fixture, "x.wasm", &asked);
	assert_content(asked.path, "code of x");
	assert_string_equal(asked.progress, "");
	assert_runs(fixture, 1);
	close_cache(fixture);
	open_cache(fixture);
	get(fixture, "x.wasm", &asked);
	assert_runs(fixture, 1);
}

static void assert_rebuilt(struct fixture *fixture, int runs, const char *reason)
{
	struct asked asked;
	char expected[256];

	get(fixture, "x.wasm", &asked);
	assert_content(asked.path, "code of x");
	assert_runs(fixture, runs);
	snprintf(expected, sizeof(expected), "rebuilding x: %s", reason);
	assert_memory_equal(asked.progress, expected, strlen(expected));
}

static void test_damaged(void **state)
{
	struct fixture *fixture = *state;
	struct asked asked;

	get(fixture, "x.wasm", &asked);
	make_file(fixture->folder, "cache/" X_NAME, "evil code");
	assert_rebuilt(fixture, 2, X_NAME " is damaged or was not made by this node");
	make_data(fixture->folder, "cache/" X_NAME ".mac", "0123456789abcdef0123456789abcdef", 32);
	assert_rebuilt(fixture, 3, X_NAME " is damaged or was not made by this node");
	make_file(fixture->folder, "cache/" X_NAME ".mac", "short");
	assert_rebuilt(fixture, 4, X_NAME ".mac is too short");
	make_file(fixture->folder, "cache/" X_NAME, "");
	assert_rebuilt(fixture, 5, X_NAME " is damaged or was not made by this node");
	chmod(at(fixture->folder, "cache/" X_NAME), 0644);
	assert_rebuilt(fixture, 6, X_NAME " may be used by others (mode 0644)");
	unlink(at(fixture->folder, "cache/" X_NAME));
	make_link(fixture->folder, "cache/" X_NAME, "/etc/passwd");
	assert_rebuilt(fixture, 7, X_NAME " is a symbolic link");
	artifact_cache_forget(fixture->cache, at(fixture->folder, "cache/" X_NAME));
	assert_rebuilt(fixture, 8, X_NAME " has no MAC");
}

static void test_other_key(void **state)
{
	struct fixture *fixture = *state;
	struct asked asked;

	get(fixture, "x.wasm", &asked);
	close_cache(fixture);
	unlink(at(fixture->folder, "cache/key"));
	open_cache(fixture);
	assert_rebuilt(fixture, 2, X_NAME " is damaged or was not made by this node");
}

/* Both are ours, but one is not the other. */
static void test_exchanged(void **state)
{
	struct fixture *fixture = *state;
	struct asked x, y;
	char mac[300], y_mac[300];

	get(fixture, "x.wasm", &x);
	get(fixture, "y.wasm", &y);
	snprintf(mac, sizeof(mac), "%s.mac", x.path);
	snprintf(y_mac, sizeof(y_mac), "%s.mac", y.path);
	rename(y.path, x.path);
	rename(y_mac, mac);
	assert_rebuilt(fixture, 3, X_NAME " is damaged or was not made by this node");
}

static void test_same_bytes_share(void **state)
{
	struct fixture *fixture = *state;
	struct asked first, second, third;

	make_guest(fixture->folder, GUEST_BEGIN GUEST_WAIT GUEST_END);
	make_file(fixture->folder, "z.wasm", "x");
	ask(fixture, "x.wasm", &first);
	ask(fixture, "z.wasm", &second);
	run_to_progress(fixture, &first, "compiling");
	ask(fixture, "x.wasm", &third);
	open_gate(fixture);
	run_to_end(fixture, &first);
	run_to_end(fixture, &second);
	/* It may have come after the end; then it was a hit. */
	run_to_end(fixture, &third);
	assert_string_equal(first.path, second.path);
	assert_string_equal(first.path, third.path);
	assert_runs(fixture, 1);
}

static void test_one_at_a_time(void **state)
{
	struct fixture *fixture = *state;
	struct asked asked[4];

	make_file(fixture->folder, "1.wasm", "1");
	make_file(fixture->folder, "2.wasm", "2");
	make_guest(fixture->folder, GUEST_BEGIN "mkdir busy || echo overlap >> log\n" GUEST_WAIT
						"rmdir busy\n" GUEST_END);
	ask(fixture, "x.wasm", &asked[0]);
	ask(fixture, "y.wasm", &asked[1]);
	ask(fixture, "1.wasm", &asked[2]);
	ask(fixture, "2.wasm", &asked[3]);
	for (int i = 0; i < 4; i++)
		open_gate(fixture);
	for (int i = 0; i < 4; i++)
		run_to_end(fixture, &asked[i]);
	for (int i = 0; i < 4; i++)
		assert_string_equal(asked[i].failure, "");
	assert_runs(fixture, 4);
}

static void test_failure_text(void **state)
{
	struct fixture *fixture = *state;
	struct asked asked;
	char expected[256];

	make_guest(fixture->folder,
		   GUEST_BEGIN "echo noise >&2; echo \"error: $2: bad section\" >&2\nexit 1\n");
	ask(fixture, "x.wasm", &asked);
	run_to_end(fixture, &asked);
	snprintf(expected, sizeof(expected), "error: %s: bad section",
		 at(fixture->folder, "x.wasm"));
	assert_string_equal(asked.failure, expected);
	assert_no_temporaries(fixture);

	make_guest(fixture->folder, GUEST_BEGIN "exit 3\n");
	ask(fixture, "x.wasm", &asked);
	run_to_end(fixture, &asked);
	assert_string_equal(asked.failure, "the compiler ended with status 3");

	make_guest(fixture->folder, GUEST_BEGIN "kill -SEGV $$\n");
	ask(fixture, "x.wasm", &asked);
	run_to_end(fixture, &asked);
	assert_string_equal(asked.failure, "the compiler was killed by signal 11");

	make_guest(fixture->folder, GUEST_BEGIN "exit 0\n");
	ask(fixture, "x.wasm", &asked);
	run_to_end(fixture, &asked);
	assert_string_equal(asked.failure, "the compiler wrote no artifact");

	/* Far more than is kept; the last line counts. */
	make_guest(fixture->folder,
		   GUEST_BEGIN "i=0; while [ $i -lt 5000 ]; do echo 0123456789012345"
			       "67890123456789 >&2; i=$((i+1)); done\n"
			       "echo the end >&2; exit 1\n");
	ask(fixture, "x.wasm", &asked);
	run_to_end(fixture, &asked);
	assert_string_equal(asked.failure, "the end");

	unlink(at(fixture->folder, "guest"));
	ask(fixture, "x.wasm", &asked);
	run_to_end(fixture, &asked);
	assert_non_null(strstr(
		asked.failure,
		"guest: no such file or directory; check that it is installed and executable"));
	assert_no_temporaries(fixture);
	/* A failure is not kept. */
	make_guest(fixture->folder, GUEST_BEGIN GUEST_END);
	get(fixture, "x.wasm", &asked);
}

static void test_no_component(void **state)
{
	struct fixture *fixture = *state;
	struct asked asked;

	ask(fixture, "none.wasm", &asked);
	run_to_end(fixture, &asked);
	assert_non_null(strstr(asked.failure, "none.wasm: cannot open this file (check its mode "
					      "and owner): No such file or directory"));
	make_link(fixture->folder, "l.wasm", "x.wasm");
	ask(fixture, "l.wasm", &asked);
	run_to_end(fixture, &asked);
	assert_non_null(strstr(asked.failure, "l.wasm is a symbolic link"));
	assert_runs(fixture, 0);
}

static void test_size_limit(void **state)
{
	static const struct artifact_limits limits = {
		.component_bytes = 70000, .progress_ms = 1000, .deadline_ms = 60000};
	struct fixture *fixture = *state;
	char data[70001];
	struct asked asked;

	memset(data, 'a', sizeof(data));
	artifact_cache_set_limits(fixture->cache, &limits);
	make_data(fixture->folder, "x.wasm", data, 70000);
	get(fixture, "x.wasm", &asked);
	make_data(fixture->folder, "x.wasm", data, 70001);
	ask(fixture, "x.wasm", &asked);
	run_to_end(fixture, &asked);
	assert_non_null(strstr(asked.failure, "x.wasm is larger than 70000 bytes"));
	assert_runs(fixture, 1);
}

static void test_progress_and_deadline(void **state)
{
	static const struct artifact_limits limits = {
		.component_bytes = 100, .progress_ms = 1, .deadline_ms = 50};
	struct fixture *fixture = *state;
	struct asked asked;

	make_guest(fixture->folder, GUEST_BEGIN GUEST_WAIT GUEST_END);
	artifact_cache_set_limits(fixture->cache, &limits);
	ask(fixture, "x.wasm", &asked);
	run_to_end(fixture, &asked);
	assert_string_equal(asked.failure, "compiling took longer than 0.05 s");
	assert_non_null(strstr(asked.progress, "still compiling x (0 s)\n"));
	assert_no_temporaries(fixture);
}

static void test_what_took_too_long_is_not_tried_again(void **state)
{
	static const struct artifact_limits patient = {
		.component_bytes = 100, .progress_ms = 1000, .deadline_ms = 60000};
	static const struct artifact_limits limits = {
		.component_bytes = 100, .progress_ms = 1000, .deadline_ms = 1000};
	struct fixture *fixture = *state;
	struct asked asked;

	make_guest(fixture->folder, GUEST_BEGIN GUEST_WAIT GUEST_END);
	artifact_cache_set_limits(fixture->cache, &limits);
	for (int i = 0; i < 3; i++) {
		ask(fixture, "x.wasm", &asked);
		run_to_end(fixture, &asked);
		assert_non_null(strstr(asked.failure, "compiling took "));
	}
	assert_non_null(strstr(asked.failure, "compiled again when its file changes"));
	assert_runs(fixture, 1);
	/* Its file changes. */
	make_guest(fixture->folder, GUEST_BEGIN GUEST_END);
	make_file(fixture->folder, "x.wasm", "x2");
	artifact_cache_set_limits(fixture->cache, &patient);
	get(fixture, "x.wasm", &asked);
	assert_runs(fixture, 2);
}

static void test_deadline_by_size(void **state)
{
	static const struct artifact_limits limits = {
		.component_bytes = 100,
		.progress_ms = 1000,
		.deadline_first_ms = 30,
		.deadline_mb_ms = 10000000, /* 10 ms a byte */
		.deadline_ms = 100000,
	};
	struct fixture *fixture = *state;
	struct asked asked;

	make_file(fixture->folder, "x.wasm", "123");
	make_guest(fixture->folder, GUEST_BEGIN GUEST_WAIT GUEST_END);
	artifact_cache_set_limits(fixture->cache, &limits);
	ask(fixture, "x.wasm", &asked);
	run_to_end(fixture, &asked);
	assert_string_equal(asked.failure, "compiling took longer than 0.06 s");
}

/* A large one holds up one at most, the one that is compiled when it comes. */
static void test_the_smallest_is_next(void **state)
{
	struct fixture *fixture = *state;
	struct asked first, large, small;

	make_file(fixture->folder, "large.wasm", "0123456789");
	make_guest(fixture->folder, GUEST_BEGIN GUEST_WAIT "cat \"$2\" >> order\n" GUEST_END);
	ask(fixture, "x.wasm", &first);
	run_to_progress(fixture, &first, "compiling");
	ask(fixture, "large.wasm", &large);
	ask(fixture, "y.wasm", &small);
	/* Both wait before the first has ended. */
	for (int i = 0; i < 50; i++) {
		uv_run(&fixture->loop, UV_RUN_NOWAIT);
		usleep(2000);
	}
	for (int i = 0; i < 3; i++)
		open_gate(fixture);
	run_to_end(fixture, &large);
	run_to_end(fixture, &small);
	assert_content(at(fixture->folder, "order"), "xy0123456789");
}

/* Only one copy of a component is in the cache at a time, and it has room for what is made of it.
 */
static void test_copies_have_a_limit(void **state)
{
	struct artifact_limits limits = {
		.component_bytes = 100, .progress_ms = 1000, .deadline_ms = 60000};
	const char *const names[] = {"1.wasm", "2.wasm", "3.wasm"};
	struct fixture *fixture = *state;
	struct asked asked[3];

	make_guest(fixture->folder,
		   GUEST_BEGIN "ls cache | grep -c '[.]wasm.tmp' >> copies\n" GUEST_END);
	for (int i = 0; i < 3; i++)
		make_file(fixture->folder, names[i], names[i]); /* 6 bytes, and 14 compiled */
	limits.cache_bytes = 6 + 13;
	artifact_cache_set_limits(fixture->cache, &limits);
	ask(fixture, names[0], &asked[0]);
	run_to_end(fixture, &asked[0]);
	assert_non_null(strstr(asked[0].failure, "its compiled form takes more than the "));
	limits.cache_bytes = 6 + 14 + 14;
	artifact_cache_set_limits(fixture->cache, &limits);
	for (int i = 0; i < 3; i++)
		ask(fixture, names[i], &asked[i]);
	for (int i = 0; i < 3; i++)
		run_to_end(fixture, &asked[i]);
	/* One for each that was compiled, in both rounds. */
	assert_content(at(fixture->folder, "copies"), "1\n1\n1\n");
	assert_int_equal(!*asked[0].failure + !*asked[1].failure + !*asked[2].failure, 2);
	for (int i = 0; i < 3; i++)
		assert_true(
			!*asked[i].failure ||
			strstr(asked[i].failure, "no room in the cache of compiled components"));
	assert_no_temporaries(fixture);
}

static void test_cancel(void **state)
{
	struct fixture *fixture = *state;
	struct asked x, y, again;

	make_guest(fixture->folder, GUEST_BEGIN GUEST_WAIT GUEST_END);
	ask(fixture, "x.wasm", &x);
	artifact_request_cancel(x.request); /* while it is hashed */
	ask(fixture, "x.wasm", &x);
	run_to_progress(fixture, &x, "compiling");
	ask(fixture, "y.wasm", &y);
	artifact_request_cancel(x.request); /* kills the compiler, which would wait for ever */
	ask(fixture, "x.wasm", &again);
	for (int i = 0; i < 3; i++) /* the one that dies may still take a line */
		open_gate(fixture);
	run_to_end(fixture, &y);
	run_to_end(fixture, &again);
	assert_content(again.path, "code of x");
	assert_content(y.path, "code of y");
	assert_int_equal(x.ended, 0);
}

static void test_cancel_one_of_two(void **state)
{
	struct fixture *fixture = *state;
	struct asked first, second;

	make_guest(fixture->folder, GUEST_BEGIN GUEST_WAIT GUEST_END);
	ask(fixture, "x.wasm", &first);
	ask(fixture, "x.wasm", &second);
	run_to_progress(fixture, &first, "compiling");
	artifact_request_cancel(first.request);
	open_gate(fixture);
	run_to_end(fixture, &second);
	assert_content(second.path, "code of x");
	assert_int_equal(first.ended, 0);
	assert_runs(fixture, 1);
}

static void test_cancel_in_an_event(void **state)
{
	struct fixture *fixture = *state;
	struct asked x, y;

	make_guest(fixture->folder, GUEST_BEGIN GUEST_WAIT GUEST_END);
	ask(fixture, "x.wasm", &x);
	x.to_cancel = &x;
	run_to_progress(fixture, &x, "compiling");
	ask(fixture, "y.wasm", &y);
	open_gate(fixture); /* twice, since the one that dies may still take a line */
	open_gate(fixture);
	run_to_end(fixture, &y);
	assert_string_equal(y.failure, "");
	assert_int_equal(x.ended, 0);
}

/* teardown sees that nothing is left, and that no event comes. */
static void test_close_at_work(void **state)
{
	struct fixture *fixture = *state;
	struct asked x, y, z;

	make_guest(fixture->folder, GUEST_BEGIN GUEST_WAIT GUEST_END);
	ask(fixture, "x.wasm", &x);
	ask(fixture, "y.wasm", &y);
	while (!*x.progress && !*y.progress)
		uv_run(&fixture->loop, UV_RUN_ONCE);
	ask(fixture, "x.wasm", &z);
	artifact_cache_trim(fixture->cache, 0);
	artifact_request_cancel(z.request);
	close_cache(fixture);
	assert_int_equal(x.ended + y.ended + z.ended, 0);
	open_cache(fixture);
	assert_no_temporaries(fixture);
}

static void test_close_in_an_event(void **state)
{
	struct fixture *fixture = *state;
	struct asked x, y;

	make_guest(fixture->folder, GUEST_BEGIN GUEST_WAIT GUEST_END);
	ask(fixture, "x.wasm", &x);
	x.to_close = 1;
	uv_run(&fixture->loop, UV_RUN_DEFAULT);
	assert_int_equal(x.ended, 0);
	open_cache(fixture);
	make_guest(fixture->folder, GUEST_BEGIN GUEST_END);
	ask(fixture, "x.wasm", &x);
	ask(fixture, "x.wasm", &y);
	x.close_at_end = y.close_at_end = 1;
	uv_run(&fixture->loop, UV_RUN_DEFAULT);
	assert_int_equal(x.ended + y.ended, 1);
	open_cache(fixture);
}

static void test_requests_limit(void **state)
{
	static const struct artifact_events events = {on_progress, on_done, on_failed};
	struct fixture *fixture = *state;
	struct asked asked = {0};
	struct artifact_request *request;
	int ret;

	for (int i = 0; i < ARTIFACT_REQUESTS_MAX; i++) {
		ret = artifact_request(fixture->cache, at(fixture->folder, "x.wasm"), "x", &events,
				       &asked, &request);
		assert_int_equal(ret, 0);
	}
	ret = artifact_request(fixture->cache, at(fixture->folder, "x.wasm"), "x", &events, &asked,
			       &request);
	assert_int_equal(ret, ERROR_BUSY);
	while (asked.ended < ARTIFACT_REQUESTS_MAX)
		uv_run(&fixture->loop, UV_RUN_ONCE);
	assert_runs(fixture, 1);
	get(fixture, "x.wasm", &asked);
}

static void test_trim(void **state)
{
	struct fixture *fixture = *state;
	struct asked x, y;

	get(fixture, "x.wasm", &x);
	get(fixture, "y.wasm", &y);
	artifact_cache_trim(fixture->cache, 0);
	close_cache(fixture);
	assert_int_equal(access(x.path, F_OK), 0); /* both are in use */
	assert_int_equal(access(y.path, F_OK), 0);
	open_cache(fixture);
	get(fixture, "y.wasm", &y);
	artifact_cache_trim(fixture->cache, 0);
	close_cache(fixture);
	assert_int_not_equal(access(x.path, F_OK), 0);
	assert_int_equal(access(y.path, F_OK), 0);
	open_cache(fixture);
}

static void test_bad_folder(void **state)
{
	struct fixture *fixture = *state;
	struct artifact_cache *cache;
	struct error err = {0};

	make_folder(fixture->folder, "open");
	assert_int_equal(artifact_cache_create(&fixture->loop, at(fixture->folder, "open"), "guest",
					       "engine", &cache, &err),
			 ERROR_INVALID);
	assert_non_null(strstr(err.text, "open may be used by others (mode 0755)"));
	assert_non_null(strstr(err.text, "run `chmod 700 "));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_miss_and_hit),
		TEST(test_damaged),
		TEST(test_other_key),
		TEST(test_exchanged),
		TEST(test_same_bytes_share),
		TEST(test_one_at_a_time),
		TEST(test_failure_text),
		TEST(test_no_component),
		TEST(test_size_limit),
		TEST(test_progress_and_deadline),
		TEST(test_what_took_too_long_is_not_tried_again),
		TEST(test_deadline_by_size),
		TEST(test_the_smallest_is_next),
		TEST(test_copies_have_a_limit),
		TEST(test_cancel),
		TEST(test_cancel_one_of_two),
		TEST(test_cancel_in_an_event),
		TEST(test_close_at_work),
		TEST(test_close_in_an_event),
		TEST(test_requests_limit),
		TEST(test_trim),
		TEST(test_bad_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
