#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/error.h"
#include "reading/reading.h"

static const struct reading_source source = {
	.node = "pi4",
	.plugin = "dht22",
	.now_ms = 1700000000000,
};

static void assert_reading(const struct reading *reading, const char *expected)
{
	json_t *json = reading_to_json(reading);
	char *text = json_dumps(json, JSON_COMPACT);

	assert_string_equal(text, expected);
	free(text);
	json_decref(json);
}

/* The first of `expected_count` readings; the others are dropped. */
static struct reading *take(const char *text, size_t expected_count)
{
	json_t *value = json_loads(text, JSON_DECODE_ANY, NULL);
	struct reading **readings = NULL, *first = NULL;
	struct error err = {.text = ""};
	size_t count = 99;
	int ret = readings_from_json(value, &source, &readings, &count, &err);

	assert_string_equal(err.text, "");
	assert_int_equal(ret, 0);
	assert_int_equal(count, expected_count);
	if (count > 0)
		first = reading_ref(readings[0]);
	for (size_t i = 0; i < count; i++)
		reading_unref(readings[i]);
	free(readings);
	json_decref(value);
	return first;
}

static void accept(const char *text, const char *expected)
{
	struct reading *reading = take(text, 1);

	assert_reading(reading, expected);
	reading_unref(reading);
}

static void refuse_json(json_t *value, int code, const char *expected)
{
	struct reading **readings = (struct reading **)&code;
	struct error err = {.text = ""};
	size_t count = 99;

	assert_non_null(value);
	assert_int_equal(readings_from_json(value, &source, &readings, &count, &err), code);
	assert_string_equal(err.text, expected);
	assert_ptr_equal(readings, &code);
	assert_int_equal(count, 99);
	json_decref(value);
}

static void refuse(const char *text, const char *expected)
{
	refuse_json(json_loads(text, JSON_DECODE_ANY, NULL), ERROR_MALFORMED, expected);
}

static void test_record(void **state)
{
	(void)state;
	accept("{\"sensor-id\":\"dht22-4\",\"temperature\":21.5,\"timestamp-ms\":1700000000005,"
	       "\"fan-on\":"
	       "true}",
	       "{\"sensor_id\":\"pi4:dht22-4\",\"timestamp_ms\":1700000000005,"
	       "\"data\":{\"temperature\":21.5,\"fan_on\":true}}");
	accept("{}", "{\"sensor_id\":\"pi4:dht22\",\"timestamp_ms\":1700000000000,\"data\":{}}");
	accept("[{\"sensor_id\":null}]",
	       "{\"sensor_id\":\"pi4:dht22\",\"timestamp_ms\":1700000000000,\"data\":{}}");
	accept("{\"sensor_id\":\"\"}",
	       "{\"sensor_id\":\"pi4:dht22\",\"timestamp_ms\":1700000000000,\"data\":{}}");
}

static void test_none(void **state)
{
	(void)state;
	assert_null(take("null", 0));
	assert_null(take("[]", 0));
}

static void test_nested_values_are_kept(void **state)
{
	(void)state;
	accept("{\"timestamp_ms\":1700000000001,\"a-b\":{\"c-d\":[1,{\"e\":null}]}}",
	       "{\"sensor_id\":\"pi4:dht22\",\"timestamp_ms\":1700000000001,"
	       "\"data\":{\"a_b\":{\"c-d\":[1,{\"e\":null}]}}}");
}

static void test_sensor_names(void **state)
{
	struct reading *reading;

	(void)state;
	reading = take("{\"sensor_id\":\"a b/\\u00e9-._:Z9\"}", 1);
	assert_string_equal(reading->sensor, "a_b___-._:Z9");
	assert_string_equal(reading->plugin, "dht22");
	reading_unref(reading);
	reading = take(
		"{\"sensor_id\":\"0123456789012345678901234567890123456789012345678901234567890123"
		"45\"}",
		1);
	assert_int_equal(strlen(reading->sensor), READING_NAME_MAX);
	reading_unref(reading);
}

