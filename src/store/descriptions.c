#include "store/descriptions.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/aligned_timer.h"
#include "base/error.h"
#include "base/log.h"
#include "reading/catalogue.h"
#include "reading/declaration.h"
#include "reading/intake.h"
#include "reading/namesakes.h"
#include "reading/reading.h"
#include "reading/table.h"
#include "store/document.h"

#define SAVE_EVERY_MS 10000
#define LABELS_SIZE_MAX (8u << 20)
#define KNOWN_SIZE_MAX (32u << 20)
#define KNOWN_MAX 4096 /* sensors in descriptions.json, those that are gone included */

struct descriptions {
	struct descriptions_config config;
	struct reading_catalogue *catalogue; /* owned */
	struct document *labels;	     /* owned: labels.json */
	struct document *file;		     /* owned: descriptions.json */
	json_t *known;			     /* owned: what descriptions.json holds */
	json_t *namesakes;		     /* owned: those that were logged */
	json_t *abouts;			     /* owned: plugin -> what it says of itself */
	uv_timer_t saving;
};

static void on_changed(void *arg)
{
	reading_table_refresh(((struct descriptions *)arg)->config.table);
}

/* Add what is known now to what was known before, so that the history of a sensor that is gone
 * keeps its units. */
static void save(struct descriptions *descriptions)
{
	json_t *now = reading_table_descriptions(descriptions->config.table, NULL);
	json_t *known = json_copy(descriptions->known);

	if (json_object_size(known) > KNOWN_MAX)
		json_object_clear(known);
	json_object_update(known, now);
	json_decref(now);
	if (json_equal(known, descriptions->known)) {
		json_decref(known);
		return;
	}
	json_decref(descriptions->known);
	descriptions->known = known;
	document_write(descriptions->file, json_incref(known));
}

static bool is_second(const json_t *namesakes, const char *id)
{
	const char *other = json_string_value(json_object_get(namesakes, id));
	const char *its = json_string_value(json_object_get(namesakes, other));

	return !strcmp(its, id) && strcmp(id, other) > 0;
}

/* A warning for each sensor that has a namesake since the last time. */
static void report_namesakes(struct descriptions *descriptions)
{
	json_t *described = reading_table_descriptions(descriptions->config.table, NULL);
	json_t *namesakes = reading_namesakes(described), *other;
	const char *id;

	json_object_foreach(namesakes, id, other)
	{
		const json_t *description = json_object_get(described, id);

		/* Of a pair, one of the two is told. */
		if (json_object_get(descriptions->namesakes, id) || is_second(namesakes, id))
			continue;
		log_warning(
			"broker",
			"the sensors %s and %s have the same name \"%s\" in the same room: give "
			"one of them another name",
			id, json_string_value(other),
			json_string_value(json_object_get(description, "name")));
	}
	json_decref(described);
	json_decref(descriptions->namesakes);
	descriptions->namesakes = json_incref(namesakes);
	reading_catalogue_set_namesakes(descriptions->catalogue, namesakes);
}

static void on_saving(uv_timer_t *timer)
{
	aligned_timer_start(timer, on_saving, SAVE_EVERY_MS);
	report_namesakes(timer->data);
	save(timer->data);
}

static int open_document(struct descriptions *descriptions, const char *name, size_t size_max,
			 struct document **ret_document, json_t **ret_json, struct error *err)
{
	char path[PATH_MAX];
	const struct document_config config = {
		.loop = descriptions->config.loop,
		.path = path,
		.size_max = size_max,
		.on_problem = descriptions->config.on_problem,
		.arg = descriptions->config.arg,
	};

	if (snprintf(path, sizeof(path), "%s/%s", descriptions->config.data_folder, name) >=
	    (int)sizeof(path))
		return error_set(err, ERROR_TOO_LARGE,
				 "the data folder's path is too long: choose another with --data");
	return document_open(&config, ret_document, ret_json, err);
}

static int open_labels(struct descriptions *descriptions, struct error *err)
{
	json_t *labels = NULL;
	int ret = open_document(descriptions, "labels.json", LABELS_SIZE_MAX, &descriptions->labels,
				&labels, err);
	size_t wrong = 0;
	char text[PATH_MAX + 64];

	if (!ret && labels)
		wrong = reading_catalogue_load(descriptions->catalogue, labels);
	snprintf(text, sizeof(text), "%s/labels.json: %zu sensors are described wrongly, ignoring",
		 descriptions->config.data_folder, wrong);
	if (wrong)
		descriptions->config.on_problem(descriptions->config.arg, text);
	json_decref(labels);
	return ret;
}

static int open_known(struct descriptions *descriptions, struct error *err)
{
	int ret = open_document(descriptions, "descriptions.json", KNOWN_SIZE_MAX,
				&descriptions->file, &descriptions->known, err);

	if (!ret && !descriptions->known)
		descriptions->known = json_object();
	return ret;
}

static void on_timer_closed(uv_handle_t *handle)
{
	struct descriptions *descriptions = handle->data;

	reading_catalogue_destroy(descriptions->catalogue);
	json_decref(descriptions->known);
	json_decref(descriptions->namesakes);
	json_decref(descriptions->abouts);
	free(descriptions);
}

