/* Sends changed readings to the listener, in rounds; see reading_table_tell(). */
#include <stdlib.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "reading/catalogue.h"
#include "reading/internal.h"

/* Upper bound of what the JSON text of a sensor has beside its data and its description: names,
 * times, units. */
#define SHOWN_BYTES 1024

static bool waits(const struct table_entry *entry)
{
	return entry->told < entry->revision;
}

static size_t bytes_of(const struct table_entry *entry)
{
	return entry->latest->text_size + SHOWN_BYTES;
}

/* Bytes that the account's rate leaves now; at most 0 if it has to wait. */
static double credit(struct table_account *account, uint64_t now_ns)
{
	if (account->news.burst == 0)
		token_bucket_init(&account->news, READING_NEWS_BURST, READING_NEWS_A_SECOND,
				  now_ns);
	return token_bucket_has(&account->news, now_ns) ? account->news.tokens : 0;
}

/* Divide a round by the bytes that wait in each account. An account without waiting readings keeps
 * no unused share for later rounds. */
static void share_out(struct reading_table *table, uint64_t now_ns, size_t size)
{
	size_t cap;

	for (size_t i = 0; i < table->accounts_count; i++)
		table->accounts[i].wanted = 0;
	for (size_t i = 0; i < table->count; i++) {
		if (waits(&table->entries[i]))
			table->entries[i].account->wanted += bytes_of(&table->entries[i]);
	}
	for (size_t i = 0; i < table->accounts_count; i++) {
		struct table_account *account = &table->accounts[i];
		double left = credit(account, now_ns);

		if (!account->wanted && account->turn > 0)
			account->turn = 0;
		if ((double)account->wanted > left)
			account->wanted = left > 0 ? (size_t)left + 1 : 0;
	}
	cap = table_share_cap(table, size);
	for (size_t i = 0; i < table->accounts_count; i++) {
		struct table_account *account = &table->accounts[i];

		account->turn += (double)(account->wanted < cap ? account->wanted : cap);
	}
}

/* Sorts the sensor that was sent least recently to the front. */
static int compare(const void *a, const void *b)
{
	const struct table_entry *const *x = a, *const *y = b;

	return ((*x)->told > (*y)->told) - ((*x)->told < (*y)->told);
}

/* Lists them in table->waiting. */
static size_t find_waiting(struct reading_table *table)
{
	size_t count = 0;

	for (size_t i = 0; i < table->count; i++) {
		if (waits(&table->entries[i]))
			table->waiting[count++] = &table->entries[i];
	}
	qsort(table->waiting, count, sizeof(struct table_entry *), compare);
	return count;
}

static size_t tell(const struct reading_table *table, const struct table_entry *entry,
		   uint64_t now_ms, reading_told *on_told, void *arg)
{
	struct buffer text;
	size_t size;

	buffer_init(&text, entry->latest->text_size + READING_SIZE_MAX + CATALOGUE_TEXT_MAX);
	table_write_shown(table, entry, now_ms, &text);
	if (!text.failed)
		on_told(arg, text.data, text.size);
	size = text.size;
	buffer_finish(&text);
	return size;
}

size_t reading_table_tell(struct reading_table *table, struct clock *clock, size_t size,
			  reading_told *on_told, void *arg)
{
	uint64_t now_ns = clock_monotonic_ns(clock), now_ms = clock_unix_ms(clock);
	size_t count = find_waiting(table), left = count;

	if (!count)
		return 0;
	share_out(table, now_ns, size);
	for (size_t i = 0; i < count; i++) {
		struct table_entry *entry = table->waiting[i];
		struct table_account *account = entry->account;
		double bytes;

		if (account->turn <= 0 || credit(account, now_ns) <= 0)
			continue;
		bytes = (double)tell(table, entry, now_ms, on_told, arg);
		account->turn -= bytes;
		token_bucket_charge(&account->news, bytes, now_ns);
		entry->told = entry->revision;
		left--;
	}
	return left;
}

void reading_table_tell_all(struct reading_table *table, uint64_t now_ms, size_t size,
			    reading_told *on_told, void *arg)
{
	size_t cap;

	for (size_t i = 0; i < table->accounts_count; i++)
		table->accounts[i].wanted = table->accounts[i].given = 0;
	for (size_t i = 0; i < table->count; i++)
		table->entries[i].account->wanted += bytes_of(&table->entries[i]);
	cap = table_share_cap(table, size);
	for (size_t i = 0; i < table->count; i++) {
		struct table_entry *entry = &table->entries[i];
		size_t bytes = bytes_of(entry);

		if (entry->account->given > cap || bytes > cap - entry->account->given) {
			entry->told = 0;
			continue;
		}
		entry->account->given += bytes;
		tell(table, entry, now_ms, on_told, arg);
	}
}

void reading_table_tell_none(struct reading_table *table)
{
	for (size_t i = 0; i < table->count; i++)
		table->entries[i].told = table->entries[i].revision;
}
