/*
 * Finds permission files in the plugins folder that no plugin reads, whose author therefore waits
 * in vain for permissions: permission.toml in the plugins folder itself, and NAME.permission.toml
 * if there is neither NAME.py nor NAME.wasm. Any thread; blocks on the disk.
 */
#ifndef HARVESTER_PLUGIN_DISCOVERY_UNREAD_H
#define HARVESTER_PLUGIN_DISCOVERY_UNREAD_H

struct error;
struct plugin_scan;

/* `path`: such a file. `reason`: why no plugin reads it and what to do. Borrowed for the call. */
typedef void unread_found(void *arg, const char *path, const char *reason);

/*
 * Call on_found(arg) for each such file, sorted by name. `scan`: the scan of the same folder.
 * Leaves out the permission files of plugins that the scan skipped, since those have a reason
 * already. ERROR_SYSTEM.
 */
int unread_find(const char *folder, const struct plugin_scan *scan, unread_found *on_found,
		void *arg, struct error *err);

#endif
