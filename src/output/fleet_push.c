#include <stdlib.h>
#include <string.h>

#include "output/fleet_internal.h"
#include "reading/name.h"

/* "cellar:bme680" -> "cellar", "bme680" */
static int read_id(const json_t *value, char *ret_node, const char **ret_sensor, struct error *err)
{
	const char *id = json_string_value(json_object_get(value, "sensor_id"));
	const char *colon = id ? strchr(id, ':') : NULL;

	if (!colon || colon == id || colon - id > READING_NAME_MAX || !colon[1] ||
	    strlen(colon + 1) > READING_NAME_MAX)
		return error_set(err, ERROR_MALFORMED,
				 "sensor_id: expected \"NODE:SENSOR\", each of 1 to %d bytes",
				 READING_NAME_MAX);
	snprintf(ret_node, READING_NAME_MAX + 1, "%.*s", (int)(colon - id), id);
	*ret_sensor = colon + 1;
	return reading_name_check(colon + 1, err);
}

static int read_reading(const json_t *value, struct uplink_batch *batch, struct error *err)
{
	struct history_item *item = &batch->items[batch->count];
	const json_t *time = json_object_get(value, "timestamp_ms");
	char node[READING_NAME_MAX + 1];
	int ret = read_id(value, node, &item->sensor, err);

	if (ret)
		return ret;
	if (batch->count && strcmp(node, batch->node) != 0)
		return error_set(err, ERROR_MALFORMED, "sensor_id: is of the node %s, others of %s",
				 node, batch->node);
	memcpy(batch->node, node, sizeof(node));
	if (!json_is_integer(time) || json_integer_value(time) < 0 ||
	    json_integer_value(time) > (json_int_t)HISTORY_TIME_MS_MAX)
		return error_set(err, ERROR_MALFORMED, "timestamp_ms: expected Unix milliseconds");
	item->time_ms = (uint64_t)json_integer_value(time);
	item->data = json_object_get(value, "data");
	if (!json_is_object(item->data) || json_object_size(item->data) > READING_FIELDS_MAX)
		return error_set(err, ERROR_MALFORMED, "data: expected an object of at most %d",
				 READING_FIELDS_MAX);
	item->plugin = "";
	item->simulated = json_is_true(json_object_get(value, "simulated"));
	batch->count++;
	return 0;
}

static int read_all(const json_t *readings, struct uplink_batch *batch, struct error *err)
{
	const json_t *value;
	size_t i;
	int ret;

	json_array_foreach(readings, i, value)
	{
		ret = read_reading(value, batch, err);
		if (ret)
			return error_wrap(err, ret, "reading %zu", i + 1);
	}
	return 0;
}

/* `push_without_token` is for nodes that never had one: a stranger must not speak for the others. */
static int check_token(const struct fleet *fleet, const char *token_node, const char *name,
		       struct error *err)
{
	const struct fleet_config *config = &fleet->config;

	if (token_node || !config->has_token || !config->has_token(config->arg, name))
		return 0;
	return error_set(err, ERROR_NOT_GRANTED,
			 "the node %s has a token at this hub, and has to show it "
			 "(Authorization: Bearer TOKEN)",
			 name);
}

static int take(struct fleet *fleet, const char *token_node, struct uplink_batch *batch,
		struct error *err)
{
	struct fleet_node *node;
	int ret = check_token(fleet, token_node, batch->node, err);

	if (!ret)
		ret = fleet_admit(fleet, token_node, batch->node, true, &node, err);
	if (ret)
		return ret;
	batch->stream = fleet->push_stream;
	for (size_t i = 0; i < batch->count; i++)
		batch->items[i].sequence = ++node->pushed;
	node->shown = 0;
	ret = fleet_append(node, batch, NULL, NULL, NULL, err);
	if (ret)
		return fleet_refuse(node, err);
	fleet_show(node, batch);
	node->shown = 0; /* it counts for the stream of the other way */
	return 0;
}

int fleet_take_push(struct fleet *fleet, const char *token_node, const json_t *readings,
		    struct error *err)
{
	struct uplink_batch batch = {0};
	size_t count = json_array_size(readings);
	int ret;

	if (!json_is_array(readings))
		return error_set(err, ERROR_MALFORMED, "the body is no array of readings");
	if (!count)
		return 0;
	if (count > UPLINK_ITEMS_MAX)
		return error_set(err, ERROR_TOO_LARGE, "more than %d readings at once",
				 UPLINK_ITEMS_MAX);
	batch.items = calloc(count, sizeof(*batch.items));
	if (!batch.items)
		return error_set(err, ERROR_NO_MEMORY, "out of memory");
	ret = read_all(readings, &batch, err);
	if (!ret)
		ret = take(fleet, token_node, &batch, err);
	free(batch.items);
	return ret;
}
