#include "rollout/rollout.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"

#define DIGEST "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const char *const names[] = {"a", "b", "c", "d", "e"};

static struct rollout_order order = {
	.plugin = "lamp",
	.version = "2.0",
	.digest = DIGEST,
	.signature = "four lines",
	.size = 1000,
	.number = 7,
	.now_ms = 100,
	.nodes = names,
	.nodes_count = 5,
	.groups = "1,2,rest",
	.success_percent = 100,
	.pause_on = 1,
};

static struct rollout *make(unsigned success, unsigned pause_on)
{
	struct rollout *rollout;

	order.success_percent = success;
	order.pause_on = pause_on;
	assert_int_equal(rollout_create(&order, &rollout, NULL), 0);
	return rollout;
}

static enum rollout_task task_of(struct rollout *rollout, const char *name)
{
	return rollout_task(rollout, rollout_find_node(rollout, name));
}

static bool report(struct rollout *rollout, const char *name, enum rollout_progress progress)
{
	return rollout_report(rollout, rollout_find_node(rollout, name), 7, progress,
			      "a reason\nof two lines", 200);
}

/* As a node that asks and then reports. */
static void become(struct rollout *rollout, const char *name, enum rollout_progress progress)
{
	assert_true(rollout_offer(rollout, rollout_find_node(rollout, name), 150));
	assert_true(report(rollout, name, progress));
}

static void test_groups_follow_each_other(void **state)
{
	struct rollout *rollout = make(100, 1);

	(void)state;
	assert_int_equal(task_of(rollout, "a"), ROLLOUT_INSTALL);
	assert_int_equal(task_of(rollout, "b"), ROLLOUT_NOTHING);
	assert_false(rollout_offer(rollout, rollout_find_node(rollout, "b"), 150));
	become(rollout, "a", ROLLOUT_PROBATION);
	assert_int_equal(rollout->released, 1);
	assert_true(report(rollout, "a", ROLLOUT_GOOD));
	assert_int_equal(rollout->released, 2);
	assert_int_equal(task_of(rollout, "a"), ROLLOUT_NOTHING);
	become(rollout, "b", ROLLOUT_GOOD);
	assert_int_equal(rollout->released, 2);
	become(rollout, "c", ROLLOUT_GOOD);
	assert_int_equal(rollout->released, 3);
	become(rollout, "d", ROLLOUT_GOOD);
	assert_int_equal(rollout->state, ROLLOUT_RUNNING);
	become(rollout, "e", ROLLOUT_GOOD);
	assert_int_equal(rollout->state, ROLLOUT_DONE);
	rollout_destroy(rollout);
}

static void test_quota_goes_on_without_a_node_that_is_away(void **state)
{
	struct rollout *rollout = make(50, 1);

	(void)state;
	become(rollout, "a", ROLLOUT_GOOD);
	become(rollout, "b", ROLLOUT_GOOD);
	assert_int_equal(rollout->released, 3);
	assert_int_equal(task_of(rollout, "c"), ROLLOUT_INSTALL);
	rollout_destroy(rollout);
}

static void test_failure_pauses(void **state)
{
	struct rollout *rollout = make(100, 1);

	(void)state;
	become(rollout, "a", ROLLOUT_ROLLED_BACK);
	assert_int_equal(rollout->state, ROLLOUT_PAUSED);
	assert_string_equal(rollout->reason, "a: rolled back: a reason?of two lines");
	assert_int_equal(task_of(rollout, "b"), ROLLOUT_NOTHING);
	/* The operator accepts it: the group has no other node, so the next begins. */
	assert_int_equal(rollout_resume(rollout, 300, NULL), 0);
	assert_int_equal(rollout->released, 2);
	become(rollout, "b", ROLLOUT_REFUSED);
	assert_int_equal(rollout->state, ROLLOUT_PAUSED);
	rollout_destroy(rollout);
}

static void test_lost_quota_pauses_before_the_count(void **state)
{
	struct rollout *rollout = make(60, 3);

	(void)state;
	become(rollout, "a", ROLLOUT_GOOD);
	become(rollout, "b", ROLLOUT_FAILED);
	assert_int_equal(rollout->state, ROLLOUT_PAUSED);
	assert_non_null(strstr(rollout->reason, "cannot reach the quota: b: failed"));
	/* A version that begins to work again is good. */
	assert_true(report(rollout, "b", ROLLOUT_GOOD));
	rollout_destroy(rollout);
}

