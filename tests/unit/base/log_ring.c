#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/log_ring.h"

#define NOW_MS UINT64_C(1767225600000)

static void write_number(struct log_ring *ring, int number)
{
	char text[16];
	struct log_record record = {.level = LOG_INFO, .source = "test", .text = text};

	snprintf(text, sizeof(text), "%d", number);
	log_ring_write(ring, &record);
}

static void assert_line(const json_t *lines, size_t index, int number)
{
	char wanted[64];

	snprintf(wanted, sizeof(wanted), "1970-01-01T00:00:00.000Z info test: %d", number);
	assert_string_equal(json_string_value(json_array_get(lines, index)), wanted);
}

static void test_keeps_the_last_lines(void **state)
{
	static const int counts[] = {0, 1, LOG_RING_LINES, LOG_RING_LINES + 1,
				     3 * LOG_RING_LINES - 1};

	(void)state;
	for (size_t i = 0; i < sizeof(counts) / sizeof(*counts); i++) {
		int kept = counts[i] < LOG_RING_LINES ? counts[i] : LOG_RING_LINES;
		struct log_ring *ring = log_ring_create("node", NOW_MS);
		json_t *lines;

		assert_non_null(ring);
		for (int number = 1; number <= counts[i]; number++)
			write_number(ring, number);
		lines = log_ring_to_json(ring);
		assert_int_equal(json_array_size(lines), kept);
		if (kept) {
			assert_line(lines, 0, counts[i] - kept + 1);
			assert_line(lines, (size_t)kept - 1, counts[i]);
		}
		json_decref(lines);
		log_ring_destroy(ring);
	}
}

static void test_a_source_that_is_no_utf8(void **state)
{
	struct log_record record = {.level = LOG_INFO, .source = "\xff", .text = "x"};
	struct log_ring *ring = log_ring_create("node", NOW_MS);
	json_t *lines;

	(void)state;
	assert_non_null(ring);
	log_ring_write(ring, &record);
	lines = log_ring_to_json(ring);
	assert_string_equal(json_string_value(json_array_get(lines, 0)),
			    "1970-01-01T00:00:00.000Z info ?: x");
	json_decref(lines);
	log_ring_destroy(ring);
}

static void test_as_a_sink(void **state)
{
	struct log_ring *ring = log_ring_create("node", NOW_MS);
	const char *line;
	json_t *lines;

	(void)state;
	assert_non_null(ring);
	assert_int_equal(log_add_sink(log_ring_write, ring), 0);
	log_warning("web", "to be kept");
	log_remove_sink(log_ring_write, ring);
	log_warning("web", "not any more");
	lines = log_ring_to_json(ring);
	assert_int_equal(json_array_size(lines), 1);
	line = json_string_value(json_array_get(lines, 0));
	assert_non_null(strstr(line, " warning web: to be kept"));
	json_decref(lines);
	log_ring_destroy(ring);
}

static void *write_many(void *arg)
{
	for (int i = 0; i < 1000; i++)
		write_number(arg, i);
	return NULL;
}

static void test_threads(void **state)
{
	struct log_ring *ring = log_ring_create("node", NOW_MS);
	pthread_t threads[3];
	json_t *lines;

	(void)state;
	assert_non_null(ring);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, write_many, ring), 0);
	for (int i = 0; i < 100; i++)
		json_decref(log_ring_to_json(ring));
	for (size_t i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	lines = log_ring_to_json(ring);
	assert_int_equal(json_array_size(lines), LOG_RING_LINES);
	assert_line(lines, LOG_RING_LINES - 1, 999);
	json_decref(lines);
	log_ring_destroy(ring);
}

static void readings_push_no_event_out(void **state)
{
	struct log_record reading = {
		.level = LOG_INFO, .source = "loud", .text = "21.5 °C", .is_reading = true};
	struct log_ring *ring = log_ring_create("node", NOW_MS);
	json_t *lines;

	(void)state;
	write_number(ring, 1);
	for (int i = 0; i < 2 * LOG_RING_KEPT; i++)
		log_ring_write(ring, &reading);
	lines = log_ring_to_json(ring);
	assert_int_equal(json_array_size(lines), 1);
	assert_line(lines, 0, 1);
	json_decref(lines);
	log_ring_destroy(ring);
}

static void lines_of_others_push_none_of_this_nodes_out(void **state)
{
	struct log_record record = {.level = LOG_INFO, .source = "broker", .text = "x"};
	struct log_ring *ring = log_ring_create("node", NOW_MS);
	const struct log_filter own = {.node = "node"}, other = {.node = "cellar"};
	json_t *found;

	(void)state;
	write_number(ring, 1);
	for (int i = 0; i < 2 * LOG_RING_KEPT; i++)
		log_ring_add(ring, "cellar", &record);
	write_number(ring, 2);
	found = log_ring_find(ring, &own);
	assert_int_equal(json_array_size(json_object_get(found, "logs")), 2);
	json_decref(found);
	found = log_ring_find(ring, &other);
	assert_int_equal(json_array_size(json_object_get(found, "logs")), LOG_RING_KEPT);
	/* All together they are in the order in which they came; what follows is this node's last.
	 */
	assert_int_equal(json_integer_value(json_object_get(found, "next")),
			 log_ring_newest(ring) - 1);
	json_decref(found);
	write_number(ring, 3);
	found = log_ring_to_json(ring);
	assert_line(found, LOG_RING_LINES - 1, 3);
	assert_line(found, LOG_RING_LINES - 2, 2);
	json_decref(found);
	log_ring_destroy(ring);
}

static void a_line_of_another_node_carries_its_name(void **state)
{
	struct log_record record = {.level = LOG_INFO, .source = "broker", .text = "x"};
	struct log_ring *ring = log_ring_create("node", NOW_MS);
	json_t *lines;

	(void)state;
	log_ring_add(ring, "cellar", &record);
	lines = log_ring_to_json(ring);
	assert_string_equal(json_string_value(json_array_get(lines, 0)),
			    "1970-01-01T00:00:00.000Z info cellar/broker: x");
	json_decref(lines);
	log_ring_destroy(ring);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keeps_the_last_lines),
		cmocka_unit_test(test_a_source_that_is_no_utf8),
		cmocka_unit_test(test_as_a_sink),
		cmocka_unit_test(test_threads),
		cmocka_unit_test(readings_push_no_event_out),
		cmocka_unit_test(lines_of_others_push_none_of_this_nodes_out),
		cmocka_unit_test(a_line_of_another_node_carries_its_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
