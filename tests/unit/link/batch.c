#include "link/batch.h"

#include <float.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/error.h"
#include "store/history/history.h"

#define STREAM 0xfedcba9876543210u

static struct history_item make_item(uint64_t sequence, const char *sensor, json_t *data)
{
	return (struct history_item){
		.sequence = sequence,
		.time_ms = 1700000000000 + sequence,
		.sensor = sensor,
		.plugin = "bme680",
		.simulated = sequence % 2,
		.data = data,
	};
}

static void what_is_encoded_is_decoded(void **state)
{
	struct history_item items[] = {
		make_item(7, "bme680", json_pack("{s:f, s:n}", "temperature", 21.3, "gas")),
		make_item(9, "x.y-z",
			  json_pack("{s:s, s:f}", "error", "no \"acknowledge\"\n°C", "largest",
				    DBL_MAX)),
	};
	const struct history_batch history = {
		.stream = STREAM, .items = items, .count = 2, .skipped = 3};
	struct spoke_link_batch batch;
	struct buffer body;
	size_t count = 0;

	(void)state;
	buffer_init(&body, SPOKE_LINK_TEXT_MAX);
	assert_int_equal(spoke_link_batch_encode("cellar", 42, &history, &body, &count), 0);
	assert_int_equal(count, 2);
	assert_int_equal(spoke_link_batch_decode(body.data, body.size, true, &batch, NULL), 0);
	assert_string_equal(batch.node, "cellar");
	assert_true(batch.stream == STREAM);
	assert_int_equal(batch.sent_ms, 42);
	assert_int_equal(batch.skipped, 3);
	assert_int_equal(batch.count, 2);
	for (size_t i = 0; i < 2; i++) {
		assert_true(batch.items[i].sequence == items[i].sequence);
		assert_true(batch.items[i].time_ms == items[i].time_ms);
		assert_string_equal(batch.items[i].sensor, items[i].sensor);
		assert_string_equal(batch.items[i].plugin, items[i].plugin);
		assert_int_equal(batch.items[i].simulated, items[i].simulated);
		assert_true(json_equal(batch.items[i].data, items[i].data));
		json_decref(items[i].data);
	}
	spoke_link_batch_finish(&batch);
	buffer_finish(&body);
}

/* A plugin's reading is never taken for the log, whatever it is called and holds. */
static void log_lines_travel_apart_from_readings(void **state)
{
	json_t *lines = json_pack("{s:[{s:i, s:s, s:s, s:s}], s:i}", "lines", "time_ms", 5, "level",
				  "info", "source", "web", "text", "x", "dropped", 2);
	struct history_item items[] = {
		make_item(7, SPOKE_LINK_LOG_SENSOR, lines),
		make_item(8, "dht22", lines),
		make_item(9, SPOKE_LINK_LOG_SENSOR, lines),
	};
	const struct history_batch history = {.stream = STREAM, .items = items, .count = 3};
	struct spoke_link_batch batch;
	struct buffer body;
	size_t count = 0;

	(void)state;
	items[0].plugin = ""; /* the third has a plugin, as one that an older version let through */
	buffer_init(&body, SPOKE_LINK_TEXT_MAX);
	assert_int_equal(spoke_link_batch_encode("cellar", 42, &history, &body, &count), 0);
	assert_int_equal(count, 3);
	assert_int_equal(spoke_link_batch_decode(body.data, body.size, true, &batch, NULL), 0);
	assert_int_equal(batch.count, 2);
	assert_string_equal(batch.items[0].sensor, "dht22");
	assert_string_equal(batch.items[1].sensor,
			    SPOKE_LINK_LOG_SENSOR); /* the hub refuses this one */
	assert_int_equal(batch.logs_count, 1);
	assert_int_equal(batch.logs[0].sequence, 7);
	assert_true(json_equal(batch.logs[0].lines, json_object_get(lines, "lines")));
	spoke_link_batch_finish(&batch);
	buffer_finish(&body);
	json_decref(lines);
}

/* Incompressible, so that not all of it fits into one request. */
static void a_batch_that_is_too_long_is_cut(void **state)
{
	struct history_item items[SPOKE_LINK_ITEMS_MAX];
	const struct history_batch history = {
		.stream = 1, .items = items, .count = SPOKE_LINK_ITEMS_MAX};
	struct spoke_link_batch batch;
	struct buffer body;
	size_t count = 0;
	char text[1001];

	(void)state;
	srand(1);
	for (size_t i = 0; i < SPOKE_LINK_ITEMS_MAX; i++) {
		for (size_t k = 0; k + 1 < sizeof(text); k++)
			text[k] = (char)('0' + rand() % 75);
		text[sizeof(text) - 1] = '\0';
		items[i] = make_item(i + 1, "noise", json_pack("{s:s}", "text", text));
	}
	buffer_init(&body, SPOKE_LINK_TEXT_MAX);
	assert_int_equal(spoke_link_batch_encode("n", 1, &history, &body, &count), 0);
	assert_in_range(count, 1, SPOKE_LINK_ITEMS_MAX - 1);
	assert_true(body.size <= SPOKE_LINK_BODY_MAX);
	assert_int_equal(spoke_link_batch_decode(body.data, body.size, true, &batch, NULL), 0);
	assert_int_equal(batch.count, count);
	spoke_link_batch_finish(&batch);
	buffer_finish(&body);
	for (size_t i = 0; i < SPOKE_LINK_ITEMS_MAX; i++)
		json_decref(items[i].data);
}

