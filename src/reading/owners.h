/*
 * Whose sensor is whose, on this node: also after a restart, when it is chance which plugin polls
 * first.
 *
 * A sensor that is called like an installed plugin is that plugin's. Any other is its first
 * plugin's, for as long as that one is installed, and OWNERS_KEEP_MS longer. A plugin that names
 * another's sensor has a conflict, which its owner (the person) sees until the plugin polls without
 * it.
 *
 * Loop thread. What is to be kept goes out and in as JSON, by plugin; see daemon/sensor_files.h.
 */
#ifndef HARVESTER_READING_OWNERS_H
#define HARVESTER_READING_OWNERS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct reading_owners;

#define OWNERS_SENSORS_MAX                                                                         \
	256 /* of one plugin; the oldest gives way, to another of the same plugin */
#define OWNERS_PLUGINS_MAX 1024 /* removed ones among them; of further ones nothing is kept */
#define OWNERS_CONFLICTS_MAX 16 /* that are shown of one plugin; all are counted */
#define OWNERS_KEEP_MS (UINT64_C(30) * 86400 * 1000)

struct reading_owners_events {
	bool (*is_installed)(void *arg, const char *plugin);
	/* What reading_owners_save() gives for this plugin is different from before. */
	void (*changed)(void *arg, const char *plugin);
	void *arg; /* borrowed */
};

/* NULL without memory. `events` is copied. */
struct reading_owners *reading_owners_create(const struct reading_owners_events *events);
void reading_owners_destroy(struct reading_owners *owners); /* NULL is allowed */

/* A sensor that is never another's than this plugin's, whether that is installed or not. */
void reading_owners_reserve(struct reading_owners *owners, const char *sensor, const char *plugin);

/* The readings of a poll follow: the conflicts of the poll before are over. */
void reading_owners_begin(struct reading_owners *owners, const char *plugin);

/* NULL: `plugin` may name this sensor. Else whose it is; borrowed until the next call. */
const char *reading_owners_check(const struct reading_owners *owners, const char *plugin,
				 const char *sensor, uint64_t now_ms);

/* A reading of it was taken: from now on it is this plugin's. */
void reading_owners_keep(struct reading_owners *owners, const char *plugin, const char *sensor);

/* It was refused, being `other`'s. True the first time for these three: then it is to be logged. */
bool reading_owners_refuse(struct reading_owners *owners, const char *plugin, const char *sensor,
			   const char *other);

/* [{"sensor": "dht22", "owner": "dht22"}, …] of the plugin's last poll. New; NULL without memory.
 */
json_t *reading_owners_conflicts(const struct reading_owners *owners, const char *plugin);

/* Note who is not installed any more, or is again, and forget those who are gone for too long. */
void reading_owners_trim(struct reading_owners *owners, uint64_t now_ms);

/* {"sensors": ["…"], "gone_ms": n}, 0 while installed. New; NULL: nothing of it is to be kept. */
json_t *reading_owners_save(const struct reading_owners *owners, const char *plugin);

/* What was saved. What is no such object, or names what no plugin may name, is left out. */
void reading_owners_load(struct reading_owners *owners, const char *plugin, const json_t *saved);

#endif
