/* Divides the places and bytes of the table between the accounts; see reading/table.h. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/fair_share.h"
#include "reading/create.h"
#include "reading/internal.h"

/* Data of at most so many bytes is not replaced with an error, which would save nothing. */
#define SHORT_TEXT_MAX 256

/* The account's slot in the hash table, or the free slot where it belongs; by the cleaned names. */
static const uint16_t *find_slot(const struct reading_table *table, const char *node,
				 const char *plugin)
{
	uint32_t at = table_hash(node, plugin);

	for (;; at++) {
		const uint16_t *slot = &table->account_slots[at % table->slots_count];
		const struct table_account *account;

		if (!*slot)
			return slot;
		account = &table->accounts[*slot - 1];
		if (!strcmp(account->plugin, plugin) && !strcmp(account->node, node))
			return slot;
	}
}

/* Make the hash table anew, after an account got another name. */
static void index_accounts(struct reading_table *table)
{
	memset(table->account_slots, 0, table->slots_count * sizeof(*table->account_slots));
	for (size_t i = 0; i < table->accounts_count; i++) {
		const uint16_t *slot =
			find_slot(table, table->accounts[i].node, table->accounts[i].plugin);

		table->account_slots[slot - table->account_slots] = (uint16_t)(i + 1);
	}
}

/* The account of a plugin, found by the cleaned names; NULL if there is none. */
static const struct table_account *find(const struct reading_table *table, const char *node,
					const char *plugin)
{
	char clean_node[READING_NAME_MAX + 1], clean_plugin[READING_NAME_MAX + 1];
	const uint16_t *slot;

	reading_clean_name(clean_node, node);
	reading_clean_name(clean_plugin, plugin);
	slot = find_slot(table, clean_node, clean_plugin);
	return *slot ? &table->accounts[*slot - 1] : NULL;
}

static size_t bytes_of(const struct table_entry *entry)
{
	return entry->latest->text_size + READING_TABLE_ENTRY_BYTES;
}

/* Remove one sensor whose plugin was removed; false if there is none. */
static bool remove_released(struct reading_table *table, const struct reading *except)
{
	for (size_t i = 0; i < table->count; i++) {
		if (!table->entries[i].is_released || table->entries[i].latest == except)
			continue;
		table_forget(table, i);
		return true;
	}
	return false;
}

/* An account without sensors, to be reused. If all have some, the sensors of removed plugins go
 * first. NULL if all accounts belong to plugins that are there. */
static struct table_account *find_unused(struct reading_table *table)
{
	do {
		for (size_t i = 0; i < table->accounts_count; i++) {
			if (!table->accounts[i].sensors)
				return &table->accounts[i];
		}
	} while (remove_released(table, NULL));
	return NULL;
}

struct table_account *table_account_find(struct reading_table *table, const char *node,
					 const char *plugin)
{
	struct table_account *account = (struct table_account *)find(table, node, plugin);

	if (account)
		return account;
	account = table->accounts_count < table->sensors_max
			  ? &table->accounts[table->accounts_count++]
			  : find_unused(table);
	if (!account)
		return NULL;
	*account = (struct table_account){0};
	reading_clean_name(account->node, node);
	reading_clean_name(account->plugin, plugin);
	index_accounts(table);
	return account;
}

size_t table_share_cap(const struct reading_table *table, size_t total)
{
	for (size_t i = 0; i < table->accounts_count; i++)
		table->demands[i] = table->accounts[i].wanted;
	return fair_share_cap(table->demands, table->accounts_count, total);
}

/* Places */

static struct table_account *with_most_sensors(struct reading_table *table)
{
	struct table_account *most = table->accounts;

	for (size_t i = 1; i < table->accounts_count; i++) {
		if (table->accounts[i].sensors > most->sensors)
			most = &table->accounts[i];
	}
	return most;
}

static void remove_newest(struct reading_table *table, const struct table_account *account)
{
	for (size_t i = table->count; i-- > 0;) {
		if (table->entries[i].account != account)
			continue;
		table_forget(table, i);
		return;
	}
}

