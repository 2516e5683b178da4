#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "reading/reading.h"
#include "terminal/terminal.h"

#define DESCRIPTION                                                                                 \
	"{\"fields\":{\"temperature\":{\"unit\":\"°C\",\"quantity\":\"temperature\",\"decimals\":" \
	"1},"                                                                                       \
	"\"humidity\":{\"unit\":\"%\",\"quantity\":\"humidity\"},"                                  \
	"\"cpu_temp\":{\"unit\":\"°C\",\"quantity\":\"temperature\",\"decimals\":1},"              \
	"\"outside\":{\"unit\":\"°C\",\"name\":\"Outside\",\"decimals\":0,"                        \
	"\"shown\":{\"unit\":\"°F\",\"factor\":1.8,\"offset\":32}},"                               \
	"\"memory_used_mb\":{\"unit\":\"MiB\"},\"ratio\":{\"decimals\":3}}}"

static void check_line(const char *data, bool simulated, const char *wanted)
{
	struct reading reading = {.references = 1, .sensor = "s", .simulated = simulated};
	json_t *description = json_loads(DESCRIPTION, 0, NULL);
	char line[LOG_TEXT_SIZE];

	assert_non_null(description);
	reading.data = json_loads(data, 0, NULL);
	assert_non_null(reading.data);
	terminal_format(&reading, description, line, sizeof(line));
	assert_string_equal(line, wanted);
	json_decref(reading.data);
	json_decref(description);
}

static void test_units(void **state)
{
	(void)state;
	check_line("{\"temperature\": 21.44, \"humidity\": 45.06}", false, "21.4 °C  45.1 %");
	check_line("{\"cpu_temp\": 48.25, \"memory_used_mb\": 412}", false,
		   "cpu_temp 48.2 °C  memory_used_mb 412 MiB");
	check_line("{\"outside\": 20}", false, "Outside 68 °F");
	check_line("{\"ratio\": 0.25, \"attempts\": 3, \"fan_on\": true, \"ok\": false}", false,
		   "ratio 0.250  attempts 3  fan_on yes  ok no");
	/* A unit is never guessed from the name of a field. */
	check_line("{\"pressure\": 1013.24, \"kilolux\": 3}", false, "pressure 1013  kilolux 3");
}

static void test_simulated(void **state)
{
	(void)state;
	check_line("{\"temperature\": 310.5}", true, "310.5 °C  (simulated)");
	check_line("{}", true, "(simulated)");
	check_line("{}", false, "");
}

static void test_failed(void **state)
{
	(void)state;
	check_line("{\"temperature\": null, \"humidity\": 40.0, \"error\": \"checksum mismatch\"}",
		   false, "temperature —  40.0 %  error: checksum mismatch");
	check_line("{\"temperature\": null, \"error\": \"no acknowledge\", \"last_good_ms\": 17}",
		   true, "temperature —  error: no acknowledge  (simulated)");
	check_line("{\"error\": \"timeout\"}", false, "error: timeout");
	check_line("{\"error\": null}", false, "error —");
}

static void test_long_values(void **state)
{
	(void)state;
	check_line("{\"name\": \"1234567890123456789012345678901234567890\"}", false,
		   "name 1234567890123456789012345678901234567890");
	check_line("{\"name\": \"12345678901234567890123456789012345678901\"}", false,
		   "name 1234567890123456789012345678901234567890…");
	/* "°" is two bytes: it may not be cut in two. */
	check_line("{\"name\": \"123456789012345678901234567890123456789°\"}", false,
		   "name 123456789012345678901234567890123456789…");
	check_line("{\"list\": [1, 2, 3], \"map\": {\"a\": 1}}", false, "list [3]  map {1}");
}

static void test_a_short_line(void **state)
{
	struct reading reading = {.references = 1, .sensor = "s"};
	char line[8];

	(void)state;
	reading.data = json_pack("{s:i}", "attempts", 12345);
	terminal_format(&reading, NULL, line, sizeof(line));
	assert_string_equal(line, "attempt");
	json_decref(reading.data);
}

struct seen {
	char source[16], text[64];
	int lines;
	bool is_reading;
};

static void on_line(void *arg, const struct log_record *record)
{
	struct seen *seen = arg;

	seen->lines++;
	seen->is_reading = record->is_reading;
	snprintf(seen->source, sizeof(seen->source), "%.15s", record->source);
	snprintf(seen->text, sizeof(seen->text), "%.63s", record->text);
}

static void show(const struct terminal *terminal, struct reading *reading, struct seen *seen)
{
	*seen = (struct seen){.lines = 0};
	reading->data = json_pack("{s:f, s:s}", "humidity", 45.1, "note", "a\nb%s");
	log_add_sink(on_line, seen);
	terminal_show((void *)(uintptr_t)terminal, reading);
	log_remove_sink(on_line, seen);
	json_decref(reading->data);
}

static void the_plugin_is_the_source_whatever_its_sensors_are_called(void **state)
{
	static const struct terminal terminal = {.arg = NULL};
	struct reading own = {
		.references = 1, .sensor = "dht22", .plugin = "dht22", .simulated = true};
	struct reading faked = {.references = 1, .sensor = "broker", .plugin = "bad"};
	struct reading remote = {.references = 1, .sensor = "broker", .node = "cellar"};
	struct seen seen;

	(void)state;
	show(&terminal, &own, &seen);
	assert_int_equal(seen.lines, 1);
	assert_true(seen.is_reading);
	assert_string_equal(seen.source, "dht22");
	assert_string_equal(seen.text, "humidity 45.1  note a?b%s  (simulated)");
	show(&terminal, &faked, &seen);
	assert_string_equal(seen.source, "bad");
	assert_string_equal(seen.text, "broker: humidity 45.1  note a?b%s");
	/* A node's lines carry its name. */
	show(&terminal, &remote, &seen);
	assert_string_equal(seen.source, "cellar/broker");
	assert_string_equal(seen.text, "humidity 45.1  note a?b%s");
}

static bool only_dht22(void *arg, const char *plugin)
{
	(void)arg;
	return !strcmp(plugin, "dht22");
}

static void a_plugin_over_its_limit_is_not_shown(void **state)
{
	static const struct terminal terminal = {.may_show = only_dht22};
	struct reading loud = {.references = 1, .sensor = "dht22", .plugin = "loud"};
	struct reading quiet = {.references = 1, .sensor = "dht22", .plugin = "dht22"};
	struct reading remote = {.references = 1, .sensor = "x", .node = "cellar"};
	struct seen seen;

	(void)state;
	show(&terminal, &loud, &seen);
	assert_int_equal(seen.lines, 0);
	show(&terminal, &quiet, &seen);
	assert_int_equal(seen.lines, 1);
	show(&terminal, &remote, &seen);
	assert_int_equal(seen.lines, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_units),
		cmocka_unit_test(test_simulated),
		cmocka_unit_test(test_failed),
		cmocka_unit_test(test_long_values),
		cmocka_unit_test(test_a_short_line),
		cmocka_unit_test(the_plugin_is_the_source_whatever_its_sensors_are_called),
		cmocka_unit_test(a_plugin_over_its_limit_is_not_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
