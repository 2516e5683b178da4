#include "config/sensor_keys.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "config/config.h"
#include "config/filter.h"
#include "unit/label.h"
#include "unit/quantity.h"

#define RULE_TEXT "a name of 1 to 64 bytes without control characters, \"<\" and \">\""
#define RULE_UNIT "a unit that docs/UNITS.md lists, such as \"°C\""
#define RULE_QUANTITY "a quantity that docs/UNITS.md lists, such as \"temperature\""
#define RULE_FIELD "the name of a field, of 1 to 64 bytes"
#define RULE_ID "SENSOR, or NODE:SENSOR for a sensor of another node: letters, digits and \"-_.:\""

#define AT(type, field) .offset = offsetof(struct type, field)

/* 1 to 64 letters, digits and "-_.", for the node, and more with ":" for the sensor */
#define ID_BYTES "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:"
#define ID_MAX 129 /* NODE:SENSOR */

static bool is_label(const char *text)
{
	return !label_check(text, strlen(text), NULL);
}

static bool is_unit(const char *text)
{
	return unit_find(text) != NULL;
}

static bool is_quantity(const char *text)
{
	return quantity_find(text) != NULL;
}

static bool is_field_name(const char *text)
{
	return *text && strlen(text) <= 64;
}

static bool is_id(const char *text)
{
	size_t size = strspn(text, ID_BYTES);

	return size && size <= ID_MAX && !text[size];
}

#define TEXT(key, type, field, rule, words)                                                        \
	{                                                                                          \
		.name = key, .kind = SCHEMA_STRING, AT(type, field), .valid = rule,                \
		.expected = words                                                                  \
	}

static void read_fields(struct schema_reader *reader, struct toml_node *node, const char *path,
			void *target);

/* clang-format off */
const struct schema_key config_sensor_keys[] = {
	TEXT("name", config_sensor, name, is_label, RULE_TEXT),
	TEXT("room", config_sensor, room, is_label, RULE_TEXT),
	{.name = "order", .kind = SCHEMA_INT, AT(config_sensor, order), .low = 0, .high = 9999},
	{.name = "hidden", .kind = SCHEMA_BOOLEAN, AT(config_sensor, hidden)},
	TEXT("main", config_sensor, main_field, is_field_name, RULE_FIELD),
	{.name = "fields", .kind = SCHEMA_CUSTOM, .read = read_fields},
	{0},
};

const struct schema_key config_field_keys[] = {
	TEXT("name", config_field, label, is_label, RULE_TEXT),
	TEXT("unit", config_field, unit, is_unit, RULE_UNIT),
	TEXT("quantity", config_field, quantity, is_quantity, RULE_QUANTITY),
	TEXT("shown_unit", config_field, shown_unit, is_unit, RULE_UNIT),
	{.name = "decimals", .kind = SCHEMA_INT, AT(config_field, decimals), .low = 0, .high = 6},
	{.name = "filters", .kind = SCHEMA_CUSTOM, .read = filter_read_chain, .equal = sensor_filters_equal},
	{.name = "keep_raw", .kind = SCHEMA_BOOLEAN, AT(config_field, keep_raw)},
	{0},
};
/* clang-format on */

/* Fields */

static struct config_field *add_field(struct schema_reader *reader, struct config_sensor *sensor,
				      const char *name)
{
	struct config_field *fields =
		reallocarray(sensor->fields, sensor->fields_count + 1, sizeof(*sensor->fields));
	struct config_field *field;

	if (!fields) {
		reader->no_memory = true;
		return NULL;
	}
	sensor->fields = fields;
	field = &fields[sensor->fields_count++];
	*field = (struct config_field){.name = strdup(name), .decimals = CONFIG_NOT_SET};
	reader->no_memory |= !field->name;
	return field->name ? field : NULL;
}

static void check_units(struct schema_reader *reader, struct toml_node *node, const char *path,
			const struct config_field *field)
{
	const struct unit *unit = unit_find(field->unit), *shown = unit_find(field->shown_unit);
	struct error err;

	if (field->quantity && field->unit &&
	    quantity_check(quantity_find(field->quantity), unit, &err))
		schema_complain(reader, node, "%s.unit: %s", path, err.text);
	if (unit && shown && !unit_is_convertible(unit, shown))
		schema_complain(reader, node,
				"%s.shown_unit: \"%s\" cannot be shown as \"%s\": choose a unit of "
				"the same row of docs/UNITS.md",
				path, unit->name, shown->name);
}

static void read_field(struct schema_reader *reader, struct toml_node *node, const char *path,
		       struct config_sensor *sensor)
{
	struct config_field *field;

