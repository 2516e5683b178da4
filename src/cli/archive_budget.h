/*
 * How much a backup may hold: a number of files, and of bytes when it is unpacked. `harvester
 * backup` writes no more than `harvester restore` accepts, and a forged backup cannot fill the
 * disk.
 */
#ifndef HARVESTER_CLI_ARCHIVE_BUDGET_H
#define HARVESTER_CLI_ARCHIVE_BUDGET_H

#include <stdint.h>

struct error;

#define ARCHIVE_ENTRIES_MAX 100000
#define ARCHIVE_BYTES_MAX (1ull << 40) /* the largest history (max_mb), about */

struct archive_budget {
	const char *place; /* borrowed: the folder whose disk sets the limit; NULL: the constant */
	uint64_t bytes_max, bytes;
	unsigned entries;
};

void archive_budget_init(struct archive_budget *budget);

/*
 * Limit the budget further to the free space on the disk of `place`, or of the nearest parent
 * folder that exists. `place` is borrowed as long as the budget is used.
 */
void archive_budget_limit_to_disk(struct archive_budget *budget, const char *place);

/* Count one more file or folder of `size` bytes. ERROR_TOO_LARGE if that exceeds a limit, which
 * *err names. */
int archive_budget_take(struct archive_budget *budget, uint64_t size, struct error *err);

#endif