static void assert_timestamp(const char *stamp, uint64_t expected)
{
	char text[128];
	struct reading *reading;

	snprintf(text, sizeof(text), "{\"timestamp_ms\":%s}", stamp);
	reading = take(text, 1);
	assert_true(reading->timestamp_ms == expected);
	assert_int_equal(json_object_size(reading->data), 0);
	reading_unref(reading);
}

static void test_timestamps(void **state)
{
	(void)state;
	assert_timestamp("1699999999999", 1699999999999u);
	assert_timestamp("1700000060000", source.now_ms + READING_AHEAD_MS);
	assert_timestamp("1699913600000", source.now_ms - READING_BEHIND_MS);
	assert_timestamp("0", source.now_ms);
	assert_timestamp("-1", source.now_ms);
	assert_timestamp("1.5", source.now_ms);
	assert_timestamp("\"5\"", source.now_ms);
	assert_timestamp("null", source.now_ms);
	assert_timestamp("[5]", source.now_ms);
	assert_timestamp("{\"not_finite\":\"nan\"}", source.now_ms);
}

static void assert_moved(const char *stamp, uint64_t now_ms, unsigned expected)
{
	struct reading_notes notes = {.moved = 0};
	struct reading_source told = source;
	struct reading **readings;
	json_t *value;
	size_t count;
	char text[64];

	told.now_ms = now_ms;
	told.notes = &notes;
	snprintf(text, sizeof(text), "[{\"a\":1},{\"timestamp_ms\":%s}]", stamp);
	value = json_loads(text, 0, NULL);
	assert_int_equal(readings_from_json(value, &told, &readings, &count, NULL), 0);
	assert_int_equal(notes.moved, expected);
	assert_int_equal(notes.left_out, 0);
	if (expected)
		assert_true(readings[1]->timestamp_ms == now_ms);
	for (size_t i = 0; i < count; i++)
		reading_unref(readings[i]);
	free(readings);
	json_decref(value);
}

/* 2^63-1 was the state's last_update for good, and years in the past or to come were never trimmed.
 */
static void a_timestamp_far_from_now_becomes_now(void **state)
{
	(void)state;
	assert_moved("9223372036854775807", source.now_ms, 1);
	assert_moved("1", source.now_ms, 1);
	assert_moved("1577836799999", source.now_ms, 1);
	assert_moved("1893456000000", source.now_ms, 1);
	assert_moved("1700000060000", source.now_ms, 0);
	assert_moved("1700000060001", source.now_ms, 1);
	assert_moved("1699913600000", source.now_ms, 0);
	assert_moved("1699913599999", source.now_ms, 1);
}

/* Without a clock that keeps time, a machine begins in 1970. */
static void the_clock_of_the_node_counts_whatever_it_says(void **state)
{
	(void)state;
	assert_moved("1", 5000, 0);
	assert_moved("65001", 5000, 1);
	assert_moved("1700000000000", 5000, 1);
}

static void what_was_moved_or_left_out_is_told(void **state)
{
	struct reading_notes notes = {.moved = 0};
	struct reading_source told = source;
	struct reading **readings;
	json_t *value = json_loads(
		"[{\"timestamp_ms\":7},{\"a\":\"x\\u0007\",\"b\":\"\\u001b\",\"c\":1}]", 0, NULL);
	size_t count;

	(void)state;
	told.notes = &notes;
	assert_int_equal(readings_from_json(value, &told, &readings, &count, NULL), 0);
	assert_int_equal(notes.moved, 1);
	assert_int_equal(notes.left_out, 2);
	assert_string_equal(
		notes.text,
		"reading 1, field timestamp_ms: 7 is more than a day before or a "
		"minute after this node's clock (1700000000000); using the time of arrival; return "
		"Unix milliseconds, as get_timestamp_ms() does, or leave timestamp_ms out");
	assert_reading(
		readings[1],
		"{\"sensor_id\":\"pi4:dht22\",\"timestamp_ms\":1700000000000,\"data\":{\"a\":null,"
		"\"b\":null,\"c\":1,\"error\":\"a: the text has a control character (0x07) at byte "
		"2; only tabs and line ends are allowed; b: the text has a control character "
		"(0x1b) at byte 1; only tabs and line ends are allowed\"}}");
	reading_unref(readings[0]);
	reading_unref(readings[1]);
	free(readings);
	json_decref(value);
}

