#include "reading/owners.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/name_index.h"
#include "reading/name.h"

#define TOLD_MAX 256 /* conflicts of one plugin that are logged */

/* The record of one plugin. */
struct owner {
	char *name; /* owned, like the JSON values below; the plugin's name. First: for the index */
	LIST_ENTRY(owner) link;
	json_t *sensors;   /* {sensor: null, …}, oldest first */
	json_t *conflicts; /* of the last poll */
	json_t *told;	   /* logged conflicts: {sensor: name of the plugin it belongs to, …} */
	uint64_t gone_ms;  /* Unix time since which it is not installed; 0: installed */
	bool is_permanent; /* has reserved sensors: never saved, never deleted */
};

struct reading_owners {
	struct reading_owners_events events;
	LIST_HEAD(, owner) list;
	struct name_index index; /* of the list */
	size_t count;
};

static void destroy_owner(struct owner *owner)
{
	json_decref(owner->sensors);
	json_decref(owner->conflicts);
	json_decref(owner->told);
	free(owner->name);
	free(owner);
}

static struct owner *find(const struct reading_owners *owners, const char *plugin)
{
	return name_index_find(&owners->index, plugin);
}

static struct owner *find_or_add(struct reading_owners *owners, const char *plugin)
{
	struct owner *owner = find(owners, plugin);

	if (owner || owners->count >= OWNERS_PLUGINS_MAX)
		return owner;
	owner = calloc(1, sizeof(*owner));
	if (!owner)
		return NULL;
	owner->name = strdup(plugin);
	owner->sensors = json_object();
	owner->conflicts = json_array();
	owner->told = json_object();
	if (!owner->name || !owner->sensors || !owner->conflicts || !owner->told ||
	    name_index_add(&owners->index, owner)) {
		destroy_owner(owner);
		return NULL;
	}
	LIST_INSERT_HEAD(&owners->list, owner, link);
	owners->count++;
	return owner;
}

static void remove_owner(struct reading_owners *owners, struct owner *owner)
{
	name_index_remove(&owners->index, owner);
	LIST_REMOVE(owner, link);
	owners->count--;
	destroy_owner(owner);
}

struct reading_owners *reading_owners_create(const struct reading_owners_events *events)
{
	struct reading_owners *owners = calloc(1, sizeof(*owners));

	if (!owners)
		return NULL;
	owners->events = *events;
	LIST_INIT(&owners->list);
	return owners;
}

void reading_owners_destroy(struct reading_owners *owners)
{
	if (!owners)
		return;
	while (!LIST_EMPTY(&owners->list))
		remove_owner(owners, LIST_FIRST(&owners->list));
	free(owners);
}

static bool is_installed(const struct reading_owners *owners, const char *plugin)
{
	return owners->events.is_installed(owners->events.arg, plugin);
}

static void tell(struct reading_owners *owners, const struct owner *owner)
{
	if (!owner->is_permanent)
		owners->events.on_changed(owners->events.arg, owner->name);
}

static bool holds(const struct owner *owner, const char *sensor)
{
	return json_object_get(owner->sensors, sensor) != NULL;
}

/* The record of another plugin that has the sensor; NULL if there is none. */
static struct owner *other_holder(const struct reading_owners *owners, const char *plugin,
				  const char *sensor)
{
	struct owner *owner;

	LIST_FOREACH(owner, &owners->list, link)
	{
		if (holds(owner, sensor) && strcmp(owner->name, plugin) != 0)
			return owner;
	}
	return NULL;
}

static bool still_counts(const struct reading_owners *owners, const struct owner *owner,
			 uint64_t now_ms)
{
	return owner->is_permanent || !owner->gone_ms || is_installed(owners, owner->name) ||
	       now_ms - owner->gone_ms < OWNERS_KEEP_MS;
}

void reading_owners_reserve(struct reading_owners *owners, const char *sensor, const char *plugin)
{
	struct owner *owner = find_or_add(owners, plugin);

	if (!owner)
		return;
	owner->is_permanent = true;
	json_object_set_new(owner->sensors, sensor, json_null());
}

void reading_owners_begin(struct reading_owners *owners, const char *plugin)
{
	struct owner *owner = find(owners, plugin);

	if (owner)
		json_array_clear(owner->conflicts);
}