static void start_saving(struct descriptions *descriptions)
{
	uv_timer_init(descriptions->config.loop, &descriptions->saving);
	descriptions->saving.data = descriptions;
	aligned_timer_start(&descriptions->saving, on_saving, SAVE_EVERY_MS);
	uv_unref((uv_handle_t *)&descriptions->saving);
}

int descriptions_create(const struct descriptions_config *config,
			struct descriptions **ret_descriptions, struct error *err)
{
	struct descriptions *descriptions = calloc(1, sizeof(*descriptions));
	const struct reading_catalogue_events events = {on_changed, descriptions};
	int ret;

	if (!descriptions)
		return error_set(err, ERROR_NO_MEMORY, "cannot load the sensors' descriptions: %s",
				 error_text(ERROR_NO_MEMORY));
	descriptions->config = *config;
	start_saving(descriptions);
	descriptions->abouts = json_object();
	descriptions->catalogue = reading_catalogue_create(config->config, &events);
	ret = descriptions->catalogue && descriptions->abouts
		      ? 0
		      : error_set(err, ERROR_NO_MEMORY, "cannot load the sensors' descriptions: %s",
				  error_text(ERROR_NO_MEMORY));
	if (!ret)
		ret = open_labels(descriptions, err);
	if (!ret)
		ret = open_known(descriptions, err);
	if (ret) {
		descriptions_close(descriptions);
		return ret;
	}
	reading_table_use_catalogue(config->table, descriptions->catalogue);
	*ret_descriptions = descriptions;
	return 0;
}

void descriptions_close(struct descriptions *descriptions)
{
	if (!descriptions)
		return;
	if (descriptions->file)
		save(descriptions);
	reading_table_use_catalogue(descriptions->config.table, NULL);
	document_close(descriptions->labels);
	document_close(descriptions->file);
	uv_close((uv_handle_t *)&descriptions->saving, on_timer_closed);
}

struct reading_catalogue *descriptions_catalogue(const struct descriptions *descriptions)
{
	return descriptions->catalogue;
}

static void warn(const struct descriptions *descriptions, const char *plugin, unsigned refused,
		 const char *text)
{
	reading_intake_refuse_declarations(descriptions->config.intake, plugin, refused);
	descriptions->config.on_warning(descriptions->config.arg, plugin, text);
}

void descriptions_take(struct descriptions *descriptions, const char *plugin, const json_t *fields,
		       const char *failure)
{
	struct declaration_notes notes = {0};
	json_t *sensors = fields ? declaration_read(fields, &notes) : NULL;
	const char *about = declaration_about(fields);
	char text[READING_ERROR_SIZE + 128];

	if (failure) {
		snprintf(text, sizeof(text), "describe() failed, so its fields have no units: %s",
			 failure);
		warn(descriptions, plugin, 1, text);
	} else if (notes.refused) {
		snprintf(text, sizeof(text), "%s; this declaration is ignored%s", notes.text,
			 notes.refused > 1 ? ", and others" : "");
		warn(descriptions, plugin, notes.refused, text);
	}
	reading_catalogue_declare(descriptions->catalogue, plugin, sensors);
	json_decref(sensors);
	if (about)
		json_object_set_new(descriptions->abouts, plugin, json_string(about));
	else
		json_object_del(descriptions->abouts, plugin);
}

const char *descriptions_about(const struct descriptions *descriptions, const char *plugin)
{
	return json_string_value(json_object_get(descriptions->abouts, plugin));
}

static const json_t *find_description(const struct descriptions *descriptions,
				      const char *sensor_id)
{
	const struct reading *reading =
		reading_table_find_id(descriptions->config.table, sensor_id);

	return reading ? reading_catalogue_describe(descriptions->catalogue, reading)
		       : json_object_get(descriptions->known, sensor_id);
}

json_t *descriptions_units(const struct descriptions *descriptions, const char *sensor_id)
{
	const json_t *fields = json_object_get(find_description(descriptions, sensor_id), "fields");
	json_t *units = json_object(), *field, *unit;
	const char *name;

	json_object_foreach((json_t *)(uintptr_t)fields, name, field)
	{
		unit = json_object_get(field, "unit");
		if (unit)
			json_object_set(units, name, unit);
	}
	if (json_object_size(units))
		return units;
	json_decref(units);
	return NULL;
}

int descriptions_patch(struct descriptions *descriptions, const char *sensor_id,
		       const json_t *patch, struct error *err)
{
	const struct reading *reading =
		reading_table_find_id(descriptions->config.table, sensor_id);
	json_t *labels;
	int ret;

	if (!reading)
		return error_set(err, ERROR_NOT_FOUND,
				 "there is no sensor %s: GET /api/v1/readings lists the sensors",
				 sensor_id);
	ret = reading_catalogue_patch(descriptions->catalogue, reading->node, reading->sensor,
				      patch, err);
	if (ret)
		return ret;
	labels = reading_catalogue_labels(descriptions->catalogue);
	if (!labels)
		return error_set(err, ERROR_NO_MEMORY, "cannot change the sensor's description: %s",
				 error_text(ERROR_NO_MEMORY));
	document_write(descriptions->labels, labels);
	return 0;
}
