#include "reading/description.h"

#include <stdbool.h>
#include <string.h>

#include "base/error.h"
#include "config/config.h"
#include "reading/check.h"
#include "reading/declaration.h"
#include "unit/label.h"
#include "unit/quantity.h"

/* Checks of single members; each returns ERROR_INVALID with what is wrong. */

static int check_name(const json_t *value, struct error *err)
{
	if (!json_is_string(value))
		return error_set(err, ERROR_INVALID, "expected a name, as text");
	return label_check(json_string_value(value), json_string_length(value), err);
}

static int check_order(const json_t *value, struct error *err)
{
	json_int_t order = json_integer_value(value);

	if (json_is_integer(value) && order >= 0 && order <= DESCRIPTION_ORDER_MAX)
		return 0;
	return error_set(err, ERROR_INVALID,
			 "expected the place in the order, an integer from 0 to %d",
			 DESCRIPTION_ORDER_MAX);
}

static int check_hidden(const json_t *value, struct error *err)
{
	return json_is_boolean(value)
		       ? 0
		       : error_set(err, ERROR_INVALID,
				   "expected true or false, whether the sensor is hidden");
}

static int check_main(const json_t *value, struct error *err)
{
	if (!json_is_string(value))
		return error_set(err, ERROR_INVALID, "expected the name of the main field");
	return reading_field_name_check(json_string_value(value), err);
}

static int check_unit(const json_t *value, struct error *err)
{
	const struct unit *unit;

	if (!json_is_string(value) || json_string_length(value) > UNIT_NAME_MAX)
		return error_set(err, ERROR_INVALID,
				 "expected the name of the unit that is shown; docs/UNITS.md lists "
				 "the units");
	return unit_parse(json_string_value(value), &unit, err);
}

static int check_decimals(const json_t *value, struct error *err)
{
	json_int_t decimals = json_integer_value(value);

	if (json_is_integer(value) && decimals >= 0 && decimals <= DECLARATION_DECIMALS_MAX)
		return 0;
	return error_set(err, ERROR_INVALID,
			 "expected the number of decimals, an integer from 0 to %d",
			 DECLARATION_DECIMALS_MAX);
}

static int check_fields(const json_t *value, struct error *err);

struct member {
	const char *name;
	int (*check)(const json_t *value, struct error *err);
};

static const struct member sensor_members[] = {{"name", check_name},
					       {"room", check_name},
					       {"order", check_order},
					       {"hidden", check_hidden},
					       {"main", check_main},
					       {"fields", check_fields},
					       {0}};

static const struct member field_members[] = {
	{"name", check_name}, {"shown_unit", check_unit}, {"decimals", check_decimals}, {0}};

static const struct member *find_member(const struct member *members, const char *name)
{
	while (members->name && strcmp(members->name, name) != 0)
		members++;
	return members->name ? members : NULL;
}

static int check_members(const json_t *object, const struct member *members, const char *known,
			 struct error *err)
{
	const char *key;
	json_t *value;
	int ret = 0;

	if (!json_is_object(object))
		return error_set(err, ERROR_INVALID,
				 "expected a JSON object for a sensor or a field");
	json_object_foreach((json_t *)(uintptr_t)object, key, value)
	{
		const struct member *member = find_member(members, key);

		if (!member)
			return error_set(err, ERROR_INVALID, "%.64s: unknown; use one of %s", key,
					 known);
		if (!json_is_null(value))
			ret = member->check(value, err);
		if (ret)
			return error_wrap(err, ret, "%s", key);
	}
	return 0;
}

static int check_fields(const json_t *fields, struct error *err)
{
	const char *name;
	json_t *field;
	int ret = 0;

	if (!json_is_object(fields))
		return error_set(err, ERROR_INVALID,
				 "expected a JSON object with an object for each field");
	if (json_object_size(fields) > DESCRIPTION_FIELDS_MAX)
		return error_set(err, ERROR_INVALID, "expected at most %d fields: describe fewer",
				 DESCRIPTION_FIELDS_MAX);
	json_object_foreach((json_t *)(uintptr_t)fields, name, field)
	{
		ret = reading_field_name_check(name, err);
		if (!ret && !json_is_null(field))
			ret = check_members(field, field_members, "name, shown_unit, decimals",
					    err);
		if (ret)
			return error_wrap(err, ret, "%.64s", name);
	}
	return 0;
}

int description_check_patch(const json_t *patch, struct error *err)
{
	return check_members(patch, sensor_members, "name, room, order, hidden, main, fields", err);
}

/* What another node sent */

static void take_sent_field(json_t *fields, const char *name, const json_t *sent, size_t *refused)
{
	const json_t *shown = json_object_get(json_object_get(sent, "shown"), "unit");
	json_t *field;

	if (json_object_size(fields) == DESCRIPTION_FIELDS_MAX ||
	    reading_field_name_check(name, NULL) || declaration_field_check(sent, &field, NULL)) {
		++*refused;
		return;
	}
	if (shown && !check_unit(shown, NULL))
		json_object_set(field, "shown_unit", (json_t *)(uintptr_t)shown);
	json_object_set_new(fields, name, field);
}

