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
	char source[64];
	char text[LOG_TEXT_SIZE];
};

static void see(void *arg, const struct log_record *record)
{
	struct seen *seen = arg;

	seen->count++;
	seen->level = record->level;
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
	struct log_record record = {LOG_WARNING, 1767225600123, "web", "text"};
	char line[100];

	(void)state;
	log_format(&record, line, sizeof(line));
	assert_string_equal(line, "2026-01-01T00:00:00.123Z warning web: text");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(controls_are_taken_out),
		cmocka_unit_test(long_lines_are_cut_at_a_character),
		cmocka_unit_test(levels_filter),
		cmocka_unit_test(a_fifth_sink_is_refused),
		cmocka_unit_test(a_line_has_its_time_in_utc),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
