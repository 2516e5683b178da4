/*
 * Records which plugin of this node each sensor belongs to, so that no plugin can report readings
 * under the name of another plugin's sensor. Files keep the records over a restart
 * (plugin/policy/sensor_files.h).
 *
 * A sensor with the name of an installed plugin belongs to that plugin. Any other sensor belongs to
 * the plugin that reported it first, while that plugin is installed, and for OWNERS_KEEP_MS
 * afterwards. A plugin that reports a sensor of another plugin has a conflict. The page shows the
 * conflict until the plugin polls without that sensor.
 *
 * Call all functions on the loop thread.
 */
#ifndef HARVESTER_READING_OWNERS_H
#define HARVESTER_READING_OWNERS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct reading_owners;

/* Sensors recorded of one plugin; a further one replaces the plugin's oldest. */
#define OWNERS_SENSORS_MAX 256
/* Plugins recorded, removed ones included; further plugins get no record. */
#define OWNERS_PLUGINS_MAX 1024
#define OWNERS_CONFLICTS_MAX 16			     /* conflicts shown of one plugin */
#define OWNERS_KEEP_MS (UINT64_C(30) * 86400 * 1000) /* 30 days */

struct reading_owners_events {
	bool (*is_installed)(void *arg, const char *plugin);
	/* The record of this plugin has changed; get it from reading_owners_save() and store it. */
	void (*on_changed)(void *arg, const char *plugin);
	void *arg; /* borrowed */
};

/* `events` is copied. NULL if memory runs out. */
struct reading_owners *reading_owners_create(const struct reading_owners_events *events);
void reading_owners_destroy(struct reading_owners *owners); /* NULL is allowed */

/* Assign a sensor to this plugin for ever, installed or not. */
void reading_owners_reserve(struct reading_owners *owners, const char *sensor, const char *plugin);

/* Begin the readings of a poll: delete the plugin's conflicts of its last poll. */
void reading_owners_begin(struct reading_owners *owners, const char *plugin);

/*
 * Returns NULL if `plugin` may report this sensor. Otherwise returns the plugin that the sensor
 * belongs to, borrowed until the next call.
 */
const char *reading_owners_check(const struct reading_owners *owners, const char *plugin,
				 const char *sensor, uint64_t now_ms);

/*
 * Record that the sensor belongs to this plugin. Call after a reading of the sensor was accepted.
 */
void reading_owners_keep(struct reading_owners *owners, const char *plugin, const char *sensor);

/*
 * Record a conflict: `plugin` has reported a sensor of `other`. Returns true the first time for
 * these three names; the caller then logs the conflict.
 */
bool reading_owners_refuse(struct reading_owners *owners, const char *plugin, const char *sensor,
			   const char *other);

/* The conflicts of the plugin's last poll: [{"sensor": "dht22", "owner": "dht22"}, …]. The caller
 * owns the array; NULL if memory runs out. */
json_t *reading_owners_conflicts(const struct reading_owners *owners, const char *plugin);

/*
 * Check which plugins are installed now, and delete the records of plugins that were removed
 * OWNERS_KEEP_MS ago. now_ms: Unix time.
 */
void reading_owners_trim(struct reading_owners *owners, uint64_t now_ms);

/*
 * The record of a plugin, for its file: {"sensors": ["…"], "gone_ms": n}. gone_ms is the Unix time
 * when the plugin was removed; 0: it is installed. The caller owns the object; NULL: there is
 * nothing to store.
 */
json_t *reading_owners_save(const struct reading_owners *owners, const char *plugin);

/*
 * Restore a record from its file. Malformed parts, and names that no sensor may have, are ignored.
 */
void reading_owners_load(struct reading_owners *owners, const char *plugin, const json_t *saved);

#endif
