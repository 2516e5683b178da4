/* With a clock of its own: how much of the log is a plugin's, whoever writes the line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "plugin/internal.h"

#define NS_PER_SECOND 1000000000ull
#define AT_ONCE 100
#define A_SECOND 20
#define KEPT_FOR_BROKER 10

struct fixture {
	struct clock_manual clock;
	struct plugin plugin;
	unsigned lines;
	char last[512];
};

static void see_line(void *arg, const struct log_record *record)
{
	struct fixture *f = arg;

	f->lines++;
	snprintf(f->last, sizeof(f->last), "%s", record->text);
}

static void ignore(void *arg, const char *name, const char *text, bool simulated)
{
	(void)arg, (void)name, (void)text, (void)simulated;
}

static int set_up(void **state)
{
	static const struct plugin_events events = {.on_failed = ignore};
	static struct fixture f;

	memset(&f, 0, sizeof(f));
	clock_manual_init(&f.clock, 1750000000000);
	clock_manual_advance_ns(&f.clock, 3600 * NS_PER_SECOND);
	f.plugin.services.clock = &f.clock.base;
	f.plugin.services.events = &events;
	memcpy(f.plugin.source.name, "one", 4);
	log_add_sink(see_line, &f);
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	log_remove_sink(see_line, *state);
	return 0;
}

/* As a poll that fails with a traceback, another each time. */
static void fail_poll(struct fixture *f, unsigned number)
{
	char text[128];

	snprintf(text, sizeof(text), "Traceback:\n  line 3\n  line %u\nValueError: %u", number,
		 number);
	plugin_fail(&f->plugin, text, true);
}

static void tracebacks_are_charged_to_the_plugin(void **state)
{
	struct fixture *f = *state;

	for (unsigned i = 0; i < 1000; i++)
		fail_poll(f, i);
	assert_int_equal(f->lines, AT_ONCE);
	for (unsigned i = 0; i < 1000; i++) {
		clock_manual_advance_ns(&f->clock, NS_PER_SECOND / 200);
		fail_poll(f, i);
	}
	assert_in_range(f->lines, AT_ONCE + 4 * A_SECOND, AT_ONCE + 5 * A_SECOND);
	assert_int_equal(f->plugin.log_limit.dropped_total + f->lines, 4 * 2000);
	assert_int_equal(f->plugin.errors, 2000);
}

static void without_room_for_all_the_last_line_is_logged(void **state)
{
	struct fixture *f = *state;

	token_bucket_init(&f->plugin.log_limit.lines, AT_ONCE, A_SECOND,
			  clock_monotonic_ns(&f->clock.base));
	f->plugin.log_limit.lines.tokens = 3;
	fail_poll(f, 7);
	assert_int_equal(f->lines, 1);
	assert_string_equal(f->last, "ValueError: 7");
	assert_int_equal(f->plugin.log_limit.dropped, 3);
}

static void what_it_prints_leaves_room_for_why_it_failed(void **state)
{
	struct fixture *f = *state;
	unsigned printed = 0;

	for (unsigned i = 0; i < 1000; i++)
		printed += plugin_may_print(&f->plugin);
	assert_int_equal(printed, AT_ONCE - KEPT_FOR_BROKER);
	fail_poll(f, 7);
	assert_int_equal(f->lines, 4);
	assert_string_equal(f->last, "ValueError: 7");
}

/* Polls may end hundreds of times in a second. */
static void drops_are_said_once_in_ten_seconds(void **state)
{
	struct fixture *f = *state;

	for (unsigned second = 0; second < 20; second++) {
		for (unsigned i = 0; i < 200; i++) {
			plugin_may_print(&f->plugin);
			plugin_log_limit_end(&f->plugin, false);
		}
		clock_manual_advance_ns(&f->clock, NS_PER_SECOND);
	}
	assert_int_equal(f->lines, 2);
	assert_non_null(strstr(f->last, "of its lines: it may log 20 a second"));
	plugin_log_limit_end(&f->plugin, true);
	assert_int_equal(f->lines, 3);
	assert_int_equal(f->plugin.log_limit.dropped, 0);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(tracebacks_are_charged_to_the_plugin),
		TEST(without_room_for_all_the_last_line_is_logged),
		TEST(what_it_prints_leaves_room_for_why_it_failed),
		TEST(drops_are_said_once_in_ten_seconds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
