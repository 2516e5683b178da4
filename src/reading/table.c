#include "reading/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "reading/catalogue.h"
#include "reading/create.h"
#include "reading/internal.h"

/* calloc() of so much takes memory that the kernel provides page by page, as it is used. */
static bool allocate(struct reading_table *table)
{
	table->slots_count = 4 * table->sensors_max;
	table->entries = calloc(table->sensors_max, sizeof(*table->entries));
	table->accounts = calloc(table->sensors_max, sizeof(*table->accounts));
	table->slots = calloc(table->slots_count, sizeof(*table->slots));
	table->account_slots = calloc(table->slots_count, sizeof(*table->account_slots));
	table->demands = calloc(table->sensors_max, sizeof(*table->demands));
	table->waiting = calloc(table->sensors_max, sizeof(struct table_entry *));
	return table->entries && table->accounts && table->slots && table->account_slots &&
	       table->demands && table->waiting;
}

static struct reading_table *create(size_t sensors_max, size_t bytes_max)
{
	struct reading_table *table = calloc(1, sizeof(*table));

	if (!table)
		return NULL;
	table->sensors_max = sensors_max;
	table->bytes_max = bytes_max;
	if (allocate(table))
		return table;
	reading_table_destroy(table);
	return NULL;
}

struct reading_table *reading_table_create(void)
{
	return create(READING_TABLE_SENSORS_MAX, READING_TABLE_BYTES_MAX);
}

struct reading_table *reading_table_create_for_hub(void)
{
	return create(READING_TABLE_HUB_SENSORS_MAX, READING_TABLE_HUB_BYTES_MAX);
}

void reading_table_destroy(struct reading_table *table)
{
	if (!table)
		return;
	for (size_t i = 0; i < table->count; i++) {
		reading_unref(table->entries[i].latest);
	}
	free(table->entries);
	free(table->accounts);
	free(table->slots);
	free(table->account_slots);
	free(table->demands);
	free(table->waiting);
	free(table);
}

void reading_table_use_catalogue(struct reading_table *table, struct reading_catalogue *catalogue)
{
	table->catalogue = catalogue;
	if (catalogue)
		reading_catalogue_expect(catalogue, table->sensors_max);
}

void reading_table_refresh(struct reading_table *table)
{
	for (size_t i = 0; i < table->count; i++)
		table->entries[i].told = 0;
	table->revision++;
}

int reading_table_subscribe(struct reading_table *table, reading_consumer *on_reading, void *arg)
{
	if (table->consumers_count == TABLE_CONSUMERS_MAX)
		return ERROR_TOO_LARGE;
	table->consumers[table->consumers_count].on_reading = on_reading;
	table->consumers[table->consumers_count++].arg = arg;
	return 0;
}

void reading_table_unsubscribe(struct reading_table *table, reading_consumer *on_reading, void *arg)
{
	for (size_t i = 0; i < table->consumers_count; i++) {
		if (table->consumers[i].on_reading != on_reading || table->consumers[i].arg != arg)
			continue;
		table->consumers_count--;
		memmove(&table->consumers[i], &table->consumers[i + 1],
			(table->consumers_count - i) * sizeof(table->consumers[0]));
		return;
	}
}

/* FNV-1a hash (Fowler, Noll, Vo), 32 bits. Each name's terminating 0 is hashed too, so that
 * "a","bc" and "ab","c" differ. */
static uint32_t hash_text(uint32_t hash, const char *text)
{
	do
		hash = (hash ^ (unsigned char)*text) * 16777619u;
	while (*text++);
	return hash;
}

uint32_t table_hash(const char *node, const char *name)
{
	return hash_text(hash_text(2166136261u, node), name);
}

uint16_t *table_find_slot(struct reading_table *table, const char *node, const char *sensor)
{
	uint32_t at = table_hash(node, sensor);

	for (;; at++) {
		uint16_t *slot = &table->slots[at % table->slots_count];
		const struct reading *reading;

		if (!*slot)
			return slot;
		reading = table->entries[*slot - 1].latest;
		if (!strcmp(reading->sensor, sensor) && !strcmp(reading->node, node))
			return slot;
	}
}

