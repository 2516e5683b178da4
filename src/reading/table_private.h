/*
 * The inside of a reading table, for the files that make it up.
 */
#ifndef HARVESTER_READING_TABLE_PRIVATE_H
#define HARVESTER_READING_TABLE_PRIVATE_H

#include <stdbool.h>
#include <stdint.h>

#include "reading/table.h"

#define TABLE_CONSUMERS_MAX 16
#define TABLE_SLOTS 4096 /* a power of two, four times the sensors */

struct table_entry {
	struct reading *latest; /* owned reference */
	uint64_t last_good_ms;	/* time of the last reading without an error; 0: none yet */
	uint64_t interval_ms;	/* between the last two without an error; 0: not known */
	uint64_t revision;	/* of the table when `latest` came */
	bool is_released;	/* its plugin is gone */
	uint64_t released_ms;	/* since then, in Unix time */
	bool stands_in;		/* for a plugin that failed before it named any sensor */
};

struct reading_table {
	struct table_entry entries[READING_TABLE_SENSORS_MAX]; /* in the order first seen */
	size_t count;
	uint16_t slots[TABLE_SLOTS]; /* hash of node and sensor -> index + 1; 0: free */
	struct {
		reading_consumer *call;
		void *arg; /* borrowed */
	} consumers[TABLE_CONSUMERS_MAX];
	size_t consumers_count;
	uint64_t revision;
	uint64_t refused;
	uint64_t removals;
	uint64_t last_update_ms;
};

#endif
