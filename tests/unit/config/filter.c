#include "config/filter.h"

#include "parse.h"

#define FIELD "[sensors.attic.fields.t]\n"

/* The configuration of a field with these filters. */
static const char *with_filters(char text[8192], const char *filters)
{
	snprintf(text, 8192, FIELD "filters = %s\n", filters);
	return text;
}

static struct config *parse_filters(const char *filters)
{
	char text[8192];

	return parse(with_filters(text, filters));
}

static void refuse_filters(const char *filters, const char *expected)
{
	char text[8192];

	refuse(with_filters(text, filters), expected);
}

static void test_all_kinds(void **state)
{
	struct config *config = parse_filters(
		"[{offset = -0.5}, {multiply = 2}, {linear = [[100.0, 99], [0, 0.5]]}, {median "
		"= 5}, {moving_average = 255}, {exponential = 1}, {delta = 0.5}, {throttle = "
		"60}, {clamp = [0, 100]}, {reject = [-40, 80]}, {timeout = 86400}]");
	const struct config_field *field = config_find_field(
		config_find_sensor(config, config->cluster.node_id, "attic"), "t");

	(void)state;
	assert_int_equal(field->filters_count, FILTER_KINDS);
	for (size_t i = 0; i < FILTER_KINDS; i++) {
		assert_int_equal(field->filters[i].kind, i);
		for (size_t k = 0; k < FILTER_KINDS; k++)
			assert_int_equal(filter_equals(&field->filters[i], &field->filters[k]),
					 i == k);
	}
	assert_float_equal(field->filters[FILTER_OFFSET].number, -0.5, 0);
	assert_int_equal(field->filters[FILTER_MOVING_AVERAGE].window, 255);
	assert_float_equal(field->filters[FILTER_REJECT].low, -40, 0);
	assert_float_equal(field->filters[FILTER_REJECT].high, 80, 0);
	assert_float_equal(field->filters[FILTER_TIMEOUT].number, 86400, 0);
	/* by the measured value */
	assert_float_equal(field->filters[FILTER_LINEAR].points[0].truth, 0.5, 0);
	assert_float_equal(field->filters[FILTER_LINEAR].points[1].measured, 100, 0);
	config_destroy(config);
}

#define AT "c.toml:2:12: sensors.attic.fields.t.filters"

static void test_wrong_chains(void **state)
{
	(void)state;
	refuse_filters("7",
		       "c.toml:2:11: sensors.attic.fields.t.filters: expected an array of filters, "
		       "such as [{offset = -0.5}, {median = 5}], found the integer 7\n");
	refuse_filters("[7]",
		       AT ": expected one filter, such as {offset = -0.5}, found the integer 7\n");
	refuse_filters("[{}]",
		       AT ": expected one filter, such as {offset = -0.5}, found a table\n");
	refuse_filters("[{offset = 1, median = 3}]",
		       AT ": expected one filter, such as {offset = -0.5}, found a table\n");
	refuse_filters("[{ofset = 1}]",
		       "c.toml:2:13: sensors.attic.fields.t.filters.ofset: unknown filter, "
		       "did you mean offset?\n");
	refuse_filters(
		"[{quantile = 1}]",
		"c.toml:2:13: sensors.attic.fields.t.filters.quantile: unknown filter, known here: "
		"offset, multiply, linear, median, moving_average, exponential, delta, throttle, "
		"clamp, reject, timeout\n");
	refuse_filters("[{timeout = 1}, {timeout = 2}]",
		       "c.toml:2:27: sensors.attic.fields.t.filters: has two timeouts: keep one\n");
}

static void test_wrong_values(void **state)
{
	(void)state;
	refuse_filters("[{offset = inf}]",
		       "c.toml:2:22: sensors.attic.fields.t.filters.offset: expected a "
		       "number, found the number inf\n");
	refuse_filters("[{median = 1}]",
		       "c.toml:2:22: sensors.attic.fields.t.filters.median: expected a "
		       "number of values from 2 to 255, found the integer 1\n");
	refuse_filters("[{median = 256}]",
		       "c.toml:2:22: sensors.attic.fields.t.filters.median: expected a "
		       "number of values from 2 to 255, found the integer 256\n");
	refuse_filters("[{exponential = 1.5}]",
		       "c.toml:2:27: sensors.attic.fields.t.filters.exponential: "
		       "expected a number above 0, "
		       "at most 1, found the number 1.5\n");
	refuse_filters("[{delta = 0}]",
		       "c.toml:2:21: sensors.attic.fields.t.filters.delta: expected a "
		       "number above 0, found the integer 0\n");
	refuse_filters("[{throttle = 86401}]",
		       "c.toml:2:24: sensors.attic.fields.t.filters.throttle: expected a number of "
		       "seconds "
		       "above 0, at most 86400, found the integer 86401\n");
	refuse_filters(
		"[{clamp = [5, 5]}]",
		"c.toml:2:21: sensors.attic.fields.t.filters.clamp: expected [low, high] with low "
		"below high, such as [0, 100], found an array\n");
}

static void test_wrong_points(void **state)
{
	(void)state;
	refuse_filters("[{linear = [[0, 1], [5, 6], [5, 7]]}]",
		       "c.toml:2:39: sensors.attic.fields.t.filters.linear: two points measure 5: "
		       "keep one "
		       "of "
		       "the two\n");
	refuse_filters(
		"[{linear = [[0, 1]]}]",
		"c.toml:2:22: sensors.attic.fields.t.filters.linear: expected 2 to 16 points "
		"[measured, true], such as [[0.0, 0.4], [100.0, 99.2]], found an array\n");
	refuse_filters(
		"[{linear = [[0, 1], [1]]}]",
		"c.toml:2:31: sensors.attic.fields.t.filters.linear: expected 2 to 16 points "
		"[measured, true], such as [[0.0, 0.4], [100.0, 99.2]], found an array\n");
}

/* 16 filters and points are taken, 17 refused. */
static void test_numbers(void **state)
{
	char filters[2048] = "[", points[2048] = "[{linear = [";

	(void)state;
	for (int i = 0; i < 16; i++) {
		snprintf(filters + strlen(filters), 32, "%s{offset = 1}", i ? "," : "");
		snprintf(points + strlen(points), 32, "%s[%d, 1]", i ? "," : "", i);
	}
	snprintf(filters + strlen(filters), 32, "]");
	config_destroy(parse_filters(filters));
	snprintf(filters + strlen(filters) - 1, 32, ",{offset = 1}]");
	refuse_filters(filters,
		       "c.toml:2:11: sensors.attic.fields.t.filters: expected at most 16 filters, "
		       "found an array\n");
	snprintf(points + strlen(points), 32, "]}]");
	config_destroy(parse_filters(points));
	snprintf(points + strlen(points) - 3, 32, ",[99, 1]]}]");
	refuse_filters(
		points,
		"c.toml:2:22: sensors.attic.fields.t.filters.linear: expected 2 to 16 points "
		"[measured, true], such as [[0.0, 0.4], [100.0, 99.2]], found an array\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_kinds),    cmocka_unit_test(test_wrong_chains),
		cmocka_unit_test(test_wrong_values), cmocka_unit_test(test_wrong_points),
		cmocka_unit_test(test_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