const struct reading *reading_table_find(struct reading_table *table, const char *node,
					 const char *sensor)
{
	const uint16_t *slot = table_find_slot(table, node, sensor);

	return *slot ? table->entries[*slot - 1].latest : NULL;
}

uint64_t reading_table_interval_ms(struct reading_table *table, const char *node,
				   const char *sensor)
{
	const uint16_t *slot = table_find_slot(table, node, sensor);

	return *slot ? table->entries[*slot - 1].interval_ms : 0;
}

static size_t home_of(const struct reading_table *table, uint16_t slot)
{
	const struct reading *reading = table->entries[slot - 1].latest;

	return table_hash(reading->node, reading->sensor) % table->slots_count;
}

/* Free the entry's slot, and close the gap: move each following slot that lies behind its home. */
static void free_slot(struct reading_table *table, const struct reading *reading)
{
	size_t mask = table->slots_count - 1, gap, at;

	gap = (size_t)(table_find_slot(table, reading->node, reading->sensor) - table->slots);
	for (at = (gap + 1) & mask; table->slots[at]; at = (at + 1) & mask) {
		if (((at - home_of(table, table->slots[at])) & mask) < ((at - gap) & mask))
			continue;
		table->slots[gap] = table->slots[at];
		gap = at;
	}
	table->slots[gap] = 0;
}

void table_remove(struct reading_table *table, size_t index)
{
	struct table_entry *entry = &table->entries[index];
	size_t bytes = entry->latest->text_size + READING_TABLE_ENTRY_BYTES;

	free_slot(table, entry->latest);
	entry->account->sensors--;
	entry->account->bytes -= bytes;
	table->bytes -= bytes;
	reading_unref(entry->latest);
	table->count--;
	memmove(entry, entry + 1, (table->count - index) * sizeof(*entry));
	for (size_t i = 0; i < table->slots_count; i++)
		table->slots[i] = (uint16_t)(table->slots[i] - (table->slots[i] > index));
}

/* Remove the plugin's stand-in entry, once the plugin reports a sensor of its own. A stand-in has
 * the plugin's name. */
static void remove_stand_in(struct reading_table *table, const struct reading *reading)
{
	const uint16_t *slot = table_find_slot(table, reading->node, reading->plugin);
	const struct table_entry *entry = *slot ? &table->entries[*slot - 1] : NULL;

	if (entry && entry->stands_in && !strcmp(entry->latest->plugin, reading->plugin) &&
	    strcmp(reading->sensor, reading->plugin) != 0)
		table_remove(table, *slot - 1u);
}

static bool is_of(const struct reading *reading, const char *node, const char *plugin)
{
	return !strcmp(reading->plugin, plugin) && !strcmp(reading->node, node);
}

/* True if the entry belongs to another plugin, so that the reading must be refused. */
static bool is_anothers(const struct table_entry *entry, const struct reading *reading)
{
	return !entry->is_released && !entry->stands_in &&
	       strcmp(entry->latest->plugin, reading->plugin) != 0;
}

/* The entry of the reading's sensor; NULL if there is none. */
static struct table_entry *find_entry(struct reading_table *table, const struct reading *reading)
{
	const uint16_t *slot = table_find_slot(table, reading->node, reading->sensor);

	return *slot ? &table->entries[*slot - 1] : NULL;
}

static struct table_entry *add_entry(struct reading_table *table, const struct reading *reading)
{
	uint16_t *slot = table_find_slot(table, reading->node, reading->sensor);

	table->entries[table->count++] = (struct table_entry){0};
	*slot = (uint16_t)table->count;
	return &table->entries[table->count - 1];
}

/* Find the reading's account and make a place for the sensor. Room for its data is checked later.
 */
static int admit(struct reading_table *table, const struct reading *reading,
		 struct table_account **ret_account)
{
	const struct table_entry *entry = find_entry(table, reading);
	struct table_account *account;
	int ret;

