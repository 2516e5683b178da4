/*
 * What polls return: JSON text, or CBOR as a guest sends it (the first byte says which), several
 * polls in one input, each after its length. Then the table and what the pages are given. Whatever
 * the table has is what a hub accepts of its text.
 */
#include "base/buffer.h"
#include "base/error.h"
#include "base/json_text.h"
#include "fuzz.h"
#include "item.h"
#include "reading/check.h"
#include "reading/reading.h"
#include "reading/table.h"
#include "wire/frame.h"
#include "wire/value.h"

#define POLLS_MAX 16
#define NOW_MS UINT64_C(1750000000000)

static json_t *load_cbor(const uint8_t *data, size_t size)
{
	cbor_item_t *item = item_load(data, size);
	struct error err = {0};
	json_t *json = NULL;

	if (!item)
		return NULL;
	value_to_json(item, &json, &err);
	cbor_decref(&item);
	return json;
}

static void check_name(const char *name)
{
	CHECK(strnlen(name, READING_NAME_MAX + 1) <= READING_NAME_MAX);
	for (; *name; name++)
		CHECK(strchr("-_.:", *name) || (*name >= '0' && *name <= '9') ||
		      (*name >= 'a' && *name <= 'z') || (*name >= 'A' && *name <= 'Z'));
}

/* JSON can be made of it, and is the same again when it is read. */
static void check_json(json_t *json)
{
	json_error_t problem;
	json_t *again;
	char *text;

	CHECK(json);
	text = json_text(json);
	CHECK(text);
	again = json_loads(text, JSON_REJECT_DUPLICATES, &problem);
	CHECK(again);
	CHECK(json_equal(json, again));
	json_decref(again);
	json_decref(json);
	free(text);
}

/* As the link's text has it, and a hub reads that. */
static void check_accepted(const struct reading *reading)
{
	char *text = json_text(reading->data);
	json_t *data = json_loads(text, JSON_REJECT_DUPLICATES, NULL);

	CHECK(data && json_equal(data, reading->data));
	CHECK(!reading_check(reading->sensor, reading->timestamp_ms, data, NULL));
	json_decref(data);
	free(text);
}

/* What the table tells its consumers: those of failed polls too. */
static void on_reading(void *arg, const struct reading *reading)
{
	(void)arg;
	check_accepted(reading);
}

static void check_reading(const struct reading *reading)
{
	check_name(reading->node);
	check_name(reading->sensor);
	check_name(reading->plugin);
	CHECK(json_is_object(reading->data));
	CHECK(!json_object_get(reading->data, "sensor_id"));
	check_accepted(reading);
	check_json(reading_to_json(reading));
}

static void put(struct reading_table *table, const json_t *value,
		const struct reading_source *source)
{
	struct reading **readings;
	struct error err = {0};
	size_t count;

	if (readings_from_json(value, source, &readings, &count, &err)) {
		CHECK(*err.text);
		reading_table_fail(table, source, err.text);
		return;
	}
	CHECK(count <= READINGS_PER_POLL_MAX);
	for (size_t i = 0; i < count; i++) {
		check_reading(readings[i]);
		reading_table_put(table, readings[i]);
		reading_unref(readings[i]);
	}
	free(readings);
}

/* What is shown of it is JSON, and what is told is what is shown. */
static void check_table(struct reading_table *table)
{
	struct buffer text;
	size_t size;
	char *state = reading_table_state(table, "node", &size);

	CHECK(state && size < FRAME_SIZE_MAX);
	check_json(json_loadb(state, size, JSON_ALLOW_NUL, NULL));
	free(state);
	buffer_init(&text, SIZE_MAX / 2);
	reading_table_write(table, &text);
	check_json(json_loadb(text.data, text.size, JSON_ALLOW_NUL, NULL));
	buffer_clear(&text);
	reading_table_write_shown(table, NOW_MS, &text);
	check_json(json_loadb(text.data, text.size, JSON_ALLOW_NUL, NULL));
	buffer_finish(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct reading_source source = {
		.node = "node", .plugin = "plugin", .now_ms = NOW_MS, .absent = "no sensor"};
	struct reading_table *table = reading_table_create();
	struct feed feed = {data, size};

	CHECK(table && !reading_table_subscribe(table, on_reading, NULL));
	for (int i = 0; i < POLLS_MAX && feed.size; i++) {
		bool is_cbor = feed_u8(&feed) & 1;
		size_t poll_size, wanted = feed_u16(&feed);
		const uint8_t *poll = feed_bytes(&feed, wanted, &poll_size);
		json_error_t problem;
		json_t *value = is_cbor ? load_cbor(poll, poll_size)
					: json_loadb((const char *)poll, poll_size,
						     JSON_DECODE_ANY | JSON_ALLOW_NUL, &problem);

		if (value)
			put(table, value, &source);
		json_decref(value);
	}
	CHECK(reading_table_count(table) <= READING_TABLE_SENSORS_MAX);
	check_table(table);
	reading_table_destroy(table);
	return 0;
}