const char *reading_owners_check(const struct reading_owners *owners, const char *plugin,
				 const char *sensor, uint64_t now_ms)
{
	const struct owner *other;

	if (!strcmp(plugin, sensor))
		return NULL;
	if (is_installed(owners, sensor))
		return sensor;
	other = other_holder(owners, plugin, sensor);
	return other && still_counts(owners, other, now_ms) ? other->name : NULL;
}

static void make_room(struct owner *owner)
{
	const char *oldest = json_object_iter_key(json_object_iter(owner->sensors));

	if (json_object_size(owner->sensors) >= OWNERS_SENSORS_MAX && oldest)
		json_object_del(owner->sensors, oldest);
}

void reading_owners_keep(struct reading_owners *owners, const char *plugin, const char *sensor)
{
	struct owner *owner = find_or_add(owners, plugin);
	struct owner *other;

	if (!owner || holds(owner, sensor))
		return;
	other = other_holder(owners, plugin, sensor);
	if (other) {
		json_object_del(other->sensors, sensor);
		tell(owners, other);
	}
	make_room(owner);
	json_object_set_new(owner->sensors, sensor, json_null());
	tell(owners, owner);
}

bool reading_owners_refuse(struct reading_owners *owners, const char *plugin, const char *sensor,
			   const char *other)
{
	struct owner *owner = find_or_add(owners, plugin);
	const char *told;

	if (!owner)
		return false;
	if (json_array_size(owner->conflicts) < OWNERS_CONFLICTS_MAX)
		json_array_append_new(owner->conflicts,
				      json_pack("{s:s, s:s}", "sensor", sensor, "owner", other));
	told = json_string_value(json_object_get(owner->told, sensor));
	if ((told && !strcmp(told, other)) || (!told && json_object_size(owner->told) >= TOLD_MAX))
		return false;
	json_object_set_new(owner->told, sensor, json_string(other));
	return true;
}

json_t *reading_owners_conflicts(const struct reading_owners *owners, const char *plugin)
{
	const struct owner *owner = find(owners, plugin);

	return owner ? json_deep_copy(owner->conflicts) : json_array();
}

static void trim_one(struct reading_owners *owners, struct owner *owner, uint64_t now_ms)
{
	if (owner->is_permanent)
		return;
	if (is_installed(owners, owner->name)) {
		if (owner->gone_ms) {
			owner->gone_ms = 0;
			tell(owners, owner);
		}
	} else if (!owner->gone_ms || owner->gone_ms > now_ms) {
		/* gone_ms > now_ms: the clock was wrong before. */
		owner->gone_ms = now_ms;
		tell(owners, owner);
	} else if (now_ms - owner->gone_ms >= OWNERS_KEEP_MS) {
		json_object_clear(owner->sensors);
		tell(owners, owner);
		remove_owner(owners, owner);
	}
}

void reading_owners_trim(struct reading_owners *owners, uint64_t now_ms)
{
	struct owner *owner, *next;

	for (owner = LIST_FIRST(&owners->list); owner; owner = next) {
		next = LIST_NEXT(owner, link);
		trim_one(owners, owner, now_ms);
	}
}

json_t *reading_owners_save(const struct reading_owners *owners, const char *plugin)
{
	const struct owner *owner = find(owners, plugin);
	json_t *sensors, *value;
	const char *sensor;

	if (!owner || owner->is_permanent || !json_object_size(owner->sensors))
		return NULL;
	sensors = json_array();
	json_object_foreach(owner->sensors, sensor, value)
		json_array_append_new(sensors, json_string(sensor));
	return json_pack("{s:o, s:I}", "sensors", sensors, "gone_ms", (json_int_t)owner->gone_ms);
}

void reading_owners_load(struct reading_owners *owners, const char *plugin, const json_t *saved)
{
	const json_t *gone = json_object_get(saved, "gone_ms"), *value;
	struct owner *owner = find_or_add(owners, plugin);
	size_t i;

	if (!owner || owner->is_permanent)
		return;
	owner->gone_ms = json_integer_value(gone) > 0 ? (uint64_t)json_integer_value(gone) : 0;
	json_array_foreach(json_object_get(saved, "sensors"), i, value)
	{
		const char *sensor = json_string_value(value);

		if (sensor && !reading_name_check(sensor, NULL) &&
		    json_object_size(owner->sensors) < OWNERS_SENSORS_MAX &&
		    !other_holder(owners, plugin, sensor))
			json_object_set_new(owner->sensors, sensor, json_null());
	}
}