	if (entry && is_anothers(entry, reading)) {
		table->refused++;
		return ERROR_BUSY;
	}
	account = table_account_find(table, reading->node, reading->plugin);
	/* The account may have cost a removed plugin its sensors, so the entries may have moved. */
	entry = find_entry(table, reading);
	ret = account ? table_make_place(table, account, entry) : ERROR_TOO_LARGE;
	if (ret && account) {
		account->share.refused++;
		account->share.total++;
	}
	if (ret)
		table->refused++;
	*ret_account = account;
	return ret;
}

/* Add "last_good_ms" to a reading that has an error. The caller releases the result with
 * reading_unref(); NULL if memory runs out. */
static struct reading *with_last_good(struct reading *reading, uint64_t last_good_ms)
{
	json_t *data;

	if (!last_good_ms || !reading_has_error(reading) ||
	    json_object_get(reading->data, "last_good_ms"))
		return reading_ref(reading);
	data = json_copy(reading->data);
	if (json_object_set_new(data, "last_good_ms", json_integer((json_int_t)last_good_ms))) {
		json_decref(data);
		return NULL;
	}
	return reading_create_like(reading, data);
}

static void tell_consumers(struct reading_table *table, const struct reading *reading)
{
	for (size_t i = 0; i < table->consumers_count; i++)
		table->consumers[i].on_reading(table->consumers[i].arg, reading);
}

/* Replace *reading with one that has an error in place of its data. Releases the old reading, also
 * on failure. */
static int shorten(struct reading_table *table, struct table_account *account,
		   uint64_t last_good_ms, struct reading **reading)
{
	struct reading *whole = *reading;

	account->share.shortened++;
	account->share.total++;
	table->shortened++;
	*reading = table_shorten(whole, last_good_ms);
	reading_unref(whole);
	return *reading ? 0 : ERROR_NO_MEMORY;
}

static void note_good(struct table_entry *entry)
{
	const struct reading *reading = entry->latest;

	if (!reading_has_value(reading) || reading_has_error(reading))
		return;
	if (entry->last_good_ms && reading->timestamp_ms > entry->last_good_ms)
		entry->interval_ms = reading->timestamp_ms - entry->last_good_ms;
	entry->last_good_ms = reading->timestamp_ms;
}

/* Takes ownership of the reading. */
static void place(struct reading_table *table, struct table_account *account,
		  struct reading *reading, bool stands_in)
{
	struct table_entry *entry = find_entry(table, reading);

	if (!entry)
		entry = add_entry(table, reading);
	table_fill(table, entry, account, reading);
	entry->stands_in = stands_in;
	entry->is_released = false;
	note_good(entry);
	entry->revision = ++table->revision;
	if (reading->timestamp_ms > table->last_update_ms)
		table->last_update_ms = reading->timestamp_ms;
	tell_consumers(table, reading);
}

static int put(struct reading_table *table, struct reading *given, bool stands_in)
{
	const struct table_entry *entry = find_entry(table, given);
	uint64_t last_good_ms = entry ? entry->last_good_ms : 0;
	struct reading *reading = with_last_good(given, last_good_ms);
	struct table_account *account;
	int ret = reading ? 0 : ERROR_NO_MEMORY;

	if (!ret && !stands_in)
		remove_stand_in(table, reading);
	if (!ret)
		ret = admit(table, reading, &account);
	if (!ret &&
	    table_make_bytes(table, account, find_entry(table, reading), reading->text_size))
		ret = shorten(table, account, last_good_ms, &reading);
	if (ret) {
		reading_unref(reading);
		return ret;
	}
	place(table, account, reading, stands_in);
	return 0;
}

int reading_table_put(struct reading_table *table, struct reading *reading)
{
	return put(table, reading, false);
}

