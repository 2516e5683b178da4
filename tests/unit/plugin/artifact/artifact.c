#include "fixture.h"

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
	assert_rebuilt(fixture, 2,
		       "the compiled component " X_NAME
		       " is damaged or was not made by this node, so it is compiled again");
	make_data(fixture->folder, "cache/" X_NAME ".mac", "0123456789abcdef0123456789abcdef", 32);
	assert_rebuilt(fixture, 3,
		       "the compiled component " X_NAME
		       " is damaged or was not made by this node, so it is compiled again");
	make_file(fixture->folder, "cache/" X_NAME ".mac", "short");
	assert_rebuilt(fixture, 4, X_NAME ".mac is too short");
	make_file(fixture->folder, "cache/" X_NAME, "");
	assert_rebuilt(fixture, 5,
		       "the compiled component " X_NAME
		       " is damaged or was not made by this node, so it is compiled again");
	chmod(at(fixture->folder, "cache/" X_NAME), 0644);
	assert_rebuilt(fixture, 6, X_NAME " may be used by others (mode 0644)");
	unlink(at(fixture->folder, "cache/" X_NAME));
	make_link(fixture->folder, "cache/" X_NAME, "/etc/passwd");
	assert_rebuilt(fixture, 7, X_NAME " is a symbolic link");
	artifact_cache_forget(fixture->cache, at(fixture->folder, "cache/" X_NAME));
	assert_rebuilt(fixture, 8,
		       "the compiled component " X_NAME " has no MAC, so it is compiled again");
}

static void test_other_key(void **state)
{
	struct fixture *fixture = *state;
	struct asked asked;

	get(fixture, "x.wasm", &asked);
	close_cache(fixture);
	unlink(at(fixture->folder, "cache/key"));
	open_cache(fixture);
	assert_rebuilt(fixture, 2,
		       "the compiled component " X_NAME
		       " is damaged or was not made by this node, so it is compiled again");
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
	assert_rebuilt(fixture, 3,
		       "the compiled component " X_NAME
		       " is damaged or was not made by this node, so it is compiled again");
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_miss_and_hit),	TEST(test_damaged),	     TEST(test_other_key),
		TEST(test_exchanged),		TEST(test_same_bytes_share), TEST(test_size_limit),
		TEST(test_copies_have_a_limit), TEST(test_requests_limit),   TEST(test_trim),
		TEST(test_bad_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