json_t *description_check(const json_t *sent, size_t *refused)
{
	json_t *description = json_object(), *fields = json_object(), *value;
	const char *name;

	for (const struct member *member = sensor_members; member->name; member++) {
		value = json_object_get(sent, member->name);
		if (!value || member->check == check_fields)
			continue;
		if (member->check(value, NULL))
			++*refused;
		else
			json_object_set(description, member->name, value);
	}
	json_object_foreach(json_object_get(sent, "fields"), name, value)
		take_sent_field(fields, name, value, refused);
	if (json_object_size(fields))
		json_object_set(description, "fields", fields);
	json_decref(fields);
	return description;
}

/* Putting a description together */

/* RFC 7396, to the depth that a description has. */
static void merge(json_t *target, const json_t *patch)
{
	const char *key;
	json_t *value, *own;

	json_object_foreach((json_t *)(uintptr_t)patch, key, value)
	{
		own = json_object_get(target, key);
		if (json_is_null(value)) {
			json_object_del(target, key);
		} else if (!json_is_object(value)) {
			json_object_set(target, key, value);
		} else {
			if (!json_is_object(own)) {
				own = json_object();
				json_object_set_new(target, key, own);
			}
			merge(own, value);
			if (!json_object_size(own))
				json_object_del(target, key);
		}
	}
}

void description_merge(json_t *description, const json_t *patch)
{
	merge(description, patch);
}

void description_declare(json_t *description, const json_t *fields)
{
	json_t *patch = fields ? json_pack("{s:O}", "fields", fields) : NULL;

	merge(description, patch);
	json_decref(patch);
}

static void set_text(json_t *object, const char *key, const char *text)
{
	if (text)
		json_object_set_new(object, key, json_string(text));
}

static void configure_field(json_t *fields, const struct config_field *decided)
{
	json_t *patch = json_object(), *field = json_object();

	set_text(field, "name", decided->label);
	set_text(field, "unit", decided->unit ? unit_find(decided->unit)->name : NULL);
	set_text(field, "quantity", decided->quantity);
	set_text(field, "shown_unit", decided->shown_unit);
	if (decided->decimals != CONFIG_NOT_SET)
		json_object_set_new(field, "decimals", json_integer(decided->decimals));
	json_object_set_new(patch, decided->name, field);
	merge(fields, patch);
	json_decref(patch);
}

/* The unfiltered value has the same unit as the filtered one, if the filters do not change it. */
static void configure_raw_field(json_t *fields, const struct config_field *decided)
{
	const json_t *field = json_object_get(fields, decided->name);
	char name[2 * 64];

	if (!decided->keep_raw || !decided->filters_count || !field || decided->unit)
		return;
	snprintf(name, sizeof(name), "%.64s_raw", decided->name);
	json_object_set_new(fields, name, json_deep_copy(field));
	json_object_del(json_object_get(fields, name), "name");
}

void description_configure(json_t *description, const struct config_sensor *sensor)
{
	json_t *fields = json_object_get(description, "fields");

	set_text(description, "name", sensor->name);
	set_text(description, "room", sensor->room);
	set_text(description, "main", sensor->main_field);
	if (sensor->order != CONFIG_NOT_SET)
		json_object_set_new(description, "order", json_integer(sensor->order));
	if (sensor->hidden)
		json_object_set_new(description, "hidden", json_true());
	if (!sensor->fields_count)
		return;
	if (!fields) {
		fields = json_object();
		json_object_set_new(description, "fields", fields);
	}
	for (size_t i = 0; i < sensor->fields_count; i++) {
		configure_raw_field(fields, &sensor->fields[i]);
		configure_field(fields, &sensor->fields[i]);
	}
}

static const struct unit *unit_of(const json_t *field, const char *key)
{
	return unit_find(json_string_value(json_object_get(field, key)));
}

static void finish_field(json_t *field)
{
	const struct unit *unit = unit_of(field, "unit"), *shown = unit_of(field, "shown_unit");
	const struct quantity *quantity =
		quantity_find(json_string_value(json_object_get(field, "quantity")));
	struct unit_conversion conversion;

	if (unit && quantity_check(quantity, unit, NULL)) {
		json_object_del(field, "quantity");
		json_object_del(field, "minimum");
		json_object_del(field, "maximum");
	}
	json_object_del(field, "shown_unit");
	if (!unit || !shown || unit == shown || !unit_is_convertible(unit, shown))
		return;
	conversion = unit_conversion(unit, shown);
	json_object_set_new(field, "shown",
			    json_pack("{s:s, s:f, s:f}", "unit", shown->name, "factor",
				      conversion.factor, "offset", conversion.offset));
}

void description_finish(json_t *description)
{
	json_t *fields = json_object_get(description, "fields"), *field;
	const char *name;

	json_object_foreach(fields, name, field) finish_field(field);
}
