#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "link/hub/internal.h"
#include "reading/check.h"

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
	return 0;
}

/* A reading from the future gets the hub's time: its node's clock is ahead. */
static int read_time(const json_t *value, uint64_t now_ms, uint64_t *ret_time_ms, struct error *err)
{
	const json_t *time = json_object_get(value, "timestamp_ms");

	if (!json_is_integer(time) || json_integer_value(time) < 0)
		return error_set(err, ERROR_MALFORMED,
				 "timestamp_ms: expected a time in milliseconds since 1970");
	*ret_time_ms = (uint64_t)json_integer_value(time);
	if (*ret_time_ms > now_ms + READING_AHEAD_MS)
		*ret_time_ms = now_ms;
	return 0;
}

static int read_reading(const json_t *value, uint64_t now_ms, struct spoke_link_batch *batch,
			struct error *err)
{
	struct history_item *item = &batch->items[batch->count];
	char node[READING_NAME_MAX + 1];
	int ret = read_id(value, node, &item->sensor, err);

	if (ret)
		return ret;
	if (batch->count && strcmp(node, batch->node) != 0)
		return error_set(
			err, ERROR_MALFORMED,
			"sensor_id: all readings of a request have to be of one node, but this "
			"one is of %s and others are of %s",
			node, batch->node);
	item->data = json_object_get(value, "data");
	item->plugin = "";
	item->simulated = json_is_true(json_object_get(value, "simulated"));
	ret = read_time(value, now_ms, &item->time_ms, err);
	if (!ret)
		ret = reading_check(item->sensor, item->time_ms, item->data, err);
	if (ret)
		return ret;
	memcpy(batch->node, node, sizeof(node));
	batch->count++;
	return 0;
}

/*
 * Read all readings. An invalid one does not affect the others; if none is valid, fail with the
 * first reason.
 */
static int read_all(const json_t *readings, uint64_t now_ms, struct spoke_link_batch *batch,
		    struct error *err)
{
	const json_t *value;
	struct error why;
	size_t i;

	json_array_foreach(readings, i, value)
	{
		if (!read_reading(value, now_ms, batch, &why))
			continue;
		error_wrap(&why, why.code, "reading %zu", i + 1);
		if (!batch->refusals.count && err)
			*err = why;
		spoke_link_refuse_item(&batch->refusals, 0, NULL, &why);
	}
	return batch->count ? 0 : err ? err->code : ERROR_MALFORMED;
}

/*
 * `push_without_token` is only for nodes that never had a token: nobody else may push as a node
 * with one.
 */
static int check_token(const struct hub *hub, const char *token_node, const char *name,
		       struct error *err)
{
	const struct hub_config *config = &hub->config;

	if (token_node || !config->has_token || !config->has_token(config->arg, name))
		return 0;
	return error_set(err, ERROR_NOT_GRANTED,
			 "the node %s has a token at this hub and has to send it "
			 "(Authorization: Bearer TOKEN)",
			 name);
}

static int take(struct hub *hub, const char *token_node, struct spoke_link_batch *batch,
		struct error *err)
{
	struct hub_node *node;
	int ret = check_token(hub, token_node, batch->node, err);

	if (!ret)
		ret = hub_admit(hub, token_node, batch->node, true, &node, err);
	if (ret)
		return ret;
	batch->stream = hub->push_stream;
	for (size_t i = 0; i < batch->count; i++)
		batch->items[i].sequence = ++node->pushed;
	node->shown = 0;
	ret = hub_append(node, batch, NULL, NULL, err);
	if (ret)
		return hub_refuse(node, err);
	node->refused += batch->refusals.count;
	hub_show(node, batch);
	/* `shown` is a sequence of the stream of the node's batches, not of the pushed readings */
	node->shown = 0;
	return 0;
}

static json_t *make_answer(const struct spoke_link_batch *batch)
{
	json_t *list = batch->refusals.list ? json_incref(batch->refusals.list) : json_array();

	return json_pack("{s:s, s:I, s:I, s:o}", "status", "ok", "taken", (json_int_t)batch->count,
			 "refused", (json_int_t)batch->refusals.count, "refusals", list);
}

int hub_take_push(struct hub *hub, const char *token_node, const json_t *readings,
		  json_t **ret_answer, struct error *err)
{
	struct spoke_link_batch batch = {0};
	json_t *said = NULL;
	size_t count = json_array_size(readings);
	int ret;

	if (!json_is_array(readings))
		return error_set(err, ERROR_MALFORMED,
				 "the body is not an array of readings: send [{\"sensor_id\": …, "
				 "\"timestamp_ms\": …, \"data\": {…}}, …]");
	if (count > SPOKE_LINK_ITEMS_MAX)
		return error_set(err, ERROR_TOO_LARGE,
				 "more than %d readings in one request: send several requests",
				 SPOKE_LINK_ITEMS_MAX);
	batch.items = calloc(count + 1, sizeof(*batch.items));
	if (!batch.items)
		return error_set(err, ERROR_NO_MEMORY,
				 "out of memory while reading the request; this machine needs more "
				 "free memory");
	ret = count ? read_all(readings, clock_unix_ms(hub->config.clock), &batch, err) : 0;
	if (!ret && count)
		ret = take(hub, token_node, &batch, err);
	if (!ret)
		said = make_answer(&batch);
	spoke_link_batch_finish(&batch);
	if (!ret && !said)
		return error_set(err, ERROR_NO_MEMORY,
				 "out of memory while answering the request; this machine needs "
				 "more free memory");
	if (!ret)
		*ret_answer = said;
	return ret;
}
