/* Writes the table as the JSON state that render() and update() get. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/json_text.h"
#include "reading/catalogue.h"
#include "reading/create.h"
#include "reading/internal.h"

/* More than the readings, the known sources and the names of nodes and sensors can need. */
#define STATE_SIZE_MAX (2u << 20)

/*
 * The keys that existing pages read, and the plugin whose readings go there. A key depends on the
 * name of the plugin, which the owner of this node chose, and not on the name of the sensor, which
 * the author of the plugin chose. A reading goes to the first key that fits.
 */
static const struct {
	const char *key;
	const char *plugin;
	bool is_monitor; /* "pizero-2-monitor", or any monitor on a node "pizero" */
} known_sources[] = {
	{"dht22", "dht22", false},	 {"bme680", "bme680", false},
	{"hub", "revpi-monitor", false}, {"pi4", "pi4-monitor", false},
	{"network", "network", false},	 {"pizero", "pizero", true},
};

#define SOURCES_COUNT (sizeof(known_sources) / sizeof(known_sources[0]))

/* How well a reading fits a key. The key gets the reading that fits best; of equals, the newest. */
enum fit {
	FIT_NONE,
	FIT_FAMILY,	/* sensor "dht22-attic" of another node */
	FIT_NAME,	/* sensor "dht22" of another node, whose plugins are unknown here */
	FIT_OWN_FAMILY, /* plugin "dht22-attic" of this node */
	FIT_OWN_NAME,	/* plugin "dht22" of this node */
};

/* True for "dht22" and "dht22-attic", but not for "dht22x" and "not-dht22". */
static bool is_family(const char *name, const char *family)
{
	size_t size = strlen(family);

	return !strncmp(name, family, size) && (!name[size] || strchr("-_.", name[size]));
}

static bool ends_with(const char *name, const char *end)
{
	size_t size = strlen(name), end_size = strlen(end);

	return size >= end_size && !strcmp(name + size - end_size, end);
}

static enum fit fit_of(const struct reading *reading, size_t source)
{
	const char *plugin = known_sources[source].plugin;
	bool is_own = *reading->plugin;
	const char *owner = is_own ? reading->plugin : reading->sensor;

	if (known_sources[source].is_monitor && !ends_with(owner, "monitor"))
		return FIT_NONE;
	if (!strcmp(owner, plugin) ||
	    (known_sources[source].is_monitor && is_family(reading->node, plugin)))
		return is_own ? FIT_OWN_NAME : FIT_NAME;
	if (is_family(owner, plugin))
		return is_own ? FIT_OWN_FAMILY : FIT_FAMILY;
	return FIT_NONE;
}

/* The index of the reading's key in known_sources; SOURCES_COUNT if none fits. */
static size_t find_source(const struct reading *reading)
{
	size_t i;

	for (i = 0; i < SOURCES_COUNT && !fit_of(reading, i); i++)
		;
	return i;
}

static const struct table_entry *find_latest(const struct reading_table *table, size_t source)
{
	const struct table_entry *latest = NULL;
	enum fit best = FIT_NONE, fit;

	for (size_t i = 0; i < table->count; i++) {
		const struct table_entry *entry = &table->entries[i];

		if (find_source(entry->latest) != source)
			continue;
		fit = fit_of(entry->latest, source);
		if (fit > best || (fit == best && entry->revision > latest->revision)) {
			latest = entry;
			best = fit;
		}
	}
	return latest;
}

/* NULL if memory runs out. */
static json_t *fields_of(const struct reading *reading)
{
	json_t *fields = json_copy(reading->data);
	int failed = json_object_set_new(fields, "timestamp_ms",
					 json_integer((json_int_t)reading->timestamp_ms));

	failed |= json_object_set_new(fields, "online", json_boolean(reading_has_value(reading)));
	if (!failed)
		return fields;
	json_decref(fields);
	return NULL;
}

/* Find or add the node's object {"sensors": [...], "online": …}. Borrowed; NULL if memory runs out.
 */
static json_t *find_node(json_t *nodes, const char *name)
{
	json_t *node = json_object_get(nodes, name);

	if (node)
		return node;
	node = json_pack("{s:[], s:b}", "sensors", "online", 0);
	return json_object_set_new(nodes, name, node) ? NULL : node;
}

static int add_to_node(json_t *nodes, const struct reading *reading)
{
	json_t *node = find_node(nodes, reading->node);
	int failed = json_array_append_new(json_object_get(node, "sensors"),
					   json_string(reading->sensor));

	if (reading_has_value(reading))
		failed |= json_object_set_new(node, "online", json_true());
	return failed;
}

