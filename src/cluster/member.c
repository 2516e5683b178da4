#include "cluster/member.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "cluster/internal.h"
#include "cluster/names.h"
#include "cluster/nats_engine.h"
#include "link/batch.h"
#include "reading/create.h"
#include "reading/reading.h"
#include "reading/table.h"
#include "store/history/history.h"

#define NS_PER_S UINT64_C(1000000000)
#define REFUSED_NOTE_NS (60 * NS_PER_S) /* refused messages are logged at most this often */
#define TERM_CURSOR "cluster.term"

static void note(struct member *member, enum log_level level, const char *text)
{
	if (!member->is_closing)
		member->config.on_noted(member->config.arg, level, text);
}

/* The connection and the streams */

static void stop_log(struct member *member)
{
	publisher_stop(&member->publisher);
	spoke_relay_stop(&member->relay);
	reader_stop(&member->reader);
}

static void on_connection(void *arg, bool is_connected, const char *text)
{
	struct member *member = arg;
	char line[ERROR_TEXT_SIZE];

	if (member->is_closing)
		return;
	member->is_connected = is_connected;
	streams_set_connected(&member->streams, is_connected);
	if (!is_connected)
		stop_log(member);
	if (is_connected ? !*member->connection_problem : !strcmp(text, member->connection_problem))
		return;
	snprintf(member->connection_problem, sizeof(member->connection_problem), "%s",
		 is_connected ? "" : text);
	if (is_connected)
		snprintf(line, sizeof(line), "connected to a server of the cluster");
	else
		snprintf(line, sizeof(line),
			 "not connected to the cluster (%.200s), trying again; readings wait in "
			 "the history meanwhile",
			 text);
	note(member, is_connected ? LOG_INFO : LOG_WARNING, line);
}

/* A server has refused what this node wanted to write or to hear. */
static void on_denied(void *arg, const char *text)
{
	struct member *member = arg;
	char line[ERROR_TEXT_SIZE];

	member->denied++;
	snprintf(line, sizeof(line),
		 "the servers refuse what this node does as %.64s: %.200s; its keys are those of "
		 "another node, or of another version: make it join again with a new invitation",
		 member->config.node, text);
	if (!strcmp(line, member->denial))
		return;
	snprintf(member->denial, sizeof(member->denial), "%s", line);
	note(member, LOG_ERROR, line);
}

static void on_streams_ready(void *arg)
{
	struct member *member = arg;

	note(member, LOG_INFO, "the cluster's log is ready");
	publisher_start(&member->publisher, member->streams.identity, member->streams.first);
	spoke_relay_start(&member->relay, member->streams.identity, member->streams.first);
	reader_start(&member->reader, &member->streams);
}

static void on_streams_problem(void *arg, const char *text)
{
	struct member *member = arg;

	stop_log(member);
	note(member, LOG_WARNING, text);
}

/* The log */

static void on_publisher_problem(void *arg, const char *text)
{
	char line[ERROR_TEXT_SIZE];

	if (*text)
		snprintf(line, sizeof(line),
			 "cannot publish this node's readings: %.300s; they wait in the history",
			 text);
	else
		snprintf(line, sizeof(line), "this node's readings are published again");
	note(arg, *text ? LOG_WARNING : LOG_INFO, line);
}

/* The spokes of this node, if it is a hub */

static json_t *list_spokes(void *arg)
{
	const struct member_config *config = &((struct member *)arg)->config;

	return config->spokes ? config->spokes(config->arg) : NULL;
}

static bool is_member(void *arg, const char *name)
{
	const struct member *member = arg;

	return !strcmp(name, member->config.node) || streams_has_member(&member->streams, name) ||
	       presence_has(&member->presence, name);
}

static void on_relay_problem(void *arg, const char *text)
{
	note(arg, LOG_WARNING, text);
}

static bool is_newest(const struct spoke_link_batch *batch, size_t index)
{
	for (size_t i = index + 1; i < batch->count; i++) {
		if (!strcmp(batch->items[i].sensor, batch->items[index].sensor))
			return false;
	}
	return true;
}