static void assert_refused(const char *text, int code, const char *why)
{
	struct spoke_link_batch batch;
	struct error err = {0};

	assert_int_equal(spoke_link_batch_decode(text, strlen(text), false, &batch, &err), code);
	if (!strstr(err.text, why))
		fail_msg("\"%s\" does not say \"%s\"", err.text, why);
}

#define HEAD "\"protocol\":1,\"node\":\"a\",\"stream\":\"1f\",\"sent_ms\":5,\"skipped\":0,"
#define READING(sequence, rest)                                                                    \
	"{\"sequence\":" #sequence ",\"timestamp_ms\":1,\"sensor\":\"s\",\"plugin\":\"p\"," rest "}"
#define GOOD(sequence) READING(sequence, "\"data\":{\"x\":1}")

#define LOG(sequence) "{\"sequence\":" #sequence ",\"lines\":[]}"

static void bad_batches_are_refused_with_the_place(void **state)
{
	struct spoke_link_batch batch;

	(void)state;
	assert_int_equal(spoke_link_batch_decode("{" HEAD "\"readings\":[" GOOD(1) "]}",
						 strlen("{" HEAD "\"readings\":[" GOOD(1) "]}"),
						 false, &batch, NULL),
			 0);
	spoke_link_batch_finish(&batch);
	assert_refused("", ERROR_MALFORMED, "not a JSON object");
	assert_refused("[]", ERROR_MALFORMED, "not a JSON object");
	assert_refused("{" HEAD "\"readings\":[]}", ERROR_MALFORMED, "neither readings nor logs");
	assert_refused("{" HEAD "\"readings\":3}", ERROR_MALFORMED, "readings:");
	assert_refused("{" HEAD "\"readings\":[],\"logs\":{}}", ERROR_MALFORMED,
		       "logs: expected a list of objects with `source` and `lines`");
	assert_refused("{" HEAD "\"readings\":[],\"logs\":[3]}", ERROR_MALFORMED,
		       "entry 1 of `log`: sequence");
	assert_refused("{" HEAD "\"readings\":[],\"logs\":[{\"sequence\":1,\"lines\":3}]}",
		       ERROR_MALFORMED, "entry 1 of `log`: lines: expected a list");
	assert_refused("{" HEAD "\"readings\":[],\"logs\":[" LOG(2) "," LOG(2) "]}",
		       ERROR_MALFORMED, "entry 2 of `log`: sequence: expected a number from 3");
	assert_refused("{\"protocol\":2," HEAD "\"readings\":[]}", ERROR_MALFORMED, "duplicate");
	assert_refused("{\"protocol\":3,\"readings\":[" GOOD(1) "]}", ERROR_UNSUPPORTED,
		       "protocol 3: this hub supports 1 to 2");
	assert_refused("{\"protocol\":1,\"node\":\"a\",\"stream\":\"xyz\"}", ERROR_MALFORMED,
		       "stream");
	assert_refused("{\"protocol\":1,\"node\":\"a\",\"stream\":\"12345678901234567\"}",
		       ERROR_MALFORMED, "stream");
	assert_refused("{\"protocol\":1,\"node\":\"\"}", ERROR_MALFORMED, "node");
	assert_int_equal(spoke_link_batch_decode("{}", 2, true, &batch, NULL), ERROR_MALFORMED);
}

/* The readings' list without its brackets: the first of it is no item, the others are. */
static void assert_item_refused(const char *readings, size_t taken, const char *why)
{
	struct spoke_link_batch batch;
	struct buffer text;
	const json_t *refusal;

	buffer_init(&text, 4096);
	buffer_printf(&text, "{" HEAD "\"readings\":[%s]}", readings);
	assert_int_equal(spoke_link_batch_decode(text.data, text.size, false, &batch, NULL), 0);
	assert_int_equal(batch.count, taken);
	assert_int_equal(batch.refusals.count, 1);
	refusal = json_array_get(batch.refusals.list, 0);
	if (!strstr(json_string_value(json_object_get(refusal, "reason")), why))
		fail_msg("%s", json_string_value(json_object_get(refusal, "reason")));
	spoke_link_batch_finish(&batch);
	buffer_finish(&text);
}

