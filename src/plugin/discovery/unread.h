/*
 * Permission files in the plugins folder that no plugin reads: permission.toml itself, and
 * NAME.permission.toml without a plugin NAME that is a single file. Their author believes that a
 * plugin has what it has not. Any thread; blocks on the disk.
 */
#ifndef HARVESTER_PLUGIN_DISCOVERY_UNREAD_H
#define HARVESTER_PLUGIN_DISCOVERY_UNREAD_H

struct error;
struct plugin_scan;

/* One such file, and what to do with it. Both are borrowed for the call. */
typedef void unread_found(void *arg, const char *path, const char *reason);

/*
 * All of them, by name. `scan` is that of the same folder. A file beside a NAME.py or NAME.wasm
 * which the scan skipped is not told: the reason for which that was skipped is. ERROR_SYSTEM.
 */
int unread_find(const char *folder, const struct plugin_scan *scan, unread_found *found, void *arg,
		struct error *err);

#endif
