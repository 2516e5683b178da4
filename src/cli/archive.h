/*
 * The file that `harvester backup` writes and `harvester restore` reads: a compressed tar with
 *
 *	harvester-backup.json   first: {"format":1,"version":text,"created_ms":n}
 *	config.toml             where there is a configuration file
 *	plugins/…  data/…       both folders; databases as SQLite copies them
 *
 * data/cache is never in it: who can write a compiled component can leave the sandbox, so it is
 *made again where it is needed (docs/ARCHITECTURE.md). archive_budget.h says how much may be in it.
 */
#ifndef HARVESTER_CLI_ARCHIVE_H
#define HARVESTER_CLI_ARCHIVE_H

#include <stdbool.h>

struct archive;
struct error;

#define ARCHIVE_FORMAT 1
#define ARCHIVE_MANIFEST "harvester-backup.json"
#define ARCHIVE_PATH_MAX 1024

/* *err from what libarchive says. Returns ERROR_SYSTEM. */
int archive_fail(struct archive *archive, const char *what, struct error *err);

/* Does the name end so? */
bool archive_has_suffix(const char *name, const char *suffix);

#endif
