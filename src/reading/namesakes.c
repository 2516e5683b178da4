#include "reading/namesakes.h"

#include <stdint.h>

/* What two sensors have in common; a line end is in no name. NULL: the sensor has no name. */
static json_t *key_of(const json_t *description)
{
	const char *name = json_string_value(json_object_get(description, "name"));
	const char *room = json_string_value(json_object_get(description, "room"));

	return name ? json_sprintf("%s\n%s", name, room ? room : "") : NULL;
}

json_t *reading_namesakes(const json_t *descriptions)
{
	json_t *first = json_object(), *namesakes = json_object(), *description;
	const char *id;

	json_object_foreach((json_t *)(uintptr_t)descriptions, id, description)
	{
		json_t *key = key_of(description), *other;

		if (!key)
			continue;
		other = json_object_get(first, json_string_value(key));
		if (!other) {
			json_object_set_new(first, json_string_value(key), json_string(id));
		} else {
			json_object_set(namesakes, id, other);
			json_object_set_new(namesakes, json_string_value(other), json_string(id));
		}
		json_decref(key);
	}
	json_decref(first);
	return namesakes;
}
