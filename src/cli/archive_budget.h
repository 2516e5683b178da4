/*
 * How much a backup may hold: files, and bytes when it is unpacked. `backup` writes no more than
 * `restore` takes, and what claims to be a backup fills no disk.
 */
#ifndef HARVESTER_CLI_ARCHIVE_BUDGET_H
#define HARVESTER_CLI_ARCHIVE_BUDGET_H

#include <stdint.h>

struct error;

#define ARCHIVE_ENTRIES_MAX 100000
#define ARCHIVE_BYTES_MAX (1ull << 40) /* the largest history (max_mb), about */

struct archive_budget {
	const char *
		place; /* borrowed: a folder on the disk that is the limit; NULL: the constant is */
	uint64_t bytes_max, bytes;
	unsigned entries;
};

void archive_budget_init(struct archive_budget *budget);

/* What is free on the disk of `place` (or of the nearest folder above that is there) is a limit
 * too. */
void archive_budget_limit_to_disk(struct archive_budget *budget, const char *place);

/* One more file or folder of `size` bytes. ERROR_TOO_LARGE; *err names the limit. */
int archive_budget_take(struct archive_budget *budget, uint64_t size, struct error *err);

#endif
