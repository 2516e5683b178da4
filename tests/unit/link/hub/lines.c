/* The log lines of the nodes. */
#include "fixture.h"

/* A batch of log lines alone. `lines` is taken. */
static void send_lines(struct fixture *fixture, uint64_t sequence, json_t *lines)
{
	struct spoke_link_log log = {.sequence = sequence, .lines = lines};
	struct spoke_link_batch batch = {
		.node = "cellar", .stream = 7, .sent_ms = NOW_MS, .logs = &log, .logs_count = 1};

	json_decref(fixture->taken);
	fixture->taken = NULL;
	assert_int_equal(hub_take(fixture->hub, NULL, &batch, on_taken, fixture, NULL), 0);
	assert_int_equal(fixture->taken_status, 0);
	assert_int_equal(number(fixture, "added"), 0);
	json_decref(lines);
}

static json_t *line(json_t *time, const char *level, const char *source, const char *text)
{
	return json_pack("{s:o, s:s, s:s, s:s}", "time_ms", time, "level", level, "source", source,
			 "text", text);
}

static void log_lines_come_once_and_are_no_sensor(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(greet(fixture, NULL, "cellar", NULL), 0);
	for (int i = 0; i < 2; i++)
		send_lines(fixture, 1,
			   json_pack("[o]", line(json_integer(5), "info", "bme680", "x")));
	assert_int_equal(fixture->lines, 1);
	assert_string_equal(fixture->source, "bme680");
	assert_int_equal(fixture->time_ms, 5);
	assert_int_equal(reading_table_count(fixture->table), 0);
}

/* What was done to the hub: any source, control characters, a time that broke strftime(). */
static void log_lines_are_cleaned_as_on_the_node(void **state)
{
	struct fixture *fixture = *state;
	char longest[4 * LOG_TEXT_SIZE];

	assert_int_equal(greet(fixture, NULL, "cellar", NULL), 0);
	send_lines(fixture, 1,
		   json_pack("[o]", line(json_integer(INT64_MAX), "error", "web\nx",
					 "a\x1b[2Jb\n2026 error broker: c")));
	assert_int_equal(fixture->time_ms, NOW_MS);
	assert_string_equal(fixture->source, "web?x");
	assert_string_equal(fixture->text, "a?[2Jb?2026 error broker: c");
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	send_lines(fixture, 2, json_pack("[o]", line(json_integer(-1), "info", longest, longest)));
	assert_int_equal(fixture->time_ms, NOW_MS);
	assert_int_equal(strlen(fixture->source), LOG_SOURCE_SIZE - 1);
	assert_int_equal(strlen(fixture->text), LOG_TEXT_SIZE - 1);
	assert_int_equal(fixture->lines, 2);
}

static void lines_that_are_none_are_left_out_and_counted(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(greet(fixture, NULL, "cellar", NULL), 0);
	send_lines(fixture, 1,
		   json_pack("[i, n, {}, o, o, {s:s, s:s, s:i}]", 3,
			     line(json_null(), "loud", "a", "b"),
			     line(json_null(), "info", "", "b"), "level", "info", "source", "a",
			     "text", 5));
	assert_int_equal(fixture->lines, 0);
	assert_int_equal(of_node(fixture, "log_lines_dropped"), 6);
}

static json_t *many_lines(unsigned from)
{
	json_t *lines = json_array();
	char text[16];

	for (unsigned i = 0; i < SPOKE_LINK_LINES_MAX; i++) {
		snprintf(text, sizeof(text), "%u", from + i);
		json_array_append_new(lines, line(json_integer(5), "info", "s", text));
	}
	return lines;
}

/* A node that was away for long, or floods: its lines push the others' out of the hub's log. */
static void of_too_many_lines_the_newest_are_shown(void **state)
{
	struct spoke_link_log logs[HUB_LINES_AT_ONCE / SPOKE_LINK_LINES_MAX + 1];
	size_t count = sizeof(logs) / sizeof(*logs);
	struct spoke_link_batch batch = {.node = "cellar",
					 .stream = 7,
					 .sent_ms = NOW_MS,
					 .logs = logs,
					 .logs_count = count};
	struct fixture *fixture = *state;
	char last[16];

	assert_int_equal(greet(fixture, NULL, "cellar", NULL), 0);
	for (size_t i = 0; i < count; i++)
		logs[i] = (struct spoke_link_log){
			.sequence = i + 1, .lines = many_lines((unsigned)i * SPOKE_LINK_LINES_MAX)};
	assert_int_equal(hub_take(fixture->hub, NULL, &batch, on_taken, fixture, NULL), 0);
	assert_int_equal(fixture->lines, HUB_LINES_AT_ONCE);
	snprintf(last, sizeof(last), "%u", (unsigned)count * SPOKE_LINK_LINES_MAX - 1);
	assert_string_equal(fixture->text, last);
	assert_int_equal(of_node(fixture, "log_lines_dropped"), SPOKE_LINK_LINES_MAX);
	for (size_t i = 0; i < count; i++)
		json_decref((json_t *)(uintptr_t)logs[i].lines);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(log_lines_come_once_and_are_no_sensor),
		TEST(log_lines_are_cleaned_as_on_the_node),
		TEST(lines_that_are_none_are_left_out_and_counted),
		TEST(of_too_many_lines_the_newest_are_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