int table_make_place(struct reading_table *table, const struct table_account *account,
		     const struct table_entry *entry)
{
	struct table_account *most;

	if (entry && entry->account == account)
		return 0;
	if (account->sensors >= READING_TABLE_PLUGIN_SENSORS_MAX)
		return ERROR_TOO_LARGE;
	if (entry || table->count < table->sensors_max || remove_released(table, NULL))
		return 0;
	most = with_most_sensors(table);
	/* The largest account must keep at least as many sensors as the other then has, or the two
	 * would take the place from each other again and again. */
	if (most->sensors < account->sensors + 2)
		return ERROR_TOO_LARGE;
	most->share.refused++;
	most->share.total++;
	table->refused++;
	remove_newest(table, most);
	return 0;
}

/* Bytes */

static struct table_account *with_most_bytes(struct reading_table *table)
{
	struct table_account *most = table->accounts;

	for (size_t i = 1; i < table->accounts_count; i++) {
		if (table->accounts[i].bytes > most->bytes)
			most = &table->accounts[i];
	}
	return most;
}

struct reading *table_shorten(const struct reading *reading, uint64_t last_good_ms)
{
	json_t *data = json_pack("{s:s}", "error",
				 "left out: the readings of its plugin or node exceed their share "
				 "of the table; return less data");

	if (data && last_good_ms)
		json_object_set_new(data, "last_good_ms", json_integer((json_int_t)last_good_ms));
	return reading_create_like(reading, data);
}

static void shorten_entry(struct reading_table *table, struct table_entry *entry)
{
	struct reading *reading = table_shorten(entry->latest, entry->last_good_ms);

	if (!reading)
		return;
	table_fill(table, entry, entry->account, reading);
	entry->revision = ++table->revision;
}

/* Replace the data of the account's newest sensor with an error; false if that saves nothing. */
static bool shorten_newest(struct reading_table *table, struct table_account *account)
{
	size_t before = account->bytes;

	for (size_t i = table->count; i-- > 0;) {
		if (table->entries[i].account != account ||
		    table->entries[i].latest->text_size <= SHORT_TEXT_MAX)
			continue;
		shorten_entry(table, &table->entries[i]);
		account->share.shortened++;
		account->share.total++;
		table->shortened++;
		return account->bytes < before;
	}
	return false;
}

int table_make_bytes(struct reading_table *table, const struct table_account *account,
		     const struct table_entry *entry, size_t text_size)
{
	size_t bytes = text_size + READING_TABLE_ENTRY_BYTES;
	size_t before = entry && entry->account == account ? bytes_of(entry) : 0;
	size_t more = bytes > before ? bytes - before : 0;
	const struct reading *latest = entry ? entry->latest : NULL;

	while (table->bytes + more > table->bytes_max) {
		struct table_account *most;

		if (remove_released(table, latest))
			continue;
		most = with_most_bytes(table);
		if (most == account || most->bytes <= account->bytes + more ||
		    !shorten_newest(table, most))
			return ERROR_TOO_LARGE;
	}
	return 0;
}

void table_fill(struct reading_table *table, struct table_entry *entry,
		struct table_account *account, struct reading *reading)
{
	if (entry->account) {
		entry->account->sensors--;
		entry->account->bytes -= bytes_of(entry);
		table->bytes -= bytes_of(entry);
	}
	reading_unref(entry->latest);
	entry->latest = reading;
	entry->account = account;
	account->sensors++;
	account->bytes += bytes_of(entry);
	table->bytes += bytes_of(entry);
}

void reading_table_begin(struct reading_table *table, const char *node, const char *plugin)
{
	struct table_account *account = table_account_find(table, node, plugin);

	if (account)
		account->share.refused = account->share.shortened = 0;
}

struct reading_share reading_table_share(const struct reading_table *table, const char *node,
					 const char *plugin)
{
	const struct table_account *account = find(table, node, plugin);

	return account ? account->share : (struct reading_share){0};
}

static void tell(json_t *list, size_t count, const char *words)
{
	if (count)
		json_array_append_new(list, json_sprintf("%zu %s", count, words));
}

void reading_table_tell_share(const struct reading_table *table, const char *node,
			      const char *plugin, json_t *list)
{
	const struct reading_share share = reading_table_share(table, node, plugin);

	tell(list, share.refused,
	     "of its sensors are not shown: it has more sensors than its share allows");
	tell(list, share.shortened,
	     "of its sensors are shown without data: its readings are larger than its share of the "
	     "table of readings");
	tell(list, share.left_out,
	     "of its sensors are missing from the state that pages and displays get: its readings "
	     "are larger than its share of it");
}
