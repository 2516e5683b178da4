#include "reading/declaration.h"

#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "reading/check.h"
#include "reading/name.h"
#include "unit/label.h"
#include "unit/quantity.h"

/* The members of a declared field while they are checked. */
struct field {
	const struct unit *unit;	 /* NULL: none */
	const struct quantity *quantity; /* NULL: none */
	enum quantity_kind kind;
	bool has_kind;
	json_t *json; /* owned */
};

static const char *const members[] = {"sensor",	  "field",   "name",	"unit",	 "quantity", "kind",
				      "decimals", "minimum", "maximum", "about", NULL};

/* The text of a member in *ret_text; NULL if it is absent. ERROR_INVALID if it is no short text. */
static int take_text(const json_t *value, const char *key, const char **ret_text, struct error *err)
{
	const json_t *member = json_object_get(value, key);
	int ret;

	*ret_text = NULL;
	if (!member || json_is_null(member))
		return 0;
	if (!json_is_string(member))
		return error_set(err, ERROR_INVALID, "%s: expected a text", key);
	ret = label_check(json_string_value(member), json_string_length(member), err);
	if (ret)
		return error_wrap(err, ret, "%s", key);
	*ret_text = json_string_value(member);
	return 0;
}

static int keep(struct field *field, const char *key, json_t *value, struct error *err)
{
	return json_object_set_new(field->json, key, value)
		       ? error_set(err, ERROR_NO_MEMORY, "cannot store the declaration: %s",
				   error_text(ERROR_NO_MEMORY))
		       : 0;
}

static int take_name(struct field *field, const json_t *value, struct error *err)
{
	const char *name;
	int ret = take_text(value, "name", &name, err);

	return ret || !name ? ret : keep(field, "name", json_string(name), err);
}

static int take_unit(struct field *field, const json_t *value, struct error *err)
{
	const char *name;
	int ret = take_text(value, "unit", &name, err);

	if (!ret && name)
		ret = unit_parse(name, &field->unit, err);
	if (ret && name)
		return error_wrap(err, ret, "unit");
	return ret || !name ? ret : keep(field, "unit", json_string(field->unit->name), err);
}

static int take_quantity(struct field *field, const json_t *value, struct error *err)
{
	const char *name;
	int ret = take_text(value, "quantity", &name, err);

	if (ret || !name)
		return ret;
	field->quantity = quantity_find(name);
	if (!field->quantity)
		return error_set(err, ERROR_INVALID,
				 "quantity: \"%s\" is unknown; docs/UNITS.md lists the quantities",
				 name);
	ret = quantity_check(field->quantity, field->unit, err);
	if (ret)
		return error_wrap(err, ret, "quantity");
	return keep(field, "quantity", json_string(name), err);
}

/* A quantity of switches implies the kind. */
static int take_kind(struct field *field, const json_t *value, struct error *err)
{
	const char *name;
	int ret = take_text(value, "kind", &name, err);

	if (ret)
		return ret;
	if (!name && field->quantity && field->quantity->is_switch)
		name = "switch";
	if (!name)
		return 0;
	field->has_kind = quantity_kind_find(name, &field->kind);
	if (!field->has_kind)
		return error_set(
			err, ERROR_INVALID,
			"kind: expected measurement, counter, switch or text, found \"%s\"", name);
	return keep(field, "kind", json_string(name), err);
}

/* A switch and a text have no unit, and only they have quantities without a number. */
static int check_kind(const struct field *field, struct error *err)
{
	bool is_number = field->kind == KIND_MEASUREMENT || field->kind == KIND_COUNTER;
	bool is_enum = field->quantity && !strcmp(field->quantity->name, "enum");

	if (!field->has_kind)
		return 0;
	if (!is_number && field->unit)
		return error_set(err, ERROR_INVALID, "kind: a %s has no unit: leave \"%s\" out",
				 field->kind == KIND_SWITCH ? "switch" : "text", field->unit->name);
	if (field->quantity && ((field->kind == KIND_SWITCH) != field->quantity->is_switch ||
				(field->kind == KIND_TEXT && !is_enum)))
		return error_set(
			err, ERROR_INVALID,
			"kind: does not fit the quantity %s: leave the kind or the quantity out",
			field->quantity->name);
	return 0;
}

