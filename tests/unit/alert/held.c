#include "alert/held.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static char told[65536];

static void on_told(void *arg, const char *rule, const char *id, const char *owner, json_t *notice)
{
	size_t used = strlen(told);

	(void)arg, (void)rule, (void)owner;
	assert_non_null(notice);
	snprintf(told + used, sizeof(told) - used, "%s ", id);
}

static void settle(struct alert_held *held, enum alert_duty duty, uint64_t now_ms)
{
	*told = 0;
	alert_held_settle(held, duty, now_ms, on_told, NULL);
}

static void add(struct alert_held *held, const char *id, uint64_t now_ms)
{
	json_t *notice = json_object();

	alert_held_add(held, "hot", id, "attic", notice, now_ms);
	json_decref(notice);
}

static void a_new_leader_tells_what_is_held(void **state)
{
	struct alert_held held;

	(void)state;
	alert_held_init(&held);
	add(&held, "a", 1000);
	add(&held, "b", 2000);
	settle(&held, ALERT_FOLLOWS, 1000 + ALERT_HOLD_MS - 1);
	assert_string_equal(told, "");
	settle(&held, ALERT_LEADS, 1000 + ALERT_HOLD_MS - 1);
	assert_string_equal(told, "a b ");
	assert_int_equal(held.count, 0);
	alert_held_finish(&held);
}

static void who_follows_leaves_it_to_the_leader(void **state)
{
	struct alert_held held;

	(void)state;
	alert_held_init(&held);
	add(&held, "a", 1000);
	add(&held, "b", 2000);
	settle(&held, ALERT_FOLLOWS, 1000 + ALERT_HOLD_MS);
	assert_string_equal(told, "");
	assert_int_equal(held.left, 1);
	settle(&held, ALERT_LEADS, 1000 + ALERT_HOLD_MS);
	assert_string_equal(told, "b ");
	alert_held_finish(&held);
}

static void without_a_leader_it_is_told_late(void **state)
{
	struct alert_held held;

	(void)state;
	alert_held_init(&held);
	add(&held, "a", 1000);
	settle(&held, ALERT_NO_LEADER, 1000 + ALERT_HOLD_MS - 1);
	assert_string_equal(told, "");
	settle(&held, ALERT_NO_LEADER, 1000 + ALERT_HOLD_MS);
	assert_string_equal(told, "a ");
	alert_held_finish(&held);
}

static void the_oldest_is_pushed_out(void **state)
{
	struct alert_held held;
	char id[16];

	(void)state;
	alert_held_init(&held);
	for (unsigned i = 0; i <= ALERT_HELD_MAX; i++) {
		snprintf(id, sizeof(id), "n%u", i);
		add(&held, id, 1000);
	}
	assert_int_equal(held.count, ALERT_HELD_MAX);
	assert_int_equal(held.lost, 1);
	settle(&held, ALERT_LEADS, 1000);
	assert_memory_equal(told, "n1 n2 ", 6);
	add(&held, "x", 1000);
	alert_held_finish(&held);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_leader_tells_what_is_held),
		cmocka_unit_test(who_follows_leaves_it_to_the_leader),
		cmocka_unit_test(without_a_leader_it_is_told_late),
		cmocka_unit_test(the_oldest_is_pushed_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