/* NULL if memory runs out. */
static json_t *make_nodes(const struct reading_table *table, const char *own_node)
{
	json_t *nodes = json_object();
	int failed = !nodes;

	/* This node is listed even while it has no sensor. */
	failed |= own_node && !find_node(nodes, own_node);
	for (size_t i = 0; i < table->count; i++)
		failed |= add_to_node(nodes, table->entries[i].latest);
	if (!failed)
		return nodes;
	json_decref(nodes);
	return NULL;
}

static size_t bytes_of(const struct table_entry *entry)
{
	return entry->latest->text_size + READING_TABLE_ENTRY_BYTES;
}

/* Return how many bytes each account may have at most. */
static size_t share_out(struct reading_table *table)
{
	for (size_t i = 0; i < table->accounts_count; i++) {
		struct table_account *account = &table->accounts[i];

		account->wanted = account->bytes;
		account->given = account->share.left_out = 0;
	}
	return table_share_cap(table, READING_STATE_BYTES_MAX);
}

static const char *description_of(const struct reading_table *table, const struct reading *reading)
{
	return table->catalogue ? reading_catalogue_text(table->catalogue, reading) : "{}";
}

static void write_reading(const struct table_entry *entry, const char *description,
			  struct buffer *text)
{
	const struct reading *reading = entry->latest;

	buffer_printf(text, "\"%s:%s\":{\"timestamp_ms\":%" PRIu64 ",\"data\":", reading->node,
		      reading->sensor, reading->timestamp_ms);
	buffer_append(text, reading->text, reading->text_size);
	buffer_printf(text, ",\"simulated\":%s", reading->simulated ? "true" : "false");
	if (strcmp(description, "{}") != 0)
		buffer_printf(text, ",\"description\":%s", description);
	buffer_append_text(text, "}");
}

static void write_readings(struct reading_table *table, struct buffer *text)
{
	size_t cap = share_out(table);
	bool is_first = true;

	buffer_append_text(text, ",\"readings\":{");
	for (size_t i = 0; i < table->count; i++) {
		struct table_entry *entry = &table->entries[i];
		struct table_account *account = entry->account;
		const char *description = description_of(table, entry->latest);
		size_t bytes = bytes_of(entry) + strlen(description);

		if (account->given > cap || bytes > cap - account->given) {
			account->share.left_out++;
			continue;
		}
		account->given += bytes;
		buffer_append_text(text, is_first ? "" : ",");
		write_reading(entry, description, text);
		is_first = false;
	}
	buffer_append_text(text, "}");
}

static void write_left_out(const struct reading_table *table, struct buffer *text)
{
	bool has_begun = false;

	for (size_t i = 0; i < table->accounts_count; i++) {
		const struct table_account *account = &table->accounts[i];

		if (!account->share.left_out)
			continue;
		buffer_printf(text, "%s{\"node\":\"%s\",\"plugin\":\"%s\",\"readings\":%zu}",
			      has_begun ? "," : ",\"left_out\":[", account->node, account->plugin,
			      account->share.left_out);
		has_begun = true;
	}
	buffer_append_text(text, has_begun ? "]" : "");
}

/* Write `before` and the text of `value`. Takes ownership of `value`; NULL: memory has run out. */
static void write_json(struct buffer *text, const char *before, json_t *value)
{
	char *json = json_text(value);

	json_decref(value);
	if (!json)
		text->failed = ERROR_NO_MEMORY;
	else
		buffer_printf(text, "%s%s", before, json);
	free(json);
}

static void write_sources(const struct reading_table *table, struct buffer *text)
{
	for (size_t i = 0; i < SOURCES_COUNT; i++) {
		const struct table_entry *latest = find_latest(table, i);
		char before[32];

		snprintf(before, sizeof(before), ",\"%s\":", known_sources[i].key);
		if (latest)
			write_json(text, before, fields_of(latest->latest));
	}
}

char *reading_table_state(struct reading_table *table, const char *own_node, size_t *ret_size)
{
	struct buffer text;

	buffer_init(&text, STATE_SIZE_MAX);
	write_json(&text, "{\"nodes\":", make_nodes(table, own_node));
	write_readings(table, &text);
	write_sources(table, &text);
	write_left_out(table, &text);
	buffer_append_text(&text, "}");
	if (text.failed) {
		buffer_finish(&text);
		return NULL;
	}
	*ret_size = text.size;
	return text.data;
}