static int take_decimals(struct field *field, const json_t *value, struct error *err)
{
	const json_t *decimals = json_object_get(value, "decimals");
	json_int_t number = json_integer_value(decimals);

	if (!decimals || json_is_null(decimals))
		return 0;
	if (!json_is_integer(decimals) || number < 0 || number > DECLARATION_DECIMALS_MAX)
		return error_set(err, ERROR_INVALID, "decimals: expected an integer from 0 to %d",
				 DECLARATION_DECIMALS_MAX);
	return keep(field, "decimals", json_integer(number), err);
}

/* *ret_number is untouched if the member is absent. */
static int take_limit(struct field *field, const json_t *value, const char *key, double *ret_number,
		      struct error *err)
{
	const json_t *limit = json_object_get(value, key);

	if (!limit || json_is_null(limit))
		return 0;
	if (!json_is_number(limit) || !isfinite(json_number_value(limit)))
		return error_set(err, ERROR_INVALID, "%s: expected a number", key);
	*ret_number = json_number_value(limit);
	return keep(field, key, json_real(*ret_number), err);
}

static int take_range(struct field *field, const json_t *value, struct error *err)
{
	double low = -HUGE_VAL, high = HUGE_VAL;
	int ret = take_limit(field, value, "minimum", &low, err);

	if (!ret)
		ret = take_limit(field, value, "maximum", &high, err);
	if (!ret && low >= high)
		ret = error_set(err, ERROR_INVALID, "minimum: must be less than maximum");
	return ret;
}

int declaration_field_check(const json_t *value, json_t **ret_field, struct error *err)
{
	static int (*const steps[])(struct field *, const json_t *, struct error *) = {
		take_name, take_unit, take_quantity, take_kind, take_decimals, take_range};
	struct field field = {.json = json_object()};
	int ret = 0;

	if (!json_is_object(value))
		ret = error_set(err, ERROR_INVALID,
				"expected a JSON object for the declaration of a field");
	for (size_t i = 0; !ret && i < sizeof(steps) / sizeof(*steps); i++)
		ret = steps[i](&field, value, err);
	if (!ret)
		ret = check_kind(&field, err);
	if (ret) {
		json_decref(field.json);
		return ret;
	}
	*ret_field = field.json;
	return 0;
}

/* Reading a plugin's whole declaration */