static void test_allowed_failures(void **state)
{
	struct rollout *rollout = make(50, 2);

	(void)state;
	become(rollout, "a", ROLLOUT_GOOD);
	become(rollout, "b", ROLLOUT_ROLLED_BACK);
	assert_int_equal(rollout->state, ROLLOUT_RUNNING);
	become(rollout, "c", ROLLOUT_GOOD);
	assert_int_equal(rollout->released, 3);
	become(rollout, "d", ROLLOUT_ROLLED_BACK);
	assert_int_equal(rollout->state, ROLLOUT_PAUSED);
	rollout_destroy(rollout);
}

static void test_accepted_failures_count_no_more(void **state)
{
	const struct rollout_order all_at_once = {
		.plugin = "lamp",
		.version = "2.0",
		.digest = DIGEST,
		.number = 7,
		.nodes = names,
		.nodes_count = 5,
		.groups = "rest",
		.success_percent = 1,
		.pause_on = 2,
	};
	struct rollout *rollout;

	(void)state;
	assert_int_equal(rollout_create(&all_at_once, &rollout, NULL), 0);
	become(rollout, "a", ROLLOUT_GOOD);
	become(rollout, "b", ROLLOUT_ROLLED_BACK);
	become(rollout, "c", ROLLOUT_ROLLED_BACK);
	assert_int_equal(rollout->state, ROLLOUT_PAUSED);
	assert_int_equal(rollout_resume(rollout, 300, NULL), 0);
	become(rollout, "d", ROLLOUT_ROLLED_BACK);
	assert_int_equal(rollout->state, ROLLOUT_RUNNING);
	become(rollout, "e", ROLLOUT_ROLLED_BACK);
	assert_int_equal(rollout->state, ROLLOUT_PAUSED);
	rollout_destroy(rollout);
}

static void test_pause_lets_those_finish_that_began(void **state)
{
	struct rollout *rollout = make(100, 1);
	struct error err;

	(void)state;
	become(rollout, "a", ROLLOUT_GOOD);
	become(rollout, "b", ROLLOUT_DOWNLOADED);
	assert_int_equal(rollout_pause(rollout, 300, NULL), 0);
	assert_int_equal(task_of(rollout, "b"), ROLLOUT_INSTALL);
	assert_int_equal(task_of(rollout, "c"), ROLLOUT_NOTHING);
	assert_int_equal(rollout_pause(rollout, 300, &err), ERROR_INVALID);
	assert_string_equal(err.text, "the roll-out of lamp 2.0 is paused, so it cannot be paused: "
				      "`harvester rollout status` shows it");
	assert_true(report(rollout, "b", ROLLOUT_GOOD));
	assert_int_equal(rollout->released, 2);
	assert_int_equal(rollout_resume(rollout, 400, NULL), 0);
	assert_int_equal(task_of(rollout, "c"), ROLLOUT_INSTALL);
	rollout_destroy(rollout);
}

static void test_impossible_reports(void **state)
{
	struct rollout *rollout = make(100, 1);
	struct rollout_node *a = rollout_find_node(rollout, "a");

	(void)state;
	assert_false(report(rollout, "a", ROLLOUT_GOOD)); /* it was offered nothing */
	assert_true(rollout_offer(rollout, a, 150));
	assert_false(rollout_report(rollout, a, 8, ROLLOUT_GOOD, "", 200));
	assert_false(report(rollout, "a", ROLLOUT_NODE_UNDONE));
	assert_false(report(rollout, "a", ROLLOUT_OFFERED));
	assert_true(report(rollout, "a", ROLLOUT_GOOD));
	assert_false(report(rollout, "a", ROLLOUT_GOOD));
	assert_false(report(rollout, "a", ROLLOUT_ROLLED_BACK));
	rollout_destroy(rollout);
}

