/*
 * The inside of a reading table, for the files that make it up.
 */
#ifndef HARVESTER_READING_TABLE_PRIVATE_H
#define HARVESTER_READING_TABLE_PRIVATE_H

#include <stdbool.h>
#include <stdint.h>

#include "reading/reading.h"
#include "reading/table.h"

#define TABLE_CONSUMERS_MAX 16
#define TABLE_SLOTS 4096 /* a power of two, four times the sensors */

/* Whose sensors they are: a plugin of this node, or another node as a whole. What each may have:
 * table_share.c. */
struct table_account {
	char node[READING_NAME_MAX + 1], plugin[READING_NAME_MAX + 1]; /* "" of another node */
	size_t sensors, bytes;					       /* in the table now */
	size_t wanted; /* bytes, while somebody shares something out */
	size_t given;  /* of these */
	/* table_news.c: what it may be told of now, by its own rate and by its turn; below 0: it
	 * had more */
	double credit, turn;
	uint64_t credit_ms; /* when credit was counted last; 0: never, it is full */
	struct reading_share share;
};

struct table_entry {
	struct reading *latest; /* owned reference */
	char *text;		/* owned: its data as JSON */
	size_t text_size;
	struct table_account *account; /* it counts there */
	uint64_t last_good_ms;	       /* time of the last reading without an error; 0: none yet */
	uint64_t interval_ms;	       /* between the last two without an error; 0: not known */
	uint64_t revision;	       /* of the table when `latest` came */
	uint64_t told;	      /* the revision that was told last; see reading_table_tell() */
	bool is_released;     /* its plugin is gone */
	uint64_t released_ms; /* since then, in Unix time */
	bool stands_in;	      /* for a plugin that failed before it named any sensor */
};

struct reading_table {
	struct table_entry entries[READING_TABLE_SENSORS_MAX]; /* in the order first seen */
	size_t count;
	struct table_account accounts[READING_TABLE_SENSORS_MAX];
	size_t accounts_count; /* those without a sensor among them */
	size_t bytes;	       /* of all entries: their texts, and READING_TABLE_ENTRY_BYTES each */
	uint16_t slots[TABLE_SLOTS]; /* hash of node and sensor -> index + 1; 0: free */
	struct {
		reading_consumer *call;
		void *arg; /* borrowed */
	} consumers[TABLE_CONSUMERS_MAX];
	size_t consumers_count;
	uint64_t revision;
	uint64_t refused, shortened;
	uint64_t removals;
	uint64_t last_update_ms;
};

/* table.c: the slot of that sensor, or the free one where it belongs. */
uint16_t *table_find_slot(struct reading_table *table, const char *node, const char *sensor);

/* table.c: take an entry out, and its account's count of it. Moves those behind it. */
void table_remove(struct reading_table *table, size_t index);

/* table.c: the same of one that people have seen. */
void table_forget(struct reading_table *table, size_t index);

/* table_share.c: the account of that owner; NULL where there are too many. */
struct table_account *table_account_find(struct reading_table *table, const char *node,
					 const char *plugin);

/*
 * table_share.c: see that the account may have one sensor more (`entry`: it is there already, if
 * need be in another account; NULL: it is not), and that there is a place. Another sensor may be
 * removed, and so all may have moved. ERROR_TOO_LARGE: it would be more than the account's share.
 */
int table_make_place(struct reading_table *table, const struct table_account *account,
		     const struct table_entry *entry);

/* table_share.c: the same of the bytes of a text in that entry. */
int table_make_bytes(struct reading_table *table, const struct table_account *account,
		     const struct table_entry *entry, size_t text_size);

/*
 * table_share.c: the reading in place of one that is over its plugin's share of bytes. One
 * reference; NULL without memory.
 */
struct reading *table_shorten(const struct reading *reading, uint64_t last_good_ms);

/* table_share.c: put this reading and its text (both taken) into the entry, at this account's cost.
 */
void table_fill(struct reading_table *table, struct table_entry *entry,
		struct table_account *account, struct reading *reading, char *text);

/* table_show.c: a sensor as /api/v1 shows it, appended. */
void table_write_shown(const struct table_entry *entry, uint64_t now_ms, struct buffer *text);

/* table_share.c: the most that one of the accounts may have of `total`, by what each has `wanted`.
 */
size_t table_share_cap(const struct reading_table *table, size_t total);

/* table_text.c: the data of a reading as JSON, for free(). NULL without memory. */
char *table_text(const struct reading *reading);

#endif
