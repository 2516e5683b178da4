/* The sensors of a publisher: their states, and their devices for Home Assistant. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json_text.h"
#include "mqtt/internal.h"
#include "reading/check.h"
#include "reading/table.h"

/* A field that good readings lack for so long is gone; plugins may return some fields seldom. */
#define FIELD_GONE_MS 600000
#define EXPIRE_SECONDS_MIN 30
#define EXPIRE_INTERVALS 3

/* States */

char *publisher_state_text(const json_t *data, uint64_t timestamp_ms, uint64_t sequence)
{
	json_t *state = json_pack("{s:I}", "timestamp_ms", (json_int_t)timestamp_ms), *value;
	const char *field;
	char *text;

	if (sequence)
		json_object_set_new(state, "sequence", json_integer((json_int_t)sequence));
	json_object_foreach((json_t *)(uintptr_t)data, field, value)
	{
		if (!json_is_null(value))
			json_object_set(state, field, value);
	}
	text = json_text(state);
	json_decref(state);
	return text;
}

static struct mqtt_sensor *find(const struct mqtt_publisher *publisher, const char *node,
				const char *name)
{
	char id[2 * READING_NAME_MAX + 2];

	snprintf(id, sizeof(id), "%s:%s", node, name);
	return (struct mqtt_sensor *)(uintptr_t)json_integer_value(
		json_object_get(publisher->index, id));
}

/* From now on there may be a state of it in the broker. */
static void note_state(struct mqtt_publisher *publisher, const struct mqtt_sensor *sensor,
		       const char *plugin)
{
	char topic[TOPIC_SIZE], owner[READING_NAME_MAX + 2];

	publisher_name_owner(owner, publisher, sensor->node, plugin);
	discovery_topic(topic, &publisher->discovery, sensor->node, sensor->sensor, "state");
	mqtt_retained_note(publisher->retained, topic, owner);
}

/* `plugin` as for publisher_name_owner(). */
static struct mqtt_sensor *add(struct mqtt_publisher *publisher, const char *node, const char *name,
			       const char *plugin)
{
	struct mqtt_sensor *sensor;
	char id[2 * READING_NAME_MAX + 2];

	if (publisher->sensors_count == PUBLISHER_SENSORS_MAX) {
		publisher->sensors_refused++;
		return NULL;
	}
	sensor = calloc(1, sizeof(*sensor));
	if (!sensor)
		return NULL;
	snprintf(sensor->node, sizeof(sensor->node), "%s", node);
	snprintf(sensor->sensor, sizeof(sensor->sensor), "%s", name);
	sensor->fields = json_object();
	sensor->missing = json_object();
	STAILQ_INSERT_TAIL(&publisher->sensors, sensor, link);
	publisher->sensors_count++;
	snprintf(id, sizeof(id), "%s:%s", node, name);
	json_object_set_new(publisher->index, id, json_integer((json_int_t)(uintptr_t)sensor));
	note_state(publisher, sensor, plugin);
	return sensor;
}

static void free_sensor(struct mqtt_publisher *publisher, struct mqtt_sensor *sensor)
{
	char id[2 * READING_NAME_MAX + 2];

	snprintf(id, sizeof(id), "%s:%s", sensor->node, sensor->sensor);
	json_object_del(publisher->index, id);
	STAILQ_REMOVE(&publisher->sensors, sensor, mqtt_sensor, link);
	publisher->sensors_count--;
	publisher->dirty_count -= sensor->is_dirty;
	json_decref(sensor->fields);
	json_decref(sensor->missing);
	json_decref(sensor->description);
	free(sensor);
}

void publisher_free_sensors(struct mqtt_publisher *publisher)
{
	while (!STAILQ_EMPTY(&publisher->sensors))
		free_sensor(publisher, STAILQ_FIRST(&publisher->sensors));
}

static int publish_state(struct mqtt_publisher *publisher, const struct mqtt_sensor *sensor)
{
	const struct reading *reading =
		reading_table_find(publisher->config.table, sensor->node, sensor->sensor);
	char topic[TOPIC_SIZE];
	char *text;
	int ret;

	if (!reading)
		return 0;
	text = publisher_state_text(reading->data, reading->timestamp_ms, 0);
	if (!text)
		return ERROR_NO_MEMORY;
	discovery_topic(topic, &publisher->discovery, sensor->node, sensor->sensor, "state");
	ret = publisher_send_for_all(publisher, (struct mqtt_message){.topic = topic,
								      .payload = text,
								      .size = strlen(text),
								      .retain = true});
	free(text);
	return ret;
}

