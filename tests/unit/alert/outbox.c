#include "alert/outbox.h"

#include "fixture.h"

struct dropping {
	unsigned count;
	char owner[ALERT_SUBJECT_SIZE];
};

static void on_dropped(void *arg, const struct alert_letter *letter)
{
	struct dropping *dropping = arg;

	dropping->count++;
	snprintf(dropping->owner, sizeof(dropping->owner), "%s", letter->owner->name);
}

static struct alert_letter *add(struct alert_outbox *outbox, const char *channel, const char *owner,
				struct dropping *dropping)
{
	static unsigned number;
	char id[ALERT_ID_SIZE];
	json_t *notice = json_object();
	struct alert_letter *letter;

	snprintf(id, sizeof(id), "%08u", ++number);
	letter = alert_outbox_add(outbox, channel, id, owner, notice, on_dropped, dropping);
	json_decref(notice);
	return letter;
}

static void on_grouped(void *arg, struct alert_letter *letter)
{
	(void)letter;
	++*(unsigned *)arg;
}

static void test_groups_stay(void **state)
{
	struct alert_outbox *outbox = alert_outbox_create();
	struct dropping none = {0};
	struct alert_letter *first = add(outbox, "mail", "a", &none);
	unsigned grouped = 0, size = 1;

	(void)state;
	add(outbox, "phone", "a", &none);
	add(outbox, "mail", "a", &none);
	alert_outbox_group(outbox, "mail", 20, on_grouped, &grouped);
	assert_int_equal(grouped, 2);
	/* One that comes later is not of this group, nor is the group formed again. */
	add(outbox, "mail", "a", &none);
	alert_outbox_group(outbox, "mail", 20, on_grouped, &grouped);
	assert_int_equal(grouped, 2);
	assert_ptr_equal(alert_outbox_first(outbox, "mail"), first);
	for (const struct alert_letter *at = alert_outbox_next(first); at;
	     at = alert_outbox_next(at))
		size++;
	assert_int_equal(size, 2);
	assert_int_equal(alert_outbox_waiting(outbox, "mail"), 3);
	assert_int_equal(none.count, 0);
	alert_outbox_destroy(outbox);
}

/* At the limit, who has most waiting loses the newest. */
static void test_shares(void **state)
{
	struct alert_outbox *outbox = alert_outbox_create();
	struct dropping dropping = {0};

	(void)state;
	for (int i = 0; i < ALERT_OUTBOX_MAX; i++)
		assert_non_null(add(outbox, "phone", "flood", &dropping));
	assert_int_equal(dropping.count, 0);
	assert_null(add(outbox, "phone", "flood", &dropping));
	assert_non_null(add(outbox, "phone", "honest", &dropping));
	assert_int_equal(dropping.count, 2);
	assert_string_equal(dropping.owner, "flood");
	assert_int_equal(alert_outbox_count(outbox), ALERT_OUTBOX_MAX);
	alert_outbox_destroy(outbox);
}

static void test_records(void **state)
{
	static const char *const wrong[] = {
		"[]",
		"{}",
		"{'id': '', 'group': '', 'channel': 'c', 'owner': '', 'notice': {}}",
		"{'id': '1', 'group': '', 'channel': 'c', 'owner': '', 'notice': 7}",
		("{'id': '123456789012345678901234567890123', 'group': '', 'channel': 'c',"
		 " 'owner': '', 'notice': {}}"),
	};
	struct alert_outbox *outbox = alert_outbox_create(), *other = alert_outbox_create();
	struct dropping none = {0};
	json_t *record = alert_letter_record(add(outbox, "mail", "pi:x", &none));

	(void)state;
	assert_int_equal(alert_outbox_restore(other, record), 0);
	assert_string_equal(alert_outbox_first(other, "mail")->owner->name, "pi:x");
	json_decref(record);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		record = json_of(wrong[i]);
		assert_int_equal(alert_outbox_restore(other, record), ERROR_MALFORMED);
		json_decref(record);
	}
	alert_outbox_destroy(outbox);
	alert_outbox_destroy(other);
}

static void test_strays(void **state)
{
	const char *const names[] = {"mail", NULL};
	struct alert_outbox *outbox = alert_outbox_create();
	struct dropping none = {0};
	struct alert_letter *stray;

	(void)state;
	add(outbox, "mail", "a", &none);
	stray = add(outbox, "gone", "a", &none);
	assert_ptr_equal(alert_outbox_stray(outbox, names), stray);
	alert_outbox_remove(outbox, stray);
	assert_null(alert_outbox_stray(outbox, names));
	alert_outbox_destroy(outbox);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_groups_stay),
		cmocka_unit_test(test_shares),
		cmocka_unit_test(test_records),
		cmocka_unit_test(test_strays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
