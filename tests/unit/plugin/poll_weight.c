/* One weight for what a poll returned, as JSON text or as a component's value. */
#include "plugin/poll_weight.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static size_t cost_of_json(const char *text, size_t limit)
{
	cbor_item_t *item = cbor_build_string(text);
	size_t cost = poll_weight_cost(poll_weigh(item, true, limit));

	cbor_decref(&item);
	return cost;
}

static size_t cost_of_value(cbor_item_t *item, size_t limit)
{
	size_t cost = poll_weight_cost(poll_weigh(item, false, limit));

	cbor_decref(&item);
	return cost;
}

static cbor_item_t *make_ones(size_t count)
{
	cbor_item_t *list = cbor_new_definite_array(count);

	for (size_t i = 0; i < count; i++)
		assert_true(cbor_array_push(list, cbor_move(cbor_build_uint8(1))));
	return list;
}

/* Values of two bytes cost as much as long texts. */
static void many_small_values_count(void **state)
{
	char text[4096];
	size_t end = 0;

	(void)state;
	for (int i = 0; i < 1000; i++)
		end += (size_t)snprintf(text + end, sizeof(text) - end, i ? ",1" : "[1");
	snprintf(text + end, sizeof(text) - end, "]");
	assert_int_equal(cost_of_json(text, SIZE_MAX), 1001 * 16);
	snprintf(text + end, sizeof(text) - end, ", {\"key\": \"value\"}]");
	assert_int_equal(cost_of_json(text, SIZE_MAX), 1001 * 16 + 2 * 16 + 3 + 5);
	assert_int_equal(cost_of_value(make_ones(1000), SIZE_MAX), 1001 * 16);
}

static void a_text_counts_with_its_bytes(void **state)
{
	(void)state;
	assert_int_equal(cost_of_value(cbor_build_string("12345678"), 1000), 16 + 8);
	assert_int_equal(cost_of_json("\"12345678\"", 1000), 16 + 8);
	assert_int_equal(cost_of_json("\"[,{ \\\"\"", 1000), 16 + 5);
}

/* A record costs the same in both forms, and its keys are no values. */
static void both_forms_weigh_the_same(void **state)
{
	cbor_item_t *record = cbor_new_definite_map(2);

	(void)state;
	assert_true(
		cbor_map_add(record, (struct cbor_pair){.key = cbor_move(cbor_build_string("a")),
							.value = cbor_move(make_ones(3))}));
	assert_true(cbor_map_add(
		record, (struct cbor_pair){.key = cbor_move(cbor_build_string("text")),
					   .value = cbor_move(cbor_build_string("four"))}));
	assert_int_equal(cost_of_value(record, SIZE_MAX), 6 * 16 + 1 + 4 + 4);
	assert_int_equal(cost_of_json("{\"a\": [1, 1, 1], \"text\": \"four\"}", SIZE_MAX),
			 6 * 16 + 1 + 4 + 4);
}

static void it_stops_beyond_the_limit(void **state)
{
	char text[2001] = "[";

	(void)state;
	memset(text + 1, ',', sizeof(text) - 2);
	assert_in_range(cost_of_value(make_ones(100), 800), 801, 816);
	assert_in_range(cost_of_json(text, 800), 801, 816);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(many_small_values_count),
		cmocka_unit_test(a_text_counts_with_its_bytes),
		cmocka_unit_test(both_forms_weigh_the_same),
		cmocka_unit_test(it_stops_beyond_the_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