static void test_floats_are_rounded(void **state)
{
	struct reading *reading =
		take("{\"t\":0.10000000149011612,\"l\":[0.30000000000000004]}", 1);

	(void)state;
	assert_true(json_real_value(json_object_get(reading->data, "t")) == 0.1);
	assert_true(json_real_value(json_array_get(json_object_get(reading->data, "l"), 0)) ==
		    0.1 + 0.2);
	reading_unref(reading);
}

static void test_not_finite(void **state)
{
	(void)state;
	accept("{\"timestamp_ms\":1700000000001,\"temperature\":{\"not_finite\":\"nan\"},"
	       "\"humidity\":40}",
	       "{\"sensor_id\":\"pi4:dht22\",\"timestamp_ms\":1700000000001,\"data\":{"
	       "\"temperature\":null,"
	       "\"humidity\":40,\"error\":\"temperature is nan\"}}");
	accept("{\"timestamp_ms\":1700000000001,\"a-b\":{\"not_finite\":\"inf\"},\"l\":[{\"not_"
	       "finite\":\"-"
	       "inf\"}]}",
	       "{\"sensor_id\":\"pi4:dht22\",\"timestamp_ms\":1700000000001,\"data\":{\"a_b\":null,"
	       "\"l\":[null],\"error\":\"a_b is inf; l holds -inf\"}}");
	accept("{\"timestamp_ms\":1700000000001,\"error\":\"mine\",\"t\":{\"not_finite\":\"nan\"}}",
	       "{\"sensor_id\":\"pi4:dht22\",\"timestamp_ms\":1700000000001,\"data\":{\"error\":"
	       "\"mine\","
	       "\"t\":null}}");
	accept("{\"timestamp_ms\":1700000000001,\"error\":null,\"t\":{\"not_finite\":\"nan\"}}",
	       "{\"sensor_id\":\"pi4:dht22\",\"timestamp_ms\":1700000000001,\"data\":{\"error\":"
	       "\"t is nan\","
	       "\"t\":null}}");
	accept("{\"timestamp_ms\":1700000000001,\"error\":\"mine\"}",
	       "{\"sensor_id\":\"pi4:dht22\",\"timestamp_ms\":1700000000001,\"data\":{\"error\":"
	       "\"mine\"}}");
}

static void test_the_host_said_why(void **state)
{
	struct reading_source absent = source;
	json_t *value = json_loads("{\"cpu_temp\":{\"not_finite\":\"nan\"}}", 0, NULL);
	struct reading **readings;
	size_t count;

	(void)state;
	absent.absent = "no sensor here";
	assert_int_equal(readings_from_json(value, &absent, &readings, &count, NULL), 0);
	assert_string_equal(json_string_value(json_object_get(readings[0]->data, "error")),
			    "cpu_temp is nan (no sensor here)");
	reading_unref(readings[0]);
	free(readings);
	json_decref(value);
}

static void test_wrong_types(void **state)
{
	(void)state;
	refuse("7",
	       "poll() must return an object, an array of objects or null, but returned a number");
	refuse("\"x\"",
	       "poll() must return an object, an array of objects or null, but returned a string");
	refuse("[{},3]", "reading 2: expected an object, found a number");
	refuse("[null]", "reading 1: expected an object, found null");
	refuse("[{},{\"sensor-id\":7}]",
	       "reading 2, field sensor_id: expected a string, found a number");
	refuse("[{}, {\"sensor_id\":\"_log\"}]",
	       "reading 2, field sensor_id: the name _log is reserved, like all names that begin "
	       "with \"_\"; rename the sensor");
	refuse("{\"sensor_id\":\"Web\"}", "reading 1, field sensor_id: the name Web is reserved "
					  "for this program itself; rename the sensor");
	refuse("{\"sensor_id\":{\"not_finite\":\"nan\"}}",
	       "reading 1, field sensor_id: expected a string, found a number that is not "
	       "finite");
	refuse("{\"not_finite\":\"nan\"}", "poll() must return an object, an array of objects or "
					   "null, but returned a number that is not finite");
	refuse("[{},{\"not_finite\":\"-inf\"}]",
	       "reading 2: expected an object, found a number that is not finite");
	refuse("{\"a-b\":1,\"a_b\":2}",
	       "reading 1: two fields have the name a_b (\"-\" in a name becomes \"_\")");
	refuse("{\"\":1}", "reading 1: the name of a field must have 1 to 64 bytes without control "
			   "characters; give the field another name");
	refuse("{\"a\\u001b\":1}", "reading 1: the name of a field must have 1 to 64 bytes without "
				   "control characters; give the field another name");
}