static void refuse(struct declaration_notes *notes, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void refuse(struct declaration_notes *notes, const char *format, ...)
{
	char text[READING_ERROR_SIZE];
	va_list args;

	if (notes->refused++)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	text_make_utf8(text);
	text_clean(notes->text, sizeof(notes->text), text, strlen(text));
}

static int check_members(const json_t *value, struct error *err)
{
	const char *key;
	json_t *member;

	if (!json_is_object(value))
		return error_set(err, ERROR_INVALID,
				 "expected an object with \"field\", the name of the field");
	json_object_foreach((json_t *)(uintptr_t)value, key, member)
	{
		size_t i = 0;

		while (members[i] && strcmp(members[i], key) != 0)
			i++;
		if (!members[i])
			return error_set(err, ERROR_INVALID,
					 "\"%.64s\" is unknown; a declaration has field, sensor, "
					 "name, unit, quantity, kind, decimals, minimum, maximum, "
					 "or about",
					 key);
	}
	return 0;
}

/* The name of the field, with "_" for "-" as in the readings. */
static int take_field_name(const json_t *value, char ret_name[READING_NAME_MAX + 1],
			   struct error *err)
{
	const char *name = json_string_value(json_object_get(value, "field"));
	int ret;

	if (!name)
		return error_set(err, ERROR_INVALID,
				 "field: is missing; give the name of the field");
	ret = reading_field_name_check(name, err);
	if (ret)
		return error_wrap(err, ret, "field");
	snprintf(ret_name, READING_NAME_MAX + 1, "%s", name);
	for (char *at = ret_name; *at; at++)
		if (*at == '-')
			*at = '_';
	return 0;
}

static int take_sensor_name(const json_t *value, const char **ret_name, struct error *err)
{
	const json_t *sensor = json_object_get(value, "sensor");
	int ret;

	*ret_name = "";
	if (!sensor || json_is_null(sensor))
		return 0;
	ret = reading_name_check(json_string_value(sensor), err);
	if (ret)
		return error_wrap(err, ret, "sensor");
	*ret_name = json_string_value(sensor);
	return 0;
}

/* The fields of this sensor, which are added if there are none. Borrowed; NULL if memory runs out.
 */
static json_t *fields_of(json_t *sensors, const char *sensor)
{
	json_t *fields = json_object_get(sensors, sensor);

	if (fields)
		return fields;
	fields = json_object();
	return json_object_set_new(sensors, sensor, fields) ? NULL : fields;
}

static int read_field(json_t *sensors, const json_t *value, struct error *err)
{
	char name[READING_NAME_MAX + 1];
	const char *sensor;
	json_t *fields, *field;
	int ret = check_members(value, err);

	if (!ret)
		ret = take_field_name(value, name, err);
	if (!ret)
		ret = take_sensor_name(value, &sensor, err);
	if (ret)
		return ret;
	fields = fields_of(sensors, sensor);
	if (json_object_get(fields, name))
		return error_set(err, ERROR_INVALID,
				 "the field %s is declared twice; declare it once", name);
	ret = declaration_field_check(value, &field, err);
	if (ret)
		return error_wrap(err, ret, "field %s", name);
	return json_object_set_new(fields, name, field)
		       ? error_set(err, ERROR_NO_MEMORY, "cannot store the declaration: %s",
				   error_text(ERROR_NO_MEMORY))
		       : 0;
}

/* What a plugin says of itself */

static const json_t *about_of(const json_t *declaration)
{
	const json_t *about = json_object_get(declaration, "about");

	return json_is_null(about) ? NULL : about;
}

static int check_about(const json_t *declaration, struct error *err)
{
	const json_t *about = about_of(declaration), *field = json_object_get(declaration, "field");
	int ret;

	if (json_string_length(field))
		return error_set(err, ERROR_INVALID,
				 "about: it is about the plugin: leave the field out");
	if (!json_is_string(about))
		return error_set(err, ERROR_INVALID, "about: expected a text");
	ret = label_check_text(json_string_value(about), json_string_length(about), err);
	return ret ? error_wrap(err, ret, "about") : 0;
}

const char *declaration_about(const json_t *value)
{
	for (size_t i = 0; i < json_array_size(value); i++) {
		const json_t *declaration = json_array_get(value, i);
		struct error err;

		if (about_of(declaration) && !check_about(declaration, &err))
			return json_string_value(about_of(declaration));
	}
	return NULL;
}

static int read_declaration(json_t *sensors, const json_t *declaration, size_t *fields,
			    struct error *err)
{
	if (about_of(declaration))
		return check_about(declaration, err);
	if (++*fields > DECLARATION_FIELDS_MAX)
		return error_set(err, ERROR_INVALID,
				 "more than %d fields are declared; only the first %d count",
				 DECLARATION_FIELDS_MAX, DECLARATION_FIELDS_MAX);
	return read_field(sensors, declaration, err);
}

json_t *declaration_read(const json_t *value, struct declaration_notes *notes)
{
	json_t *sensors = json_object();
	size_t fields = 0;
	struct error why;
	int ret;

	if (!json_is_array(value) && !json_is_null(value))
		refuse(notes, "describe() returned no list of declarations; return a list such as "
			      "[{\"field\": \"temperature\", \"unit\": \"°C\"}]");
	for (size_t i = 0; i < json_array_size(value); i++) {
		ret = read_declaration(sensors, json_array_get(value, i), &fields, &why);
		if (ret == ERROR_NO_MEMORY) {
			json_decref(sensors);
			return NULL;
		}
		if (ret)
			refuse(notes, "describe(), declaration %zu: %s", i + 1, why.text);
	}
	return sensors;
}
