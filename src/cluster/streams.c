#include "cluster/streams.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "cluster/jetstream.h"
#include "cluster/names.h"
#include "cluster/presence.h"

#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_S UINT64_C(1000000000)
#define DAY_S 86400
#define KEY_VERSIONS 16 /* of each key: the last elections */
#define NO_ROOM 10047	/* of JetStream */
#define MARK "harvester.cluster"
#define VOTERS_MARK "harvester.voters" /* when the number of voters was changed last */

/*
 * A check asks for these, one after another. The buckets of roll-outs, from STEP_ROLLOUTS on, are
 * made by their first write (member_bucket.c), and asked for only if the number of voters changed.
 */
enum {
	STEP_API,
	STEP_LOG,
	STEP_KEYS,
	STEP_PRESENCE,
	STEP_ROLLOUTS,
	STEP_BUNDLES,
	STEPS,
};

static const char *const names[] = {[STEP_LOG] = CLUSTER_LOG,
				    [STEP_KEYS] = CLUSTER_KEYS,
				    [STEP_PRESENCE] = CLUSTER_PRESENCE,
				    [STEP_ROLLOUTS] = CLUSTER_ROLLOUTS,
				    [STEP_BUNDLES] = CLUSTER_BUNDLES};

static void take(void *arg, int status, const json_t *answer, int code, const struct error *err);

static void fail(struct streams *streams, const char *text)
{
	uint64_t now_ns = clock_monotonic_ns(streams->config.clock);
	uint64_t pause_s = UINT64_C(1) << streams->failures;
	bool is_news = !*streams->problem || (strcmp(streams->problem, text) != 0 &&
					      now_ns - streams->noted_ns >= STREAMS_NOTE_NS);

	streams->is_ready = streams->is_asking = false;
	if (pause_s < STREAMS_PAUSE_S)
		streams->failures++;
	else
		pause_s = STREAMS_PAUSE_S;
	streams->next_ns = now_ns + pause_s * NS_PER_S;
	snprintf(streams->problem, sizeof(streams->problem), "%s", text);
	if (!is_news)
		return;
	streams->noted_ns = now_ns;
	streams->config.on_problem(streams->config.arg, text);
}

static void describe_failure(struct streams *streams, int status, int code, const struct error *err)
{
	struct error why = *err;

	if (status == ERROR_TIMEOUT || status == ERROR_NOT_FOUND)
		error_set(&why, status,
			  "the cluster's servers do not answer: fewer than half of them can reach "
			  "each other, or JetStream is off; check them; readings wait in the "
			  "history meanwhile");
	if (code == NO_ROOM)
		error_set(&why, status,
			  "the servers have no room for the cluster's log: set max_file_store in "
			  "their configuration to more than the %u MB of `log_mb`",
			  streams->config.max_mb);
	fail(streams, why.text);
}

/* What a stream is made with */

static json_t *log_config(const struct streams_config *config)
{
	return json_pack("{s:s, s:[s], s:s, s:I, s:I, s:s, s:b, s:b, s:b}", "name", CLUSTER_LOG,
			 "subjects", CLUSTER_LOG_SUBJECT ">", "storage", "file", "max_age",
			 (json_int_t)((uint64_t)config->keep_days * DAY_S * NS_PER_S), "max_bytes",
			 (json_int_t)config->max_mb << 20, "discard", "old", "allow_direct", 1,
			 "deny_delete", 1, "deny_purge", 1);
}

static json_t *keys_config(void)
{
	return json_pack("{s:s, s:[s], s:s, s:i, s:i, s:s, s:b, s:b}", "name", CLUSTER_KEYS,
			 "subjects", CLUSTER_KEYS_SUBJECT ">", "storage", "file",
			 "max_msgs_per_subject", KEY_VERSIONS, "max_bytes", 1 << 20, "discard",
			 "new", "allow_direct", 1, "deny_delete", 1);
}

static json_t *presence_config(void)
{
	return json_pack("{s:s, s:[s], s:s, s:i, s:I, s:i, s:s, s:b}", "name", CLUSTER_PRESENCE,
			 "subjects", CLUSTER_PRESENCE_SUBJECT ">", "storage", "memory",
			 "max_msgs_per_subject", 1, "max_age",
			 (json_int_t)(PRESENCE_LIFE_MS * NS_PER_MS), "max_bytes", 4 << 20,
			 "discard", "old", "allow_direct", 1);
}

