#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/error.h"
#include "influx/line.h"
#include "store/history/item.h"

static void assert_line(const char *node, const char *sensor, const char *json,
			const char *expected)
{
	json_t *data = json_loads(json, JSON_DECODE_ANY, NULL);
	const struct history_item item = {.time_ms = 1700000000123, .sensor = sensor, .data = data};
	struct buffer text;

	assert_non_null(data);
	buffer_init(&text, 4096);
	assert_int_equal(influx_line_append(&text, node, &item), 0);
	assert_string_equal(text.data ? text.data : "", expected);
	buffer_finish(&text);
	json_decref(data);
}

static void test_each_kind_of_value(void **state)
{
	(void)state;
	assert_line("pi", "oven", "{\"t\": 21.3, \"n\": 7, \"on\": true, \"off\": false}",
		    "harvester,node=pi,sensor=oven t=21.3,n=7,on=true,off=false 1700000000123\n");
	assert_line("pi", "oven", "{\"big\": 1e300, \"mode\": \"a \\\"b\\\" c\\\\\"}",
		    "harvester,node=pi,sensor=oven big=1e+300,mode=\"a \\\"b\\\" c\\\\\" "
		    "1700000000123\n");
}

static void test_what_has_no_value_is_left_out(void **state)
{
	(void)state;
	assert_line("pi", "oven", "{\"t\": null, \"list\": [1], \"n\": 7, \"o\": {}}",
		    "harvester,node=pi,sensor=oven n=7 1700000000123\n");
	assert_line("pi", "oven", "{\"t\": null, \"list\": [1]}", "");
	assert_line("pi", "oven", "{}", "");
}

static void test_names_are_escaped_and_stay_different(void **state)
{
	(void)state;
	assert_line("p i", "a,b=c d", "{\"x y,z=\": 1}",
		    "harvester,node=p\\ i,sensor=a\\,b\\=c\\ d x\\ y\\,z\\==1 1700000000123\n");
	/* A backslash before a separator would swallow it. */
	assert_line("pi\\", "50%", "{\"x\\\\\": 1}",
		    "harvester,node=pi%5c,sensor=50%25 x%5c=1 1700000000123\n");
	assert_line("pi%5c", "a\nb", "{\"x\": 1}",
		    "harvester,node=pi%255c,sensor=a%0ab x=1 1700000000123\n");
}

static void test_reserved_fields_and_line_breaks(void **state)
{
	(void)state;
	assert_line("pi", "s", "{\"time\": 1, \"_field\": 2, \"_measurement\": 3, \"times\": 4}",
		    "harvester,node=pi,sensor=s time_=1,_field_=2,_measurement_=3,times=4 "
		    "1700000000123\n");
	assert_line("pi", "s", "{\"text\": \"a\\nharvester,node=x,sensor=y z=1\"}",
		    "harvester,node=pi,sensor=s text=\"a harvester,node=x,sensor=y z=1\" "
		    "1700000000123\n");
}

static void test_simulated_readings_are_series_of_their_own(void **state)
{
	json_t *data = json_pack("{s:i}", "t", 1);
	const struct history_item item = {.sensor = "s", .data = data, .simulated = true};
	struct buffer text;

	(void)state;
	buffer_init(&text, 4096);
	assert_int_equal(influx_line_append(&text, "pi", &item), 0);
	assert_string_equal(text.data, "harvester,node=pi,sensor=s,simulated=true t=1 0\n");
	buffer_finish(&text);
	buffer_init(&text, 40);
	assert_int_equal(influx_line_append(&text, "pi", &item), ERROR_TOO_LARGE);
	buffer_finish(&text);
	json_decref(data);
}

static void test_queries(void **state)
{
	struct buffer text;

	(void)state;
	buffer_init(&text, 64);
	assert_int_equal(influx_query_append(&text, "my org&b=\"1\"/ä~"), 0);
	assert_string_equal(text.data, "my%20org%26b%3D%221%22%2F%C3%A4~");
	buffer_finish(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_kind_of_value),
		cmocka_unit_test(test_what_has_no_value_is_left_out),
		cmocka_unit_test(test_names_are_escaped_and_stay_different),
		cmocka_unit_test(test_reserved_fields_and_line_breaks),
		cmocka_unit_test(test_simulated_readings_are_series_of_their_own),
		cmocka_unit_test(test_queries),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
