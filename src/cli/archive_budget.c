#include "cli/archive_budget.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>

#include "base/error.h"

#define MEGABYTE (1u << 20)

void archive_budget_init(struct archive_budget *budget)
{
	*budget = (struct archive_budget){.bytes_max = ARCHIVE_BYTES_MAX};
}

/* Replace the path by its parent folder; that of a bare name is ".". */
static void go_up(char path[PATH_MAX])
{
	char *slash = strrchr(path, '/');

	if (slash && slash != path)
		*slash = '\0';
	else
		snprintf(path, PATH_MAX, "%s", slash ? "/" : ".");
}

void archive_budget_limit_to_disk(struct archive_budget *budget, const char *place)
{
	char path[PATH_MAX];
	struct statvfs disk;
	uint64_t free_bytes;

	snprintf(path, sizeof(path), "%s", place);
	while (statvfs(path, &disk)) {
		if (!strcmp(path, "/") || !strcmp(path, "."))
			return;
		go_up(path);
	}
	free_bytes = (uint64_t)disk.f_bavail * disk.f_frsize;
	if (free_bytes >= budget->bytes_max)
		return;
	budget->bytes_max = free_bytes;
	budget->place = place;
}

int archive_budget_take(struct archive_budget *budget, uint64_t size, struct error *err)
{
	if (budget->entries >= ARCHIVE_ENTRIES_MAX)
		return error_set(err, ERROR_TOO_LARGE,
				 "the backup has more than %d files and folders: remove what the "
				 "plugins do not need",
				 ARCHIVE_ENTRIES_MAX);
	if (size > budget->bytes_max - budget->bytes && budget->place)
		return error_set(err, ERROR_TOO_LARGE,
				 "the backup unpacks to more than the %" PRIu64
				 " MB that are free on the disk of %s; free some space there",
				 budget->bytes_max / MEGABYTE, budget->place);
	if (size > budget->bytes_max - budget->bytes)
		return error_set(err, ERROR_TOO_LARGE,
				 "the backup unpacks to more than %" PRIu64
				 " MB, which is more than any node stores, so it is not one of "
				 "harvester's: use another",
				 budget->bytes_max / MEGABYTE);
	budget->entries++;
	budget->bytes += size;
	return 0;
}