static void set_replicas(json_t *config, const struct streams_config *wanted)
{
	char since[24];

	snprintf(since, sizeof(since), "%" PRIu64, wanted->voters_ms);
	json_object_set_new(config, "num_replicas", json_integer(wanted->replicas));
	json_object_set_new(json_object_get(config, "metadata"), VOTERS_MARK, json_string(since));
}

static json_t *make_config(const struct streams *streams)
{
	json_t *config = streams->step == STEP_LOG    ? log_config(&streams->config)
			 : streams->step == STEP_KEYS ? keys_config()
						      : presence_config();

	json_object_set_new(config, "metadata", json_pack("{s:s}", MARK, streams->config.cluster));
	set_replicas(config, &streams->config);
	return config;
}

/* Checking */

static void ask(struct streams *streams, bool must_make)
{
	char path[128];
	json_t *body = must_make ? make_config(streams) : NULL;
	int ret;

	/* Which members have written: one part, since who relays can make many subjects of two. */
	if (!must_make && streams->step == STEP_LOG)
		body = json_pack("{s:s}", "subjects_filter", CLUSTER_LOG_SUBJECT "*");

	if (streams->step == STEP_API)
		snprintf(path, sizeof(path), "INFO");
	else
		snprintf(path, sizeof(path), "STREAM.%s.%s", must_make ? "CREATE" : "INFO",
			 names[streams->step]);
	streams->is_asking = true;
	streams->made += must_make;
	ret = jetstream_call(streams->config.engine, path, body, take, streams);
	json_decref(body);
	if (ret)
		fail(streams, "the engine takes no request now; trying again");
}

static bool is_new_enough(struct streams *streams, const json_t *answer)
{
	const json_t *api = json_object_get(answer, "api");

	if (json_integer_value(json_object_get(api, "level")) >= STREAMS_API_LEVEL)
		return true;
	fail(streams, "the nats-server is older than 2.11, which a cluster needs: install the "
		      "version that tools/setup-cluster builds");
	return false;
}

static bool is_ours(struct streams *streams, const json_t *answer)
{
	const json_t *metadata = json_object_get(json_object_get(answer, "config"), "metadata");
	const char *mark = json_string_value(json_object_get(metadata, MARK));
	char text[ERROR_TEXT_SIZE];

	if (mark && !strcmp(mark, streams->config.cluster))
		return true;
	snprintf(text, sizeof(text),
		 "the servers belong to the cluster %.64s, and this node to %.64s: correct "
		 "`urls` or `name` under [cluster]",
		 mark ? mark : "of another program", streams->config.cluster);
	fail(streams, text);
	return false;
}

/* The time of its creation identifies a stream. */
static void identify(const char *created, char ret_identity[STREAMS_IDENTITY_SIZE])
{
	unsigned char hash[crypto_generichash_BYTES_MIN];

	crypto_generichash(hash, sizeof(hash), (const unsigned char *)created, strlen(created),
			   NULL, 0);
	sodium_bin2hex(ret_identity, STREAMS_IDENTITY_SIZE, hash, (STREAMS_IDENTITY_SIZE - 1) / 2);
}

static uint64_t read_state(const json_t *answer, const char *key)
{
	json_int_t value =
		json_integer_value(json_object_get(json_object_get(answer, "state"), key));

	return value > 0 ? (uint64_t)value : 0;
}

/* Returns whether the log is another than before, or has another leader. */
static bool take_log(struct streams *streams, const json_t *answer)
{
	const char *created = json_string_value(json_object_get(answer, "created"));
	const char *leader =
		json_string_value(json_object_get(json_object_get(answer, "cluster"), "leader"));
	char identity[STREAMS_IDENTITY_SIZE];
	bool is_new;

	identify(created ? created : "", identity);
	is_new = strcmp(identity, streams->identity) != 0 ||
		 strcmp(leader ? leader : "", streams->leader) != 0;
	memcpy(streams->identity, identity, sizeof(identity));
	snprintf(streams->leader, sizeof(streams->leader), "%s", leader ? leader : "");
	streams->first = read_state(answer, "first_seq");
	streams->last = read_state(answer, "last_seq");
	json_decref(streams->log);
	streams->log = json_incref((json_t *)answer);
	return is_new;
}

static void end_check(struct streams *streams)
{
	bool was_ready = streams->is_ready;

	streams->is_asking = false;
	streams->is_ready = true;
	streams->checks++;
	streams->step = STEP_API;
	streams->next_ns =
		clock_monotonic_ns(streams->config.clock) + STREAMS_PERIOD_MS * NS_PER_MS;
	*streams->problem = '\0';
	streams->failures = 0;
	if (!was_ready)
		streams->config.on_ready(streams->config.arg);
}