/* Put the newest reading of each sensor into the table, which refuses none for its age. */
static void on_batch(void *arg, const struct spoke_link_batch *batch)
{
	const struct member *member = arg;

	for (size_t i = 0; i < batch->count; i++) {
		const struct history_item *item = &batch->items[i];
		struct reading_source source = {.node = batch->node,
						.plugin = "",
						.now_ms = item->time_ms,
						.simulated = item->simulated};
		struct reading *reading;

		if (!is_newest(batch, i))
			continue;
		reading = reading_create(&source, item->sensor, item->time_ms,
					 json_incref(item->data));
		if (reading)
			reading_table_put(member->config.table, reading);
		reading_unref(reading);
	}
}

static void note_rival(struct member *member)
{
	char line[ERROR_TEXT_SIZE];

	snprintf(line, sizeof(line),
		 "two machines run as the node %s of this cluster; give one of them a name and a "
		 "key of its own: `harvester cluster invite NAME` on a member, then the line that "
		 "it "
		 "prints on that machine",
		 member->config.node);
	if (!strcmp(line, member->rival))
		return;
	snprintf(member->rival, sizeof(member->rival), "%s", line);
	note(member, LOG_ERROR, line);
}

/*
 * This node's messages come from one database, so from one stream. Another stream after the first
 * message of this run: another machine publishes under the same name.
 */
static void on_own(void *arg, const struct message_id *id, uint64_t sequence)
{
	struct member *member = arg;

	if (!member->publisher.counters.messages)
		return;
	if (member->own_stream != member->publisher.id.stream) {
		if (id->stream != member->publisher.id.stream)
			return;
		member->own_stream = id->stream;
		member->own_sequence = sequence;
	} else if (id->stream != member->own_stream && sequence > member->own_sequence) {
		note_rival(member);
	}
}

static void on_gap(void *arg, uint64_t stream, uint64_t sequence)
{
	struct member *member = arg;

	publisher_set_back(&member->publisher, stream, sequence);
}

static void on_refused(void *arg, const char *text)
{
	struct member *member = arg;
	uint64_t now_ns = clock_monotonic_ns(member->config.clock);
	char line[ERROR_TEXT_SIZE];

	if (member->refused_noted_ns && now_ns - member->refused_noted_ns < REFUSED_NOTE_NS)
		return;
	member->refused_noted_ns = now_ns;
	snprintf(line, sizeof(line), "refused %.450s", text);
	note(member, LOG_WARNING, line);
}

/* The leader */

static void remember(struct member *member, const char *holder, uint64_t term)
{
	struct member_election *last = member->elections + member->elections_count;

	if (last != member->elections && last[-1].term == term && !strcmp(last[-1].node, holder))
		return;
	if (member->elections_count == MEMBER_ELECTIONS) {
		memmove(member->elections, member->elections + 1,
			sizeof(*last) * (MEMBER_ELECTIONS - 1));
		member->elections_count--;
		last--;
	}
	*last = (struct member_election){.term = term,
					 .at_ms = clock_unix_ms(member->config.clock)};
	snprintf(last->node, sizeof(last->node), "%s", holder);
	member->elections_count++;
}

static void on_leader_changed(void *arg)
{
	struct member *member = arg;
	uint64_t term = 0;
	const char *holder = lease_holder(&member->lease, &term);
	bool is_leader = lease_is_held(&member->lease, &term);
	char line[ERROR_TEXT_SIZE];

	history_cursor_set(member->config.history, TERM_CURSOR, member->lease.config.seen);
	remember(member, holder, term);
	if (is_leader && !member->was_leader)
		snprintf(line, sizeof(line), "this node leads, term %" PRIu64, term);
	else if (!is_leader && member->was_leader)
		snprintf(line, sizeof(line), "this node leads no longer");
	else if (!is_leader && *holder)
		snprintf(line, sizeof(line), "%s leads, term %" PRIu64, holder, term);
	else
		*line = '\0';
	member->was_leader = is_leader;
	if (*line)
		note(member, LOG_INFO, line);
}

