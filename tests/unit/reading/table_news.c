/* What is told of the table: the newest of each sensor, and each owner its share of a round. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "reading/create.h"
#include "reading/table.h"

#define ROUND 65536
#define ROUND_MS 200
#define ROUNDS 20
#define NS_PER_MS 1000000ull

static void put(struct reading_table *table, const char *plugin, int sensor, int value,
		size_t padding)
{
	const struct reading_source source = {.node = "n", .plugin = plugin};
	char name[64], *text = calloc(1, padding + 1);
	struct reading *reading;

	memset(text, 'x', padding);
	snprintf(name, sizeof(name), "%s-%d", plugin, sensor);
	reading = reading_create(&source, name, 1, json_pack("{s:i, s:s}", "t", value, "x", text));
	assert_int_equal(reading_table_put(table, reading), 0);
	reading_unref(reading);
	free(text);
}

static struct clock_manual begin_clock(void)
{
	struct clock_manual clock;

	clock_manual_init(&clock, 1750000000000);
	clock_manual_advance_ns(&clock, 1000 * NS_PER_MS);
	return clock;
}

static size_t tell(struct reading_table *table, struct clock_manual *clock, reading_told *on_told,
		   void *arg)
{
	size_t left = reading_table_tell(table, &clock->base, ROUND, on_told, arg);

	clock_manual_advance_ns(clock, ROUND_MS * NS_PER_MS);
	return left;
}

struct heard {
	size_t number, bytes;
	size_t honest; /* readings of the plugin of that name */
	int value;     /* its last one */
};

static void hear(void *arg, const char *text, size_t size)
{
	struct heard *heard = arg;
	json_t *json = json_loadb(text, size, 0, NULL);
	const char *plugin = json_string_value(json_object_get(json, "plugin"));

	assert_non_null(plugin);
	heard->number++;
	heard->bytes += size;
	if (!strcmp(plugin, "honest")) {
		heard->honest++;
		heard->value = (int)json_integer_value(
			json_object_get(json_object_get(json, "data"), "t"));
	}
	json_decref(json);
}

static void test_each_change_is_told_once(void **state)
{
	struct reading_table *table = reading_table_create();
	struct clock_manual clock = begin_clock();
	struct heard heard = {0};

	(void)state;
	assert_int_equal(tell(table, &clock, hear, &heard), 0);
	put(table, "honest", 0, 1, 0);
	put(table, "honest", 1, 2, 0);
	put(table, "honest", 1, 3, 0);
	assert_int_equal(tell(table, &clock, hear, &heard), 0);
	assert_int_equal(heard.number, 2);
	assert_int_equal(heard.value, 3);
	assert_int_equal(tell(table, &clock, hear, &heard), 0);
	assert_int_equal(heard.number, 2);
	put(table, "honest", 0, 4, 0);
	reading_table_tell_none(table);
	assert_int_equal(tell(table, &clock, hear, &heard), 0);
	assert_int_equal(heard.number, 2);
	reading_table_destroy(table);
}

/* 16 floods change a megabyte before each round: the neighbour's reading is in every one of them.
 */
static void test_a_flood_does_not_delay_others(void **state)
{
	struct reading_table *table = reading_table_create();
	struct clock_manual clock = begin_clock();
	struct heard all = {0};
	char plugin[16];

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		struct heard heard = {0};

		for (int i = 0; i < 16 * 2; i++) {
			snprintf(plugin, sizeof(plugin), "flood-%d", i % 16);
			put(table, plugin, i / 16, round, 16000);
		}
		put(table, "honest", 0, round, 0);
		tell(table, &clock, hear, &heard);
		assert_int_equal(heard.honest, 1);
		assert_int_equal(heard.value, round);
		all.bytes += heard.bytes;
	}
	/* A reading more of each at most: sizes are not those of shares. */
	assert_in_range(all.bytes, 1, ROUNDS * ROUND + 16 * 20000);
	reading_table_destroy(table);
}

/* A flood alone has no more than its rate, and each of its sensors gets its turn. */
static void test_a_flood_is_told_at_its_rate(void **state)
{
	struct reading_table *table = reading_table_create();
	struct clock_manual clock = begin_clock();
	struct heard heard = {0};

	(void)state;
	for (int round = 0; round < 200; round++) {
		for (int i = 0; i < 8; i++)
			put(table, "flood", i, round, 8000);
		tell(table, &clock, hear, &heard);
	}
	assert_in_range(heard.bytes, 39 * READING_NEWS_A_SECOND,
			41 * READING_NEWS_A_SECOND + READING_NEWS_BURST);
	reading_table_destroy(table);
}

/* Somebody sets the wall clock back by an hour: the rate goes on as before. */
static void test_the_rate_does_not_follow_the_wall_clock(void **state)
{
	struct reading_table *table = reading_table_create();
	struct clock_manual clock = begin_clock();
	struct heard heard = {0};

	(void)state;
	for (int round = 0; round < 200; round++) {
		for (int i = 0; i < 8; i++)
			put(table, "flood", i, round, 8000);
		tell(table, &clock, hear, &heard);
		if (!round)
			clock.unix_offset_ms -= 3600000;
	}
	assert_in_range(heard.bytes, 39 * READING_NEWS_A_SECOND,
			41 * READING_NEWS_A_SECOND + READING_NEWS_BURST);
	reading_table_destroy(table);
}

static void note_sensor(void *arg, const char *text, size_t size)
{
	bool *seen = arg;
	json_t *json = json_loadb(text, size, 0, NULL);
	const char *sensor = json_string_value(json_object_get(json, "sensor"));

	assert_non_null(sensor);
	seen[atoll(strrchr(sensor, '-') + 1)] = true;
	json_decref(json);
}

/* What waits goes out in the end, when nothing new comes. */
static void test_all_is_told_in_the_end(void **state)
{
	struct reading_table *table = reading_table_create();
	struct clock_manual clock = begin_clock();
	bool seen[64] = {false};

	(void)state;
	for (int i = 0; i < 64; i++)
		put(table, "flood", i, 1, 8000);
	while (tell(table, &clock, note_sensor, seen))
		;
	for (int i = 0; i < 64; i++)
		assert_true(seen[i]);
	reading_table_destroy(table);
}

/* A new listener hears of every sensor, of those that did not fit in the rounds that follow. */
static void test_a_first_text_is_shared_too(void **state)
{
	struct reading_table *table = reading_table_create();
	struct clock_manual clock = begin_clock();
	struct heard heard = {0};
	bool seen[100] = {false};

	(void)state;
	for (int i = 0; i < 100; i++)
		put(table, "flood", i, 1, 16000);
	put(table, "honest", 0, 1, 0);
	reading_table_tell_none(table);
	reading_table_tell_all(table, clock_unix_ms(&clock.base), 1 << 20, hear, &heard);
	assert_in_range(heard.bytes, 900000, 1 << 20);
	assert_int_equal(heard.honest, 1);
	reading_table_tell_all(table, clock_unix_ms(&clock.base), 1 << 20, note_sensor, seen);
	while (tell(table, &clock, note_sensor, seen))
		;
	for (int i = 0; i < 100; i++)
		assert_true(seen[i]);
	reading_table_destroy(table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_change_is_told_once),
		cmocka_unit_test(test_a_flood_does_not_delay_others),
		cmocka_unit_test(test_a_flood_is_told_at_its_rate),
		cmocka_unit_test(test_the_rate_does_not_follow_the_wall_clock),
		cmocka_unit_test(test_all_is_told_in_the_end),
		cmocka_unit_test(test_a_first_text_is_shared_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