static void go_on(struct streams *streams)
{
	const unsigned end = streams->config.voters_ms ? STEPS : STEP_ROLLOUTS;

	if (++streams->step == end)
		end_check(streams);
	else
		ask(streams, false);
}

/* The number of voters was changed on this board after the stream was told one. */
static bool is_outdated(const struct streams *streams, const json_t *config)
{
	const char *since = json_string_value(
		json_object_get(json_object_get(config, "metadata"), VOTERS_MARK));

	return streams->config.voters_ms > (since ? strtoull(since, NULL, 10) : 0);
}

/* If the servers refuse it, as they do until there are enough of them, the next check asks again.
 */
static void take_change(void *arg, int status, const json_t *answer, int code,
			const struct error *err)
{
	struct streams *streams = arg;

	(void)answer, (void)code, (void)err;
	if (!streams->is_connected)
		return;
	streams->changed += !status;
	go_on(streams);
}

/* Returns whether the stream's number of replicas is being changed. */
static bool change(struct streams *streams, const json_t *answer)
{
	json_t *config = json_deep_copy(json_object_get(answer, "config"));
	bool is_changing = is_outdated(streams, config);
	char path[128];

	if (is_changing) {
		set_replicas(config, &streams->config);
		snprintf(path, sizeof(path), "STREAM.UPDATE.%s", names[streams->step]);
		is_changing =
			!jetstream_call(streams->config.engine, path, config, take_change, streams);
	}
	json_decref(config);
	return is_changing;
}

static void take(void *arg, int status, const json_t *answer, int code, const struct error *err)
{
	struct streams *streams = arg;

	if (!streams->is_connected)
		return;
	if (status == ERROR_NOT_FOUND && answer && streams->step >= STEP_ROLLOUTS) {
		go_on(streams);
		return;
	}
	if (status == ERROR_NOT_FOUND && answer && streams->step != STEP_API) {
		streams->is_ready = false;
		ask(streams, true);
		return;
	}
	if (status) {
		describe_failure(streams, status, code, err);
		return;
	}
	if (streams->step == STEP_API ? !is_new_enough(streams, answer) : !is_ours(streams, answer))
		return;
	if (streams->step == STEP_LOG && take_log(streams, answer))
		streams->is_ready = false;
	if (streams->step == STEP_API || !change(streams, answer))
		go_on(streams);
}

/* Life */

void streams_init(struct streams *streams, const struct streams_config *config)
{
	*streams = (struct streams){.config = *config};
}

void streams_finish(struct streams *streams)
{
	json_decref(streams->log);
	streams->log = NULL;
}

void streams_set_connected(struct streams *streams, bool is_connected)
{
	streams->is_connected = is_connected;
	streams->is_ready = streams->is_asking = false;
	streams->step = STEP_API;
	streams->failures = 0;
	streams->next_ns = 0;
}

void streams_tick(struct streams *streams)
{
	if (!streams->is_connected || streams->is_asking ||
	    clock_monotonic_ns(streams->config.clock) < streams->next_ns)
		return;
	streams->step = STEP_API;
	ask(streams, false);
}

bool streams_has_member(const struct streams *streams, const char *node)
{
	const json_t *subjects =
		json_object_get(json_object_get(streams->log, "state"), "subjects");
	char subject[ENGINE_SUBJECT_SIZE];

	cluster_log_subject("", node, subject);
	return json_object_get(subjects, subject) != NULL;
}

static json_t *describe_server(const char *name, bool is_leader, bool is_current, json_int_t lag)
{
	return json_pack("{s:s, s:b, s:b, s:I}", "name", name, "leader", (int)is_leader, "current",
			 (int)is_current, "lag", lag);
}

json_t *streams_servers(const struct streams *streams)
{
	const json_t *cluster = json_object_get(streams->log, "cluster"), *replica;
	const char *leader = json_string_value(json_object_get(cluster, "leader"));
	json_t *servers = json_array();
	size_t i;

	if (leader)
		json_array_append_new(servers, describe_server(leader, true, true, 0));
	json_array_foreach(json_object_get(cluster, "replicas"), i, replica)
	{
		const char *name = json_string_value(json_object_get(replica, "name"));

		if (name)
			json_array_append_new(
				servers,
				describe_server(
					name, false,
					json_is_true(json_object_get(replica, "current")) &&
						!json_is_true(json_object_get(replica, "offline")),
					json_integer_value(json_object_get(replica, "lag"))));
	}
	return json_pack("{s:s?, s:o}", "leader", leader, "servers", servers);
}