static void on_mqtt_changed(void *arg)
{
	struct member *member = arg;
	uint64_t term = 0;
	const char *holder = lease_holder(&member->mqtt, &term);
	char line[READING_NAME_MAX + 64];

	if (lease_held_until_ns(&member->mqtt))
		snprintf(line, sizeof(line), "this node publishes over MQTT for all");
	else if (*holder && strcmp(holder, member->config.node) != 0)
		snprintf(line, sizeof(line), "%s publishes over MQTT for all", holder);
	else
		return;
	note(member, LOG_INFO, line);
}

static uint64_t highest_term(void *arg)
{
	return ((struct member *)arg)->lease.config.seen;
}

static void on_term(void *arg, uint64_t term)
{
	lease_see_term(&((struct member *)arg)->lease, term);
}

static void on_rival(void *arg, const char *instance)
{
	(void)instance;
	note_rival(arg);
}

bool member_is_leader(const struct member *member, uint64_t *ret_term)
{
	return member && lease_is_held(&member->lease, ret_term);
}

void member_want_mqtt(struct member *member, bool is_wanted)
{
	member->uses_mqtt = true;
	lease_set_wanted(&member->mqtt, is_wanted && !member->is_closing);
}

uint64_t member_mqtt_until_ns(const struct member *member)
{
	return lease_held_until_ns(&member->mqtt);
}

void member_set_mqtt_progress(struct member *member, json_t *progress)
{
	lease_set_progress(&member->mqtt, progress);
}

const json_t *member_mqtt_progress(const struct member *member)
{
	return lease_progress(&member->mqtt);
}

enum member_duty member_duty(const struct member *member, uint64_t *ret_term)
{
	if (member_is_leader(member, ret_term))
		return MEMBER_LEADS;
	return member && member->streams.is_ready && lease_is_alive(&member->lease)
		       ? MEMBER_FOLLOWS
		       : MEMBER_IS_CUT_OFF;
}

static json_t *list_devices(void *arg)
{
	const struct member_config *config = &((struct member *)arg)->config;

	return config->devices(config->arg);
}

/* Time */

static void tick(uv_timer_t *timer)
{
	struct member *member = timer->data;

	streams_tick(&member->streams);
	if (member->streams.is_ready) {
		reader_update(&member->reader, &member->streams);
		lease_tick(&member->lease);
		if (member->uses_mqtt)
			lease_tick(&member->mqtt);
		presence_tick(&member->presence);
	} else {
		lease_expire(&member->lease);
		lease_expire(&member->mqtt);
	}
	publisher_tick(&member->publisher);
	spoke_relay_tick(&member->relay);
	reader_tick(&member->reader);
}

/* Life */

static void init_leases(struct member *member)
{
	struct lease_config config = {
		.engine = member->engine,
		.clock = member->config.lease_clock,
		.key = CLUSTER_LEADER_KEY,
		.node = member->config.node,
		.instance = member->instance,
		.on_changed = on_leader_changed,
		.arg = member,
	};

	history_cursor_get(member->config.history, TERM_CURSOR, &config.seen);
	lease_init(&member->lease, &config);
	/* Its term is in no effect, and so is not kept. */
	config.seen = 0;
	config.key = CLUSTER_MQTT_KEY;
	config.on_changed = on_mqtt_changed;
	lease_init(&member->mqtt, &config);
	lease_set_wanted(&member->mqtt, false);
}

static int init_parts(struct member *member)
{
	const struct member_config *config = &member->config;
	const struct streams_config streams = {member->engine,	   config->clock,
					       config->name,	   config->replicas,
					       config->voters_ms,  config->keep_days,
					       config->max_mb,	   on_streams_ready,
					       on_streams_problem, member};
	const struct publisher_config publisher = {
		member->engine, config->clock, config->history, config->node, on_publisher_problem,
		member,		NULL};
	const struct reader_config reader = {
		member->engine, config->clock, config->history, config->node, on_batch,
		on_own,		on_gap,	       on_refused,	member,	      &member->relay};
	const struct spoke_relay_config relay = {member->engine,   config->clock, config->history,
						 config->node,	   list_spokes,	  is_member,
						 on_relay_problem, member};
	const struct presence_config presence = {
		.engine = member->engine,
		.clock = config->clock,
		.node = config->node,
		.instance = member->instance,
		.version = config->version,
		.devices = list_devices,
		.term = highest_term,
		.on_term = on_term,
		.on_rival = on_rival,
		.arg = member,
	};
	int ret, failed;

	streams_init(&member->streams, &streams);
	reader_init(&member->reader, &reader);
	presence_init(&member->presence, &presence);
	init_leases(member);
	/* Both, also after a failure, since both are closed. */
	ret = spoke_relay_init(&member->relay, &relay);
	failed = publisher_init(&member->publisher, &publisher);
	return ret ? ret : failed;
}