static void test_undo(void **state)
{
	struct rollout *rollout = make(100, 1);
	struct rollout_node *a = rollout_find_node(rollout, "a");

	(void)state;
	become(rollout, "a", ROLLOUT_GOOD);
	become(rollout, "b", ROLLOUT_ROLLED_BACK);
	assert_int_equal(rollout_undo(rollout, 9, 300, NULL), 0);
	assert_int_equal(rollout->state, ROLLOUT_UNDOING);
	assert_int_equal(rollout_number(rollout), 9);
	assert_int_equal(task_of(rollout, "a"), ROLLOUT_UNDO);
	assert_int_equal(task_of(rollout, "b"), ROLLOUT_NOTHING); /* it went back by itself */
	assert_int_equal(task_of(rollout, "c"), ROLLOUT_NOTHING); /* it never had the version */
	assert_false(rollout_report(rollout, a, 7, ROLLOUT_NODE_UNDONE, "", 400));
	assert_true(rollout_report(rollout, a, 9, ROLLOUT_NODE_UNDONE, "", 400));
	assert_int_equal(rollout->state, ROLLOUT_UNDONE);
	assert_false(rollout_is_active(rollout));
	rollout_destroy(rollout);
}

static void test_end(void **state)
{
	struct rollout *rollout = make(100, 1);

	(void)state;
	become(rollout, "a", ROLLOUT_PROBATION);
	assert_int_equal(rollout_abort(rollout, 300, NULL), 0);
	assert_int_equal(task_of(rollout, "a"), ROLLOUT_NOTHING);
	assert_int_equal(rollout_resume(rollout, 300, NULL), ERROR_INVALID);
	rollout_replace(rollout, 300);
	assert_int_equal(rollout->state, ROLLOUT_ABORTED);
	rollout_destroy(rollout);
	rollout = make(100, 1);
	rollout_replace(rollout, 300);
	assert_int_equal(rollout->state, ROLLOUT_REPLACED);
	assert_int_equal(task_of(rollout, "a"), ROLLOUT_NOTHING);
	assert_int_equal(rollout_undo(rollout, 9, 300, NULL), ERROR_INVALID);
	rollout_destroy(rollout);
}

static void test_json(void **state)
{
	struct rollout *rollout = make(90, 2), *read;
	json_t *json, *again;

	(void)state;
	become(rollout, "a", ROLLOUT_ROLLED_BACK);
	rollout_find_node(rollout, "a")->is_accepted = true;
	json = rollout_to_json(rollout, true);
	assert_int_equal(rollout_from_json(json, &read), 0);
	assert_string_equal(read->signature, "four lines");
	again = rollout_to_json(read, true);
	assert_true(json_equal(json, again));
	json_decref(again);
	rollout_destroy(read);
	again = rollout_to_json(rollout, false);
	assert_null(json_object_get(again, "signature"));
	json_decref(again);
	json_decref(json);
	rollout_destroy(rollout);
}

static void refuse_json(const char *key, json_t *value)
{
	struct rollout *rollout = make(90, 2), *read;
	json_t *json = rollout_to_json(rollout, true);

	json_object_set_new(json, key, value);
	assert_int_equal(rollout_from_json(json, &read), ERROR_MALFORMED);
	json_decref(json);
	rollout_destroy(rollout);
}

static void test_damaged_json(void **state)
{
	(void)state;
	refuse_json("state", json_string("walking"));
	refuse_json("number", json_integer(-1));
	refuse_json("digest", json_string("x"));
	refuse_json("success", json_integer(101));
	refuse_json("success", json_integer(0));
	refuse_json("released", json_integer(4));
	refuse_json("released", json_integer(0));
	refuse_json("signature", json_integer(1));
	refuse_json("nodes", json_array());
	refuse_json("nodes", json_pack("[{s:s}]", "node", "a"));
	refuse_json("plugin", json_null());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_groups_follow_each_other),
		cmocka_unit_test(test_quota_goes_on_without_a_node_that_is_away),
		cmocka_unit_test(test_failure_pauses),
		cmocka_unit_test(test_lost_quota_pauses_before_the_count),
		cmocka_unit_test(test_allowed_failures),
		cmocka_unit_test(test_accepted_failures_count_no_more),
		cmocka_unit_test(test_pause_lets_those_finish_that_began),
		cmocka_unit_test(test_impossible_reports),
		cmocka_unit_test(test_undo),
		cmocka_unit_test(test_end),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_damaged_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