static void fail_sensor(struct reading_table *table, const struct reading_source *source,
			const struct table_entry *entry, const char *text)
{
	struct reading *reading;
	bool stands_in = !entry || entry->stands_in;

	reading = reading_create_failed(source, entry ? entry->latest->sensor : source->plugin,
					entry ? entry->latest : NULL,
					entry ? entry->last_good_ms : 0, text);
	if (!reading)
		return;
	put(table, reading, stands_in);
	reading_unref(reading);
}

void reading_table_fail(struct reading_table *table, const struct reading_source *source,
			const char *text)
{
	char node[READING_NAME_MAX + 1], plugin[READING_NAME_MAX + 1];
	struct reading *own[READING_TABLE_PLUGIN_SENSORS_MAX];
	size_t count = 0;

	/* Readings contain the cleaned names. */
	reading_clean_name(node, source->node);
	reading_clean_name(plugin, source->plugin);
	/* Collect the readings first, since storing one may move entries. */
	for (size_t i = 0; i < table->count && count < READING_TABLE_PLUGIN_SENSORS_MAX; i++) {
		if (is_of(table->entries[i].latest, node, plugin))
			own[count++] = reading_ref(table->entries[i].latest);
	}
	if (count == 0)
		fail_sensor(table, source, NULL, text);
	for (size_t i = 0; i < count; i++) {
		const struct table_entry *entry = find_entry(table, own[i]);

		if (entry)
			fail_sensor(table, source, entry, text);
		reading_unref(own[i]);
	}
}

void reading_table_release(struct reading_table *table, const struct reading_source *source,
			   const char *text)
{
	char node[READING_NAME_MAX + 1], plugin[READING_NAME_MAX + 1];

	reading_table_fail(table, source, text);
	reading_clean_name(node, source->node);
	reading_clean_name(plugin, source->plugin);
	for (size_t i = table->count; i-- > 0;) {
		struct table_entry *entry = &table->entries[i];

		if (!is_of(entry->latest, node, plugin))
			continue;
		entry->is_released = true;
		entry->released_ms = source->now_ms;
		if (entry->stands_in)
			table_forget(table, i);
	}
}

void table_forget(struct reading_table *table, size_t index)
{
	table_remove(table, index);
	table->removals++;
	table->revision++;
}

static bool has_id(const struct reading *reading, const char *sensor_id)
{
	char id[2 * READING_NAME_MAX + 2];

	snprintf(id, sizeof(id), "%s:%s", reading->node, reading->sensor);
	return !strcmp(id, sensor_id);
}

const struct reading *reading_table_find_id(const struct reading_table *table,
					    const char *sensor_id)
{
	for (size_t i = 0; i < table->count; i++)
		if (has_id(table->entries[i].latest, sensor_id))
			return table->entries[i].latest;
	return NULL;
}

int reading_table_forget(struct reading_table *table, const char *sensor_id)
{
	for (size_t i = 0; i < table->count; i++) {
		if (!has_id(table->entries[i].latest, sensor_id))
			continue;
		if (!table->entries[i].is_released)
			return ERROR_BUSY;
		table_forget(table, i);
		return 0;
	}
	return ERROR_NOT_FOUND;
}

void reading_table_forget_old(struct reading_table *table, uint64_t now_ms)
{
	for (size_t i = table->count; i-- > 0;) {
		const struct table_entry *entry = &table->entries[i];

		if (entry->is_released && now_ms > entry->released_ms &&
		    now_ms - entry->released_ms >= READING_TABLE_RELEASED_MS)
			table_forget(table, i);
	}
}

uint64_t reading_table_removals(const struct reading_table *table)
{
	return table->removals;
}

void reading_table_let_go(struct reading_table *table, const char *node, const char *sensor)
{
	const uint16_t *slot = table_find_slot(table, node, sensor);

	if (*slot)
		table->entries[*slot - 1].is_released = true;
}

uint64_t reading_table_revision(const struct reading_table *table)
{
	return table->revision;
}

size_t reading_table_count(const struct reading_table *table)
{
	return table->count;
}

uint64_t reading_table_refused(const struct reading_table *table)
{
	return table->refused;
}

uint64_t reading_table_shortened(const struct reading_table *table)
{
	return table->shortened;
}
