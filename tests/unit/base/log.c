#include "base/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"

struct seen {
	int count;
	enum log_level level;
	bool is_reading;
	char source[64];
	char text[LOG_TEXT_SIZE];
};

static void see(void *arg, const struct log_record *record)
{
	struct seen *seen = arg;

	seen->count++;
	seen->level = record->level;
	seen->is_reading = record->is_reading;
	snprintf(seen->source, sizeof(seen->source), "%s", record->source);
	snprintf(seen->text, sizeof(seen->text), "%s", record->text);
}

static void controls_are_taken_out(void **state)
{
	struct seen seen = {0};

	(void)state;
	assert_int_equal(log_add_sink(see, &seen), 0);
	log_info("dht22", "a\x1b[31mred\n2026-01-01 error broker: fake\r\x7f\tb");
	assert_string_equal(seen.text, "a?[31mred?2026-01-01 error broker: fake?? b");
	log_info("dht22", "°C \xc3\x28 \xff \xe2\x80\xae \xc2\x85 \xed\xa0\x80 …");
	assert_string_equal(seen.text, "°C ?( ? ? ? ??? …");
	assert_string_equal(seen.source, "dht22");
	log_remove_sink(see, &seen);
	log_info("dht22", "not seen");
	assert_int_equal(seen.count, 2);
}

static void long_lines_are_cut_at_a_character(void **state)
{
	char text[2 * LOG_TEXT_SIZE];
	struct seen seen = {0};
	size_t length;

	(void)state;
	for (size_t i = 0; i + 2 < sizeof(text); i += 2)
		memcpy(text + i, "é", 2);
	text[sizeof(text) - 2] = '\0';
	log_add_sink(see, &seen);
	log_info("x", "%s", text);
	log_remove_sink(see, &seen);
	length = strlen(seen.text);
	assert_in_range(length, LOG_TEXT_SIZE - 6, LOG_TEXT_SIZE - 1);
	assert_string_equal(seen.text + length - 5, "é…");
}

static void levels_filter(void **state)
{
	struct seen seen = {0};
	enum log_level level;

	(void)state;
	log_add_sink(see, &seen);
	log_set_level(LOG_WARNING);
	log_info("x", "dropped");
	log_error("x", "kept");
	log_set_level(LOG_INFO);
	log_remove_sink(see, &seen);
	assert_int_equal(seen.count, 1);
	assert_int_equal(seen.level, LOG_ERROR);
	assert_int_equal(log_level_parse("WARN", &level), 0);
	assert_int_equal(level, LOG_WARNING);
	assert_int_equal(log_level_parse("loud", &level), ERROR_INVALID);
}

static void a_fifth_sink_is_refused(void **state)
{
	struct seen seen[5];

	(void)state;
	for (int i = 0; i < 4; i++)
		assert_int_equal(log_add_sink(see, &seen[i]), 0);
	assert_int_equal(log_add_sink(see, &seen[4]), ERROR_TOO_LARGE);
	for (int i = 0; i < 4; i++)
		log_remove_sink(see, &seen[i]);
}

static void a_line_has_its_time_in_utc(void **state)
{
	struct log_record record = {
		.level = LOG_WARNING, .unix_ms = 1767225600123, .source = "web", .text = "text"};
	char line[100];

	(void)state;
	log_format(&record, line, sizeof(line));
	assert_string_equal(line, "2026-01-01T00:00:00.123Z warning web: text");
}

/* A node's clock can say anything: the year then has more digits than there is room for. */
static void a_time_without_a_date_is_written_as_such(void **state)
{
	static const uint64_t times[] = {LOG_TIME_MS_MAX + 1, INT64_MAX, UINT64_MAX};
	struct log_record record = {.level = LOG_INFO, .source = "web", .text = "text"};
	char line[100];

	(void)state;
	for (size_t i = 0; i < sizeof(times) / sizeof(*times); i++) {
		record.unix_ms = times[i];
		log_format(&record, line, sizeof(line));
		assert_memory_equal(line, "(no valid time).", 16);
		assert_non_null(strstr(line, "Z info web: text"));
	}
	record.unix_ms = LOG_TIME_MS_MAX;
	log_format(&record, line, sizeof(line));
	assert_string_equal(line, "9999-12-31T23:59:59.999Z info web: text");
}

static void a_reading_is_told_from_an_event(void **state)
{
	struct seen seen = {0};

	(void)state;
	log_add_sink(see, &seen);
	log_reading("dht22", "%.1f °C", 21.5);
	assert_true(seen.is_reading);
	assert_string_equal(seen.text, "21.5 °C");
	log_info("dht22", "found");
	assert_false(seen.is_reading);
	log_set_level(LOG_WARNING);
	log_reading("dht22", "not shown");
	log_set_level(LOG_INFO);
	log_remove_sink(see, &seen);
	assert_int_equal(seen.count, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(controls_are_taken_out),
		cmocka_unit_test(long_lines_are_cut_at_a_character),
		cmocka_unit_test(levels_filter),
		cmocka_unit_test(a_fifth_sink_is_refused),
		cmocka_unit_test(a_line_has_its_time_in_utc),
		cmocka_unit_test(a_time_without_a_date_is_written_as_such),
		cmocka_unit_test(a_reading_is_told_from_an_event),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
