/*
 * The structs and internal functions of the reading table; for the table_*.c files only.
 */
#ifndef HARVESTER_READING_INTERNAL_H
#define HARVESTER_READING_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/token_bucket.h"
#include "reading/reading.h"
#include "reading/table.h"

#define TABLE_CONSUMERS_MAX 16

/* The usage of a plugin of this node, or of another node as a whole. table_share.c decides how much
 * each account may have. */
struct table_account {
	char node[READING_NAME_MAX + 1];
	char plugin[READING_NAME_MAX + 1]; /* "" for another node */
	size_t sensors, bytes;		   /* in the table now */
	size_t wanted;			   /* demand in bytes, while a total is divided */
	size_t given;			   /* of `wanted`, used so far */
	struct token_bucket news; /* table_news.c: bytes that may be sent; zeroed until a round */
	/* table_news.c: bytes that the account may send by its share of the rounds; below 0 after a
	 * reading that was larger */
	double turn;
	struct reading_share share;
};

struct table_entry {
	struct reading *latest;	       /* owned reference */
	struct table_account *account; /* borrowed: pays for this entry */
	uint64_t last_good_ms;	       /* time of the last reading without an error; 0: none yet */
	uint64_t interval_ms;	       /* between the last two without an error; 0: unknown */
	uint64_t revision;	       /* the table's revision when `latest` was stored */
	uint64_t told;	      /* the revision that was sent last; see reading_table_tell() */
	bool is_released;     /* its plugin was removed */
	uint64_t released_ms; /* when, in Unix time */
	bool stands_in;	      /* for a plugin that failed before it reported a sensor */
};

struct reading_table {
	struct reading_catalogue *catalogue; /* borrowed; NULL: nothing is known about sensors */
	size_t sensors_max, bytes_max;	     /* the limits; sensors_max is a power of two */
	struct table_entry *entries;	     /* owned: room for sensors_max; oldest sensor first */
	size_t count;
	struct table_account *accounts; /* owned: room for as many */
	size_t accounts_count;		/* accounts without a sensor included */
	size_t bytes;	    /* of all entries: their texts, and READING_TABLE_ENTRY_BYTES each */
	size_t slots_count; /* of each hash table: a power of two, four times the sensors */
	uint16_t *slots;    /* owned: hash table of node and sensor: index + 1; 0: free */
	uint16_t *account_slots; /* owned: likewise of node and plugin */
	/* Owned: room for sensors_max, used within one function. */
	size_t *demands;
	struct table_entry **waiting;
	struct {
		reading_consumer *on_reading;
		void *arg; /* borrowed */
	} consumers[TABLE_CONSUMERS_MAX];
	size_t consumers_count;
	uint64_t revision;
	uint64_t refused, shortened;
	uint64_t removals;
	uint64_t last_update_ms;
};

/* table.c: the hash of a sensor's or an account's two names. */
uint32_t table_hash(const char *node, const char *name);

/* table.c: the sensor's slot in the hash table, or the free slot where it belongs. */
uint16_t *table_find_slot(struct reading_table *table, const char *node, const char *sensor);

/* table.c: remove an entry and its cost to its account. Moves the entries after it. */
void table_remove(struct reading_table *table, size_t index);

/* table.c: the same for an entry that clients have seen: also counts the removal. */
void table_forget(struct reading_table *table, size_t index);

/*
 * table_share.c: find the account of a plugin, or add it. May remove the sensors of removed
 * plugins, so pointers to entries are invalid afterwards. NULL if there are too many accounts.
 */
struct table_account *table_account_find(struct reading_table *table, const char *node,
					 const char *plugin);

/*
 * table_share.c: make a place for one more sensor of the account. `entry` is the sensor's entry, of
 * this or another account; NULL if it has none. May remove an entry, so pointers to entries are
 * invalid afterwards. ERROR_TOO_LARGE if that is more than the account's share.
 */
int table_make_place(struct reading_table *table, const struct table_account *account,
		     const struct table_entry *entry);

/* table_share.c: make room for a text of text_size bytes in that entry, likewise. */
int table_make_bytes(struct reading_table *table, const struct table_account *account,
		     const struct table_entry *entry, size_t text_size);

/*
 * table_share.c: a copy of `reading` with an error in place of its data, for one that exceeds its
 * account's share of bytes. The caller releases it with reading_unref(); NULL if memory runs out.
 */
struct reading *table_shorten(const struct reading *reading, uint64_t last_good_ms);

/* table_share.c: store the reading in the entry, at the cost of this account. Takes ownership. */
void table_fill(struct reading_table *table, struct table_entry *entry,
		struct table_account *account, struct reading *reading);

/* table_show.c: append a sensor in the form of GET /api/v1/readings. */
void table_write_shown(const struct reading_table *table, const struct table_entry *entry,
		       uint64_t now_ms, struct buffer *text);

/* table_share.c: the most that one account may have of `total`, by max-min fairness over the
 * accounts' `wanted`. */
size_t table_share_cap(const struct reading_table *table, size_t total);

#endif