/* For good, and one poison reading stopped a node for good. */
static void what_is_no_item_costs_no_other_one(void **state)
{
	(void)state;
	assert_item_refused(GOOD(2) "," GOOD(2) "," GOOD(3), 2,
			    "reading 2: sequence: expected a number from 3");
	assert_item_refused(GOOD(0) "," GOOD(1), 1, "reading 1: sequence");
	assert_item_refused(GOOD(17592186044416), 0, "reading 1: sequence");
	assert_item_refused(READING(1, "\"data\":3") "," GOOD(2), 1, "reading 1: data");
	assert_item_refused("7," GOOD(2), 1, "reading 1: sequence");
	assert_item_refused("{\"sequence\":1,\"timestamp_ms\":-1,\"sensor\":\"s\"}", 0,
			    "reading 1: timestamp_ms");
	assert_item_refused("{\"sequence\":1,\"timestamp_ms\":1,\"sensor\":\"<s>\"}," GOOD(2), 1,
			    "reading 1: sensor");
	assert_item_refused("{\"sequence\":1,\"timestamp_ms\":1,\"sensor\":\"s\\u0000\"}," GOOD(2),
			    1, "reading 1: sensor");
}

/* As many reasons as an answer has room for; all are counted. */
static void further_refusals_are_counted_alone(void **state)
{
	struct spoke_link_refusals refusals = {0};
	struct error why;

	(void)state;
	error_set(&why, ERROR_MALFORMED, "no");
	for (unsigned i = 0; i <= SPOKE_LINK_REFUSALS_MAX; i++)
		spoke_link_refuse_item(&refusals, i, "s", &why);
	assert_int_equal(refusals.count, SPOKE_LINK_REFUSALS_MAX + 1);
	assert_int_equal(json_array_size(refusals.list), SPOKE_LINK_REFUSALS_MAX);
	json_decref(refusals.list);
}

static void one_reading_too_many_is_refused(void **state)
{
	struct error err = {0};
	struct spoke_link_batch batch;
	struct buffer text;
	size_t end;

	(void)state;
	buffer_init(&text, 1 << 20);
	buffer_append_text(&text, "{" HEAD "\"readings\":[");
	for (unsigned i = 1; i <= SPOKE_LINK_ITEMS_MAX; i++)
		buffer_printf(&text,
			      "%s{\"sequence\":%u,\"timestamp_ms\":1,\"sensor\":\"s\",\"plugin\":"
			      "\"\",\"data\":{}}",
			      i > 1 ? "," : "", i);
	end = text.size;
	buffer_append_text(&text, "]}");
	assert_int_equal(spoke_link_batch_decode(text.data, text.size, false, &batch, NULL), 0);
	spoke_link_batch_finish(&batch);
	text.size = end;
	buffer_append_text(&text, "," GOOD(501) "]}");
	assert_int_equal(spoke_link_batch_decode(text.data, text.size, false, &batch, &err),
			 ERROR_TOO_LARGE);
	assert_non_null(strstr(err.text, "more than 500"));
	buffer_finish(&text);
}

static void one_line_too_many_is_refused(void **state)
{
	struct spoke_link_batch batch;
	struct error err = {0};
	struct buffer text;

	(void)state;
	for (unsigned count = SPOKE_LINK_LINES_MAX; count <= SPOKE_LINK_LINES_MAX + 1; count++) {
		buffer_init(&text, 1 << 20);
		buffer_append_text(&text, "{" HEAD "\"readings\":[],\"logs\":[{\"sequence\":1,"
					  "\"lines\":[0");
		for (unsigned i = 1; i < count; i++)
			buffer_append_text(&text, ",0");
		buffer_append_text(&text, "]}]}");
		if (count == SPOKE_LINK_LINES_MAX) {
			assert_int_equal(
				spoke_link_batch_decode(text.data, text.size, false, &batch, NULL),
				0);
			spoke_link_batch_finish(&batch);
		} else {
			assert_int_equal(
				spoke_link_batch_decode(text.data, text.size, false, &batch, &err),
				ERROR_TOO_LARGE);
			assert_string_equal(err.text, "entry 1 of `log`: lines: more than "
						      "64 in one item: make several items");
		}
		buffer_finish(&text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_encoded_is_decoded),
		cmocka_unit_test(a_batch_that_is_too_long_is_cut),
		cmocka_unit_test(bad_batches_are_refused_with_the_place),
		cmocka_unit_test(what_is_no_item_costs_no_other_one),
		cmocka_unit_test(further_refusals_are_counted_alone),
		cmocka_unit_test(one_reading_too_many_is_refused),
		cmocka_unit_test(log_lines_travel_apart_from_readings),
		cmocka_unit_test(one_line_too_many_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
