/* POST /push, with which older software sends readings. */
#include "fixture.h"

static int push(struct fixture *fixture, const char *token, const char *id, struct error *err)
{
	json_t *readings = json_pack("[{s:s, s:I, s:{s:f}}]", "sensor_id", id, "timestamp_ms",
				     (json_int_t)NOW_MS, "data", "t", 20.5);
	json_t *answer = NULL;
	int ret = hub_take_push(fixture->hub, token, readings, &answer, err);

	assert_true(!answer == (ret != 0));
	json_decref(answer);
	json_decref(readings);
	return ret;
}

static void on_read(void *arg, int status, const struct history_batch *batch,
		    const struct error *err)
{
	(void)err;
	assert_int_equal(status, 0);
	*(uint64_t *)arg = batch->count ? batch->items[0].time_ms : 1;
}

/* Of the first reading of that node in the history. */
static uint64_t stored_time(struct fixture *fixture, const char *node)
{
	uint64_t time_ms = 1;

	history_flush(fixture->history);
	while (time_ms <= 1) {
		time_ms = 0;
		assert_int_equal(
			history_read_after(fixture->history, node, 0, 1, on_read, &time_ms), 0);
		while (!time_ms)
			uv_run(&fixture->loop, UV_RUN_ONCE);
	}
	return time_ms;
}

static void what_is_pushed_is_taken_one_by_one(void **state)
{
	struct fixture *fixture = *state;
	json_t *readings = json_pack(
		"[{s:s, s:I, s:{s:f}}, {s:s, s:I, s:{s:s}}, {s:s, s:i}, {s:s, s:I, s:{}}, i]",
		"sensor_id", "attic:a", "timestamp_ms", (json_int_t)NOW_MS + 3600000, "data", "t",
		20.5, "sensor_id", "attic:b", "timestamp_ms", (json_int_t)NOW_MS, "data", "t",
		"\x1b[2J", "sensor_id", "attic:c", "timestamp_ms", -5, "sensor_id", "other:d",
		"timestamp_ms", (json_int_t)NOW_MS, "data", 7);
	json_t *answer = NULL;

	assert_int_equal(greet(fixture, NULL, "cellar", NULL), 0); /* the history is open */
	assert_int_equal(hub_take_push(fixture->hub, NULL, readings, &answer, NULL), 0);
	assert_int_equal(json_integer_value(json_object_get(answer, "taken")), 1);
	assert_int_equal(json_integer_value(json_object_get(answer, "refused")), 4);
	assert_int_equal(json_array_size(json_object_get(answer, "refusals")), 4);
	assert_int_equal(reading_table_count(fixture->table), 1);
	assert_true(stored_time(fixture, "attic") == NOW_MS);
	json_decref(answer);
	json_decref(readings);
}

static void who_pushes_without_a_token_is_nobody_who_has_one(void **state)
{
	struct fixture *fixture = *state;
	struct error err = {0};

	assert_int_equal(greet(fixture, NULL, "cellar", NULL), 0); /* the history is open */
	assert_int_equal(push(fixture, NULL, "attic:dht22", &err), 0);
	assert_int_equal(push(fixture, NULL, "invited:dht22", &err), ERROR_NOT_GRANTED);
	assert_non_null(strstr(err.text, "the node invited has a token at this hub"));
	assert_int_equal(push(fixture, "invited", "invited:dht22", &err), 0);
	assert_int_equal(push(fixture, NULL, "hub:dht22", &err), ERROR_NOT_GRANTED);
	assert_int_equal(push(fixture, NULL, "attic:_log", &err), ERROR_MALFORMED);
	assert_non_null(strstr(err.text, "reading 1: the name _log is reserved"));
	assert_int_equal(push(fixture, NULL, "attic:a b", &err), ERROR_MALFORMED);
	assert_int_equal(reading_table_count(fixture->table), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_pushed_is_taken_one_by_one),
		TEST(who_pushes_without_a_token_is_nobody_who_has_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