static int open_engine(struct member *member, struct error *err)
{
	const struct member_config *config = &member->config;
	const struct nats_engine_config nats = {
		.loop = config->loop,
		.urls = config->urls,
		.urls_count = config->urls_count,
		.tls_ca = config->tls_ca,
		.tls_certificate = config->tls_certificate,
		.tls_key = config->tls_key,
		.credentials = config->credentials,
		.name = member->client_name,
		.inbox = member->inbox,
		.on_connection = on_connection,
		.on_denied = on_denied,
		.arg = member,
	};

	if (!config->engine)
		return nats_engine_create(&nats, &member->engine, err);
	member->engine = config->engine;
	return 0;
}

static void name_client(struct member *member)
{
	snprintf(member->client_name, sizeof(member->client_name), "harvester %s",
		 member->config.node);
	cluster_inbox(member->config.node, member->inbox);
}

static void make_instance(struct member *member)
{
	unsigned char random[(LEASE_INSTANCE_SIZE - 1) / 2];

	randombytes_buf(random, sizeof(random));
	sodium_bin2hex(member->instance, sizeof(member->instance), random, sizeof(random));
}

int member_create(const struct member_config *config, struct member **ret_member, struct error *err)
{
	struct member *member;
	int ret;

	if (!cluster_name_fits(config->node))
		return error_set(err, ERROR_INVALID,
				 "the node's name, %s, cannot be used in a cluster: set `node_id` "
				 "under [cluster] to one without points at its ends and without "
				 "two in a row",
				 config->node);
	member = calloc(1, sizeof(*member));
	if (!member)
		return error_set(err, ERROR_NO_MEMORY,
				 "out of memory while joining the cluster; this machine needs more "
				 "free memory");
	member->config = *config;
	make_instance(member);
	name_client(member);
	ret = open_engine(member, err);
	if (ret) {
		free(member);
		return ret;
	}
	uv_timer_init(config->loop, &member->timer);
	member->timer.data = member;
	ret = init_parts(member);
	if (!ret)
		ret = member_take_commands(member);
	if (ret)
		error_set(err, ret, "cannot join the cluster: %s", error_text(ret));
	if (config->engine)
		on_connection(member, true, "");
	uv_timer_start(&member->timer, tick, MEMBER_TICK_MS, MEMBER_TICK_MS);
	/* After a failure the caller closes it. */
	*ret_member = member;
	return ret;
}

static void part_closed(void *arg)
{
	struct member *member = arg;

	if (--member->open_parts)
		return;
	streams_finish(&member->streams);
	presence_finish(&member->presence);
	lease_finish(&member->lease);
	lease_finish(&member->mqtt);
	member->on_closed(member->closed_arg);
	free(member);
}

static void timer_closed(uv_handle_t *handle)
{
	part_closed(handle->data);
}

static void engine_closed(void *arg)
{
	struct member *member = arg;

	publisher_close(&member->publisher, part_closed, member);
	spoke_relay_close(&member->relay, part_closed, member);
	reader_close(&member->reader, part_closed, member);
	part_closed(member);
}

void member_close(struct member *member, void (*on_closed)(void *arg), void *arg)
{
	if (!member) {
		on_closed(arg);
		return;
	}
	lease_release(&member->lease);
	lease_release(&member->mqtt);
	member->is_closing = true;
	member->on_closed = on_closed;
	member->closed_arg = arg;
	member->open_parts = 5;
	stop_log(member);
	uv_close((uv_handle_t *)&member->timer, timer_closed);
	if (member->config.engine)
		engine_closed(member);
	else
		nats_engine_close(member->engine, engine_closed, member);
}