static void assert_accepted(json_t *value, size_t expected_count)
{
	char *text = json_dumps(value, 0);

	reading_unref(take(text, expected_count));
	free(text);
	json_decref(value);
}

static void test_length_of_field_names(void **state)
{
	char name[READING_NAME_MAX + 2];

	(void)state;
	memset(name, 'n', sizeof(name));
	name[READING_NAME_MAX + 1] = '\0';
	assert_accepted(json_pack("{s:i}", name + 1, 1), 1);
	refuse_json(json_pack("{s:i}", name, 1), ERROR_MALFORMED,
		    "reading 1: the name of a field must have 1 to 64 bytes without control "
		    "characters; give the field another name");
}

static json_t *record_with_fields(int count)
{
	json_t *record = json_object();
	char name[16];

	for (int i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "f%d", i);
		json_object_set_new(record, name, json_integer(i));
	}
	json_object_set_new(record, "sensor_id", json_string("x"));
	return record;
}

static void test_limit_of_fields(void **state)
{
	(void)state;
	assert_accepted(record_with_fields(READING_FIELDS_MAX), 1);
	refuse_json(
		record_with_fields(READING_FIELDS_MAX + 1), ERROR_TOO_LARGE,
		"reading 1: the reading has more than 64 fields; spread them over several sensors");
}

static void test_limit_of_readings(void **state)
{
	json_t *list = json_array();

	(void)state;
	for (int i = 0; i < READINGS_PER_POLL_MAX; i++)
		json_array_append_new(list, json_object());
	assert_accepted(json_incref(list), READINGS_PER_POLL_MAX);
	json_array_append_new(list, json_object());
	refuse_json(list, ERROR_TOO_LARGE, "poll() returned more than 256 readings: return fewer");
}

/* {"a":"xxx…"}: eight bytes beside the text */
static json_t *record_of_size(size_t size)
{
	char *text = malloc(size);
	json_t *record;

	memset(text, 'x', size);
	record = json_pack("{s:s#}", "a", text, (int)(size - 8));
	free(text);
	return record;
}

static void test_limit_of_size(void **state)
{
	(void)state;
	assert_accepted(record_of_size(READING_SIZE_MAX), 1);
	refuse_json(record_of_size(READING_SIZE_MAX + 1), ERROR_TOO_LARGE,
		    "reading 1: the reading has more than 16384 bytes as JSON text; return less "
		    "data or split it over several sensors");
}

static void test_limit_of_depth(void **state)
{
	(void)state;
	refuse_json(json_loads("{\"d\":[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]}", 0, NULL),
		    ERROR_TOO_LARGE,
		    "reading 1, field d: nested deeper than 16; split it into several fields");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_record),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_nested_values_are_kept),
		cmocka_unit_test(test_sensor_names),
		cmocka_unit_test(test_timestamps),
		cmocka_unit_test(a_timestamp_far_from_now_becomes_now),
		cmocka_unit_test(the_clock_of_the_node_counts_whatever_it_says),
		cmocka_unit_test(what_was_moved_or_left_out_is_told),
		cmocka_unit_test(test_floats_are_rounded),
		cmocka_unit_test(test_not_finite),
		cmocka_unit_test(test_the_host_said_why),
		cmocka_unit_test(test_wrong_types),
		cmocka_unit_test(test_length_of_field_names),
		cmocka_unit_test(test_limit_of_fields),
		cmocka_unit_test(test_limit_of_readings),
		cmocka_unit_test(test_limit_of_size),
		cmocka_unit_test(test_limit_of_depth),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