static void make_dirty(struct mqtt_publisher *publisher, struct mqtt_sensor *sensor)
{
	publisher->dirty_count += !sensor->is_dirty;
	sensor->is_dirty = true;
}

/* The newest alone: a sensor that waits is published as it is when its turn comes. */
void publisher_pump_states(struct mqtt_publisher *publisher)
{
	struct mqtt_sensor *sensor;

	if (!publisher_may_publish(publisher))
		return;
	STAILQ_FOREACH(sensor, &publisher->sensors, link)
	{
		if (!publisher->dirty_count)
			return;
		if (!sensor->is_dirty)
			continue;
		if (publish_state(publisher, sensor))
			return;
		sensor->is_dirty = false;
		publisher->dirty_count--;
	}
}

void publisher_dirty_all(struct mqtt_publisher *publisher)
{
	struct mqtt_sensor *sensor;

	STAILQ_FOREACH(sensor, &publisher->sensors, link)
	make_dirty(publisher, sensor);
}

void publisher_on_reading(void *arg, const struct reading *reading)
{
	struct mqtt_publisher *publisher = arg;
	struct mqtt_sensor *sensor = find(publisher, reading->node, reading->sensor);

	bool is_new = !sensor;

	if (is_new)
		sensor = add(publisher, reading->node, reading->sensor, reading->plugin);
	if (!sensor)
		return;
	make_dirty(publisher, sensor);
	/* Other waiting ones go first by the timer or by on_room(). The topic of a new one is
	 * stored first, with the next tick. */
	if (!is_new && publisher->dirty_count == 1 && publisher_may_publish(publisher) &&
	    !publish_state(publisher, sensor)) {
		sensor->is_dirty = false;
		publisher->dirty_count--;
	}
}

/* Devices */

static const char *type_of(const json_t *value, const json_t *field)
{
	const char *kind = json_string_value(json_object_get(field, "kind"));

	if (json_is_boolean(value) || (json_is_null(value) && kind && !strcmp(kind, "switch")))
		return "switch";
	if (json_is_number(value))
		return "number";
	if (json_is_string(value) || (json_is_null(value) && kind && !strcmp(kind, "text")))
		return "text";
	if (json_is_null(value) && kind)
		return "number";
	return NULL; /* lists and objects; or null, before anything is known */
}

/* What a good reading lacks is gone after a while. */
static bool drop_missing(struct mqtt_publisher *publisher, struct mqtt_sensor *sensor,
			 const json_t *data)
{
	json_int_t now = (json_int_t)(clock_monotonic_ns(publisher->config.clock) / 1000000);
	bool has_changed = false;
	const char *field;
	json_t *type;
	void *next;

	json_object_foreach_safe(sensor->fields, next, field, type)
	{
		const json_t *since = json_object_get(sensor->missing, field);

		if (json_object_get(data, field)) {
			json_object_del(sensor->missing, field);
		} else if (!since) {
			json_object_set_new(sensor->missing, field, json_integer(now));
		} else if (now - json_integer_value(since) > FIELD_GONE_MS) {
			json_object_del(sensor->missing, field);
			json_object_del(sensor->fields, field);
			has_changed = true;
		}
	}
	return has_changed;
}

static bool learn_fields(struct mqtt_publisher *publisher, struct mqtt_sensor *sensor,
			 const json_t *shown)
{
	const json_t *data = json_object_get(shown, "data");
	const json_t *fields = json_object_get(json_object_get(shown, "description"), "fields");
	bool has_changed = false;
	const char *field;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)data, field, value)
	{
		const char *type = type_of(value, json_object_get(fields, field));
		const char *known = json_string_value(json_object_get(sensor->fields, field));

		if (!type || reading_field_is_about_failure(field) ||
		    (known && (json_is_null(value) || !strcmp(known, type))))
			continue;
		json_object_set_new(sensor->fields, field, json_string(type));
		has_changed = true;
	}
	if (json_object_get(data, "error"))
		return has_changed;
	return drop_missing(publisher, sensor, data) || has_changed;
}

/* It only grows: intervals that are measured vary, and each change is a message. */
static bool learn_interval(struct mqtt_publisher *publisher, struct mqtt_sensor *sensor)
{
	static const unsigned steps[] = {30,   60,   120,   300,   600,	  1800,
					 3600, 7200, 21600, 43200, 86400, 259200};
	uint64_t interval_ms =
		reading_table_interval_ms(publisher->config.table, sensor->node, sensor->sensor);
	unsigned expire = EXPIRE_SECONDS_MIN;

	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
		expire = steps[i];
		if (EXPIRE_INTERVALS * interval_ms <= steps[i] * UINT64_C(1000))
			break;
	}
	if (expire <= sensor->expire_seconds)
		return false;
	sensor->expire_seconds = expire;
	return true;
}

