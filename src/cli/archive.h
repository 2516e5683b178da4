/*
 * The format of the file that `harvester backup` writes and `harvester restore` reads: a tar
 * archive, compressed by gzip, with these entries:
 *
 *	harvester-backup.json   first: {"format":1,"version":text,"created_ms":n}
 *	config.toml             if the node has a configuration file
 *	plugins/…  data/…       both folders; databases are copied by SQLite (VACUUM INTO)
 *
 * data/cache is never in it: whoever can write a compiled component can leave the sandbox, so the
 * restored node compiles its components again (docs/ARCHITECTURE.md). archive_budget.h limits how
 * much a backup may hold.
 */
#ifndef HARVESTER_CLI_ARCHIVE_H
#define HARVESTER_CLI_ARCHIVE_H

#include <stdbool.h>

struct archive;
struct error;

#define ARCHIVE_FORMAT 1
#define ARCHIVE_MANIFEST "harvester-backup.json"
#define ARCHIVE_PATH_MAX 1024

/* Set *err to `what` and libarchive's last error. Returns ERROR_SYSTEM. */
int archive_fail(struct archive *archive, const char *what, struct error *err);

/* True if `name` ends in `suffix`. */
bool archive_has_suffix(const char *name, const char *suffix);

#endif
