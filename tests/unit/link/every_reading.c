/*
 * Everything that a node stores, a hub accepts: random results of polls, many of them at or over a
 * limit, and failed polls, on their whole way: the node's entry, its table, its history, the link's
 * text, the hub's reader, its history and its table. SEED=n gives a run again.
 */
#include <float.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "link/batch.h"
#include "link/hub/hub.h"
#include "reading/check.h"
#include "reading/reading.h"
#include "reading/table.h"
#include "store/history/history.h"

#define NOW_MS UINT64_C(1800000000000)
#define POLLS 600
#define PLUGINS 8

static uint64_t random_state;

/* xorshift64 (Marsaglia) */
static uint64_t random_bits(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

static unsigned below(unsigned limit)
{
	return (unsigned)(random_bits() >> 16) % limit;
}

/* What plugins return */

static json_t *random_text(void)
{
	static const char *const parts[] = {"a",	"°",	"\"",	"\\",		"\n",
					    "\t",	"€",	"\x1b", "\x7f",		"\r",
					    "\xc2\x9b", "=cmd", "𝄞",	"\xe2\x80\xae", "x/y"};
	size_t count = below(40) ? below(20) : below(9000);
	struct buffer text;
	json_t *json;

	buffer_init(&text, SIZE_MAX);
	for (size_t i = 0; i < count; i++)
		buffer_append_text(&text, parts[below(below(3) ? 7 : 15)]);
	if (!below(12))
		buffer_append(&text, "\0b", 2);
	json = json_stringn(text.data ? text.data : "", text.size);
	buffer_finish(&text);
	return json;
}

static json_t *random_number(void)
{
	static const double reals[] = {DBL_MAX, -DBL_MAX, DBL_MIN, 5e-324, 0.1,	   -0.0,
				       1e22,	21.3,	  1.0 / 3, 1e300,  FLT_MAX};
	static const int64_t integers[] = {0,	      -1,      INT64_MAX,
					   INT64_MIN, 1 << 24, 4611686018427387905};
	uint64_t bits = random_bits();
	double number;

	memcpy(&number, &bits, sizeof(number));
	switch (below(4)) {
	case 0:
		return json_real(reals[below(sizeof(reals) / sizeof(*reals))]);
	case 1:
		return json_integer(integers[below(sizeof(integers) / sizeof(*integers))]);
	case 2:
		return number - number == 0 ? json_real(number)
					    : json_pack("{s:s}", "not_finite", "nan");
	default:
		return json_pack("{s:s}", "not_finite", below(2) ? "inf" : "-inf");
	}
}

static json_t *random_value(unsigned depth)
{
	json_t *value;

	switch (below(depth > 15 ? 5 : depth ? 7 : 8)) {
	case 0:
		return json_null();
	case 1:
		return json_boolean(below(2));
	case 2:
		return random_text();
	case 3:
	case 4:
		return random_number();
	case 5:
		value = json_array();
		for (unsigned i = below(4); i; i--)
			json_array_append_new(value, random_value(depth + 1));
		return value;
	case 6:
		return json_pack("{s:o, s:o}", below(9) ? "k" : "k\n", random_value(depth + 1), "",
				 random_value(depth + 1));
	default: /* deep, at the limit or one beyond it */
		value = json_integer(1);
		for (unsigned i = READING_DEPTH_MAX + !below(30); i; i--)
			value = json_pack("[o]", value);
		return value;
	}
}

static void random_name(char *ret_name, size_t size, unsigned number)
{
	snprintf(ret_name, size, "f%u%s", number, below(20) ? "" : "-°");
	if (!below(30)) {
		size_t length = READING_NAME_MAX + !below(30);

		memset(ret_name, 'n', length);
		snprintf(ret_name + length - 4, size - length + 4, "%04u", number);
	}
	if (!below(2000))
		snprintf(ret_name, size, "f%u\x7f", number);
}

static json_t *random_record(void)
{
	json_t *record = json_object();
	unsigned count = below(3) ? below(12) : READING_FIELDS_MAX - 2 + below(4);
	char name[2 * READING_NAME_MAX];

	for (unsigned i = 0; i < count; i++) {
		random_name(name, sizeof(name), i);
		json_object_set_new(record, name,
				    count > 60 && below(10) ? random_number() : random_value(0));
	}
	if (!below(4))
		json_object_set_new(record, "error", random_text());
	if (!below(9))
		json_object_set_new(record, "last_good_ms", random_number());
	if (!below(3))
		json_object_set_new(record, "timestamp-ms", random_number());
	if (!below(3))
		json_object_set_new(record, "sensor-id",
				    json_sprintf("s%u%s", below(6), below(20) ? "" : "\n\\"));
	return record;
}

/* A way from a node to a hub */

struct way {
	uv_loop_t loop;
	struct clock_manual clock;
	char folder[32], here_path[64], there_path[64], fleet_path[64];
	struct reading_table *here_table, *there_table;
	struct history *here, *there;
	struct hub *hub;
	bool is_closed, is_read, is_taken;
	struct spoke_link_batch batch; /* what was read, as the hub reads it */
	uint64_t after;
	size_t accepted, refused, sent;
	json_t *taken;
};

static void take_reading(void *arg, const struct reading *reading)
{
	struct way *way = arg;
	struct error err = {.text = ""};

	if (reading_check(reading->sensor, reading->timestamp_ms, reading->data, &err))
		fail_msg("the table has %s: %s", reading->sensor, err.text);
	history_append(way->here, reading);
	way->accepted++;
}

static void on_noted(void *arg, enum log_level level, const char *node, const char *text)
{
	(void)arg, (void)level, (void)node, (void)text;
}

static void make_history(struct way *way, const char *path, const char *node,
			 struct history **ret_history)
{
	struct history_config config = {.path = path,
					.node = node,
					.clock = clock_system(),
					.commit_seconds = 0.01,
					.limits = {.max_mb = 256}};

	assert_int_equal(history_create(&way->loop, &config, ret_history, NULL), 0);
}

static void greet(struct way *way)
{
	json_t *hello = json_pack("{s:i, s:s, s:{}}", "protocol", SPOKE_LINK_PROTOCOL, "node",
				  "cellar", "devices"),
	       *answer = NULL;

	while (hub_hello(way->hub, NULL, hello, &answer, NULL) == ERROR_BUSY)
		uv_run(&way->loop, UV_RUN_ONCE);
	json_decref(hello);
	json_decref(answer);
}

static void way_open(struct way *way)
{
	struct hub_config hub = {.loop = &way->loop,
				 .clock = &way->clock.base,
				 .node = "hub",
				 .path = way->fleet_path,
				 .on_noted = on_noted};

	*way = (struct way){.folder = "/tmp/readings-XXXXXX"};
	assert_non_null(mkdtemp(way->folder));
	snprintf(way->here_path, sizeof(way->here_path), "%s/here.db", way->folder);
	snprintf(way->there_path, sizeof(way->there_path), "%s/there.db", way->folder);
	snprintf(way->fleet_path, sizeof(way->fleet_path), "%s/fleet.json", way->folder);
	uv_loop_init(&way->loop);
	clock_manual_init(&way->clock, NOW_MS);
	way->here_table = reading_table_create();
	way->there_table = reading_table_create();
	make_history(way, way->here_path, "cellar", &way->here);
	make_history(way, way->there_path, "hub", &way->there);
	assert_int_equal(reading_table_subscribe(way->here_table, take_reading, way), 0);
	hub.history = way->there;
	hub.table = way->there_table;
	assert_int_equal(hub_create(&hub, &way->hub, NULL), 0);
	greet(way);
}

static void on_closed(void *arg)
{
	((struct way *)arg)->is_closed = true;
}

static int remove_one(const char *path, const struct stat *found, int type, struct FTW *place)
{
	(void)found, (void)type, (void)place;
	return remove(path);
}

static void way_close(struct way *way)
{
	hub_close(way->hub, on_closed, way);
	history_close(way->here, NULL, NULL);
	history_close(way->there, NULL, NULL);
	uv_run(&way->loop, UV_RUN_DEFAULT);
	assert_true(way->is_closed);
	assert_int_equal(uv_loop_close(&way->loop), 0);
	reading_table_destroy(way->here_table);
	reading_table_destroy(way->there_table);
	json_decref(way->taken);
	nftw(way->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* One poll of one plugin, as daemon/part_plugins.c takes it. */
static void poll(struct way *way, const char *plugin, const json_t *value)
{
	struct reading_source source = {.node = "cellar", .plugin = plugin, .now_ms = NOW_MS};
	struct reading **readings;
	struct error err = {.text = ""};
	size_t count;

	if (readings_from_json(value, &source, &readings, &count, &err)) {
		assert_true(*err.text);
		reading_table_fail(way->here_table, &source, err.text);
		way->refused++;
		return;
	}
	for (size_t i = 0; i < count; i++) {
		reading_table_put(way->here_table, readings[i]);
		reading_unref(readings[i]);
	}
	free(readings);
}

static void fail_poll(struct way *way, const char *plugin)
{
	struct reading_source source = {.node = "cellar", .plugin = plugin, .now_ms = NOW_MS};
	json_t *text = random_text();

	reading_table_fail(way->here_table, &source, json_string_value(text));
	json_decref(text);
}

static void poll_at_random(struct way *way)
{
	char plugin[8];
	json_t *value;

	snprintf(plugin, sizeof(plugin), "p%u", below(PLUGINS));
	if (!below(5)) {
		fail_poll(way, plugin);
		return;
	}
	value = json_array();
	for (unsigned i = below(3); i < 3; i++)
		json_array_append_new(value, below(40) ? random_record() : random_number());
	poll(way, plugin, value);
	json_decref(value);
}

static void on_taken(void *arg, int status, json_t *result)
{
	struct way *way = arg;

	assert_int_equal(status, 0);
	json_decref(way->taken);
	way->taken = result;
	way->is_taken = true;
}

/* The data as the hub has it is the data that the node has, number by number. */
static void assert_same(const struct spoke_link_batch *batch, const struct history_batch *stored)
{
	for (size_t i = 0; i < batch->count; i++) {
		assert_true(json_equal(batch->items[i].data, stored->items[i].data));
		assert_true(batch->items[i].time_ms == stored->items[i].time_ms);
		assert_string_equal(batch->items[i].sensor, stored->items[i].sensor);
	}
}

static void take_at_hub(struct way *way)
{
	struct spoke_link_batch *batch = &way->batch;
	size_t count = batch->count;
	struct error err = {.text = ""};

	way->is_taken = false;
	if (hub_take(way->hub, NULL, batch, on_taken, way, &err))
		fail_msg("the hub refuses the batch: %s", err.text);
	while (!way->is_taken)
		uv_run(&way->loop, UV_RUN_ONCE);
	if (json_integer_value(json_object_get(way->taken, "added")) != (json_int_t)count)
		fail_msg("of %zu: %s", count, json_dumps(way->taken, 0));
	way->sent += count;
	spoke_link_batch_finish(batch);
}

static void encode_stored(struct way *way, const struct history_batch *stored)
{
	struct error err = {.text = ""};
	struct buffer body;
	size_t count;

	buffer_init(&body, SPOKE_LINK_TEXT_MAX);
	assert_int_equal(spoke_link_batch_encode("cellar", NOW_MS, stored, &body, &count), 0);
	if (spoke_link_batch_decode(body.data, body.size, true, &way->batch, &err))
		fail_msg("the hub reads no batch: %s", err.text);
	buffer_finish(&body);
	assert_int_equal(way->batch.count, count);
	assert_same(&way->batch, stored);
	way->after = stored->next - (stored->items[stored->count - 1].sequence -
				     stored->items[count - 1].sequence);
}

static void on_read(void *arg, int status, const struct history_batch *batch,
		    const struct error *err)
{
	struct way *way = arg;
	if (status)
		fail_msg("%s", err->text);
	way->is_read = true;
	assert_true(batch->count > 0);
	encode_stored(way, batch);
}

static void send_all(struct way *way)
{
	while (way->sent < way->accepted) {
		way->is_read = false;
		assert_int_equal(history_read_after(way->here, "cellar", way->after,
						    SPOKE_LINK_ITEMS_MAX, on_read, way),
				 0);
		while (!way->is_read)
			uv_run(&way->loop, UV_RUN_ONCE);
		take_at_hub(way);
	}
}

/* What is committed is neither refused by the history nor dropped by it. */
static void settle(struct way *way)
{
	history_flush(way->here);
	while (history_counters(way->here).committed + history_counters(way->here).refused <
	       way->accepted)
		uv_run(&way->loop, UV_RUN_ONCE);
	assert_int_equal(history_counters(way->here).refused, 0);
}

static void everything_that_a_node_stores_a_hub_accepts(void **state)
{
	const char *seed = getenv("SEED");
	struct way way;

	(void)state;
	random_state = seed ? strtoull(seed, NULL, 10) : (uint64_t)time(NULL) * 2654435761u + 1;
	print_message("SEED=%llu\n", (unsigned long long)random_state);
	way_open(&way);
	for (unsigned i = 0; i < POLLS; i++) {
		poll_at_random(&way);
		if (i % 32 == 0)
			settle(&way);
	}
	settle(&way);
	send_all(&way);
	print_message("%zu readings were stored and accepted, %zu polls refused\n", way.sent,
		      way.refused);
	assert_true(way.accepted > POLLS / 4 && way.refused > POLLS / 20);
	way_close(&way);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_that_a_node_stores_a_hub_accepts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