	if (!is_field_name(node->key)) {
		schema_complain(reader, node, "%s: expected " RULE_FIELD, path);
		return;
	}
	field = add_field(reader, sensor, node->key);
	if (!field)
		return;
	schema_read(reader, node, path, config_field_keys, field);
	check_units(reader, node, path, field);
}

static void read_fields(struct schema_reader *reader, struct toml_node *node, const char *path,
			void *target)
{
	struct config_sensor *sensor = target;
	char child_path[SCHEMA_PATH_SIZE];

	if (node->kind != TOML_TABLE) {
		schema_refuse(reader, node, path,
			      "a table for each field, [sensors.ID.fields.FIELD]");
		return;
	}
	for (struct toml_node *child = node->first; child; child = child->next) {
		schema_join(child_path, path, child->key);
		if (sensor->fields_count == CONFIG_FIELDS_MAX) {
			schema_complain(reader, child, "%s: more than %d fields: remove some", path,
					CONFIG_FIELDS_MAX);
			return;
		}
		read_field(reader, child, child_path, sensor);
	}
}

/* Sensors */

static struct config_sensor *find_sensor(struct config *config, const char *id)
{
	for (size_t i = 0; i < config->sensors.count; i++)
		if (!strcmp(config->sensors.list[i].id, id))
			return &config->sensors.list[i];
	return NULL;
}

/* Find the sensor, or add it. NULL after a problem, which was added. */
static struct config_sensor *need_sensor(struct schema_reader *reader, struct toml_node *node,
					 const char *id, struct config *config)
{
	struct config_sensor *sensor = find_sensor(config, id), *list;

	if (sensor)
		return sensor;
	if (config->sensors.count == CONFIG_SENSORS_MAX) {
		schema_complain(reader, node, "sensors: more than %d sensors: remove some",
				CONFIG_SENSORS_MAX);
		return NULL;
	}
	list = reallocarray(config->sensors.list, config->sensors.count + 1, sizeof(*list));
	if (!list) {
		reader->no_memory = true;
		return NULL;
	}
	config->sensors.list = list;
	sensor = &list[config->sensors.count++];
	*sensor = (struct config_sensor){.id = strdup(id),
					 .line = node->key_line,
					 .column = node->key_column,
					 .order = CONFIG_NOT_SET};
	reader->no_memory |= !sensor->id;
	return sensor->id ? sensor : NULL;
}

void sensor_read(struct schema_reader *reader, struct toml_node *node, const char *path,
		 void *target)
{
	struct config_sensor *sensor;

	if (!is_id(node->key)) {
		schema_complain(reader, node, "%s: expected " RULE_ID, path);
		return;
	}
	sensor = need_sensor(reader, node, node->key, target);
	if (sensor)
		schema_read(reader, node, path, config_sensor_keys, sensor);
}

static void read_key(struct schema_reader *reader, struct toml_node *node, const char *path,
		     const char *id, const struct schema_key *device, struct config *config)
{
	struct config_sensor *sensor = need_sensor(reader, node, id, config);

	if (sensor)
		schema_read_child(reader, node, path, config_sensor_keys, device, sensor);
}

void sensor_read_dht22_key(struct schema_reader *reader, struct toml_node *node, const char *path,
			   void *target)
{
	static const struct schema_key device[] = {{.name = "gpio_pin"}, {0}};

	read_key(reader, node, path, "dht22", device, target);
}

void sensor_read_bme680_key(struct schema_reader *reader, struct toml_node *node, const char *path,
			    void *target)
{
	static const struct schema_key device[] = {{.name = "i2c_address"}, {0}};

	read_key(reader, node, path, "bme680", device, target);
}

/* Several sensors */

static bool is_same_text(const char *a, const char *b)
{
	return (!a && !b) || (a && b && !strcmp(a, b));
}

static const struct config_sensor *find_namesake(const struct config *config,
						 const struct config_sensor *sensor)
{
	for (const struct config_sensor *other = config->sensors.list; other < sensor; other++)
		if (sensor->name && is_same_text(other->name, sensor->name) &&
		    is_same_text(other->room, sensor->room))
			return other;
	return NULL;
}

void sensor_check_all(struct schema_reader *reader, const struct toml_node *sensors,
		      const struct config *config)
{
	for (size_t i = 0; i < config->sensors.count; i++) {
		const struct config_sensor *sensor = &config->sensors.list[i], *other;
		struct toml_node *node = toml_find(sensors, sensor->id);

		other = find_namesake(config, sensor);
		if (node && other)
			schema_complain(reader, node,
					"sensors.%s: has the name \"%s\" of sensors.%s in the same "
					"room: give one of the two another name",
					sensor->id, sensor->name, other->id);
	}
}