static bool learn_description(struct mqtt_sensor *sensor, json_t *description)
{
	if (sensor->description && json_equal(sensor->description, description))
		return false;
	json_decref(sensor->description);
	sensor->description = json_deep_copy(description);
	return true;
}

void publisher_name_owner(char ret_owner[READING_NAME_MAX + 2],
			  const struct mqtt_publisher *publisher, const char *node,
			  const char *plugin)
{
	if (strcmp(node, publisher->node) != 0)
		snprintf(ret_owner, READING_NAME_MAX + 2, "@%s", node);
	else
		snprintf(ret_owner, READING_NAME_MAX + 2, "%s", plugin ? plugin : "");
}

static void announce(struct mqtt_publisher *publisher, const struct mqtt_sensor *sensor,
		     const char *plugin)
{
	const struct discovery_sensor about = {
		.node = sensor->node,
		.sensor = sensor->sensor,
		.description = sensor->description,
		.fields = sensor->fields,
		.expire_seconds = sensor->expire_seconds,
	};
	char id[TOPIC_ID_SIZE], owner[READING_NAME_MAX + 2];
	json_t *config;

	publisher_name_owner(owner, publisher, sensor->node, plugin);
	discovery_device_id(id, sensor->node, sensor->sensor);
	if (!json_object_size(sensor->fields)) {
		mqtt_devices_remove(publisher->devices, id);
		return;
	}
	config = discovery_of_sensor(&publisher->discovery, &about);
	if (config)
		mqtt_devices_set(publisher->devices, id, owner,
				 config); /* it counts what it refuses */
	json_decref(config);
}

/* The sensor is gone: its device, and what is retained. */
static void forget(struct mqtt_publisher *publisher, struct mqtt_sensor *sensor)
{
	char id[TOPIC_ID_SIZE], topic[TOPIC_SIZE];

	discovery_device_id(id, sensor->node, sensor->sensor);
	mqtt_devices_remove(publisher->devices, id);
	discovery_topic(topic, &publisher->discovery, sensor->node, sensor->sensor, "state");
	mqtt_retained_remove(publisher->retained, topic);
	free_sensor(publisher, sensor);
}

static void look_at(struct mqtt_publisher *publisher, const json_t *shown)
{
	const char *node = json_string_value(json_object_get(shown, "node"));
	const char *name = json_string_value(json_object_get(shown, "sensor"));
	const char *plugin = json_string_value(json_object_get(shown, "plugin"));
	struct mqtt_sensor *sensor = find(publisher, node, name);
	bool has_changed;

	if (json_is_true(json_object_get(shown, "removed"))) {
		if (sensor)
			forget(publisher, sensor);
		return;
	}
	if (!sensor)
		sensor = add(publisher, node, name, plugin);
	if (!sensor)
		return;
	if (!sensor->description)
		make_dirty(publisher, sensor);
	has_changed = learn_description(sensor, json_object_get(shown, "description"));
	has_changed |= learn_fields(publisher, sensor, shown);
	has_changed |= learn_interval(publisher, sensor);
	if (has_changed)
		announce(publisher, sensor, plugin);
}

/* Sensors that somebody deleted from the table are in no list any more. */
static void forget_deleted(struct mqtt_publisher *publisher)
{
	struct mqtt_sensor *sensor, *next;

	for (sensor = STAILQ_FIRST(&publisher->sensors); sensor; sensor = next) {
		next = STAILQ_NEXT(sensor, link);
		if (!reading_table_find(publisher->config.table, sensor->node, sensor->sensor))
			forget(publisher, sensor);
	}
}

void publisher_look(struct mqtt_publisher *publisher)
{
	struct reading_table *table = publisher->config.table;
	uint64_t revision = reading_table_revision(table);
	json_t *list;
	const json_t *shown;
	size_t i;

	if (revision == publisher->revision)
		return;
	list = reading_table_show(table, publisher->revision,
				  clock_unix_ms(publisher->config.clock));
	if (!list)
		return; /* no memory: the next time */
	publisher->revision = revision;
	json_array_foreach(list, i, shown) look_at(publisher, shown);
	json_decref(list);
	forget_deleted(publisher);
}
