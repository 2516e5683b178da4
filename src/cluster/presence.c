#include "cluster/presence.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "cluster/jetstream.h"
#include "cluster/names.h"

#define NS_PER_MS UINT64_C(1000000)

static void write_key(struct presence *presence);

static void end_round(struct presence *presence)
{
	presence->is_busy = false;
	presence->next_ns =
		clock_monotonic_ns(presence->config.clock) + PRESENCE_PERIOD_MS * NS_PER_MS;
}

/* Reading all keys */

static void take_value(struct presence *presence, const char *name, json_t *value)
{
	const char *instance = json_string_value(json_object_get(value, "instance"));
	json_int_t term = json_integer_value(json_object_get(value, "term"));

	if (term > 0)
		presence->config.on_term(presence->config.arg, (uint64_t)term);
	if (instance && !strcmp(name, presence->config.node) && presence->has_written &&
	    strcmp(instance, presence->config.instance) != 0) {
		presence->rivals++;
		presence->config.on_rival(presence->config.arg, instance);
	}
	if (json_object_size(presence->coming) < PRESENCE_NODES_MAX)
		json_object_set(presence->coming, name, value);
}

static void key_read(void *arg, int status, const struct jetstream_item *item,
		     const struct error *err)
{
	struct presence *presence = arg;
	size_t prefix = strlen(CLUSTER_PRESENCE_SUBJECT);
	json_t *value;

	(void)err;
	if (item && !strncmp(item->subject, CLUSTER_PRESENCE_SUBJECT, prefix)) {
		value = json_loadb(item->message.data ? item->message.data : "", item->message.size,
				   0, NULL);
		if (json_is_object(value))
			take_value(presence, item->subject + prefix, value);
		json_decref(value);
	}
	if (item)
		return;
	if (!status || status == ERROR_NOT_FOUND) {
		json_decref(presence->nodes);
		presence->nodes = presence->coming;
		presence->coming = NULL;
		presence->read_ms = clock_unix_ms(presence->config.clock);
	}
	if (status == ERROR_CLOSED)
		end_round(presence);
	else
		write_key(presence);
}

static void read_keys(struct presence *presence)
{
	json_decref(presence->coming);
	presence->coming = json_object();
	if (jetstream_read_keys(presence->config.engine, CLUSTER_PRESENCE,
				CLUSTER_PRESENCE_SUBJECT ">", PRESENCE_NODES_MAX, key_read,
				presence))
		end_round(presence);
}

/* Writing the own one */

static void written(void *arg, int status, const json_t *answer, int code, const struct error *err)
{
	struct presence *presence = arg;

	(void)answer, (void)code, (void)err;
	if (!status && !presence->has_written) {
		presence->has_written = true;
		read_keys(presence);
		return;
	}
	end_round(presence);
}

static void write_key(struct presence *presence)
{
	const struct presence_config *config = &presence->config;
	char subject[ENGINE_SUBJECT_SIZE];
	json_t *value = json_pack("{s:s, s:s, s:o*, s:I}", "version", config->version, "instance",
				  config->instance, "devices", config->devices(config->arg), "term",
				  (json_int_t)config->term(config->arg));
	char *text = value ? json_dumps(value, JSON_COMPACT) : NULL;
	struct engine_message message = {
		.subject = subject, .data = text, .size = text ? strlen(text) : 0};

	snprintf(subject, sizeof(subject), CLUSTER_PRESENCE_SUBJECT "%s", config->node);
	presence->is_busy = true;
	if (!text ||
	    jetstream_publish(config->engine, &message, JETSTREAM_TIMEOUT_MS, written, presence))
		end_round(presence);
	free(text);
	json_decref(value);
}

void presence_init(struct presence *presence, const struct presence_config *config)
{
	*presence = (struct presence){.config = *config};
}

void presence_finish(struct presence *presence)
{
	json_decref(presence->nodes);
	json_decref(presence->coming);
	presence->nodes = presence->coming = NULL;
}

void presence_tick(struct presence *presence)
{
	if (presence->is_busy || clock_monotonic_ns(presence->config.clock) < presence->next_ns)
		return;
	/* Before it is written again, the own key shows whether somebody else wrote it. */
	if (presence->has_written)
		read_keys(presence);
	else
		write_key(presence);
}

bool presence_has(const struct presence *presence, const char *node)
{
	return json_object_get(presence->nodes, node) != NULL;
}

/* What other nodes write is not trusted: only what has the right form is passed on. */
static json_t *describe_devices(const json_t *given)
{
	json_int_t leds = json_integer_value(json_object_get(given, "leds"));

	return json_pack("{s:b, s:b, s:I}", "buzzer",
			 json_is_true(json_object_get(given, "buzzer")), "fan",
			 json_is_true(json_object_get(given, "fan")), "leds", leds > 0 ? leds : 0);
}

json_t *presence_to_json(const struct presence *presence)
{
	json_t *list = json_array(), *value;
	const char *name, *version;

	json_object_foreach(presence->nodes, name, value)
	{
		version = json_string_value(json_object_get(value, "version"));
		json_array_append_new(
			list, json_pack("{s:s, s:b, s:s, s:o, s:I}", "node", name, "is_self",
					(int)!strcmp(name, presence->config.node), "version",
					version ? version : "", "devices",
					describe_devices(json_object_get(value, "devices")),
					"last_seen_ms", (json_int_t)presence->read_ms));
	}
	return list;
}
