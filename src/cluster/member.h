/*
 * This node's membership in a cluster: the connection to the engine and what works over it (the
 * log's publisher and reader, the leader's lease, presence, commands). The rest of the daemon sees
 * the cluster through this object only. The node's own work never waits for it.
 *
 * Loop thread.
 */
#ifndef HARVESTER_CLUSTER_MEMBER_H
#define HARVESTER_CLUSTER_MEMBER_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/log.h"

struct clock;
struct config_cluster;
struct engine;
struct error;
struct history;
struct member;
struct reading_table;

#define MEMBER_TICK_MS 250
#define MEMBER_LOG_LIMIT_MAX 64		/* messages of one answer of member_read_log() */
#define MEMBER_LOG_BYTES_MAX (4u << 20) /* of them as JSON; the first message always fits */
#define MEMBER_COMMAND_MS 10000		/* for another node's answer */
#define MEMBER_COMMAND_SIZE_MAX 65536	/* bytes of a command */

struct member_config {
	uv_loop_t *loop; /* all borrowed until closed */
	struct clock *clock;
	struct clock *lease_clock; /* CLOCK_BOOTTIME: it goes on while the machine sleeps */
	struct history *history;
	struct reading_table *table;
	const char *name; /* of the cluster */
	const char *node;
	const char *version;
	const char *const *urls;
	unsigned urls_count;
	const char *tls_ca, *tls_certificate, *tls_key; /* NULL: no TLS */
	const char *credentials; /* a file with the node's user; NULL: the servers have no users */
	unsigned replicas;
	uint64_t voters_ms; /* streams.h */
	unsigned keep_days, max_mb;
	/* NULL: connect to `urls`. The tests give one, which is connected and is not closed. */
	struct engine *engine;
	/* The devices of this node, for the other members. The member releases the object. */
	json_t *(*devices)(void *arg);
	/* The names of this hub's spokes, an array that the member releases; NULL: it is no hub. */
	json_t *(*spokes)(void *arg);
	/*
	 * Carry out a command of another node before returning. The member releases *ret_result,
	 * which may stay NULL.
	 */
	int (*command)(void *arg, const json_t *command, json_t **ret_result, struct error *err);
	/* Called with a text for the log. */
	void (*on_noted)(void *arg, enum log_level level, const char *text);
	void *arg;
};

/*
 * Begin to connect. A cluster that cannot be reached is no error; what cannot be used is:
 * ERROR_INVALID (the node's name, a URL), ERROR_SYSTEM (a certificate), ERROR_UNSUPPORTED (this
 * build has no engine), ERROR_NO_MEMORY. The caller ends *ret_member with member_close().
 */
int member_create(const struct member_config *config, struct member **ret_member,
		  struct error *err);

/*
 * Give up the lease, disconnect and free the member, then call on_closed(arg). Needs the history
 * until then; it ends when the history has answered, so close that at the same time. NULL is
 * allowed: on_closed() is called at once.
 */
void member_close(struct member *member, void (*on_closed)(void *arg), void *arg);

/*
 * Whether this node leads now, and may do what only one node may; then *ret_term is the number that
 * the effect has to carry (lease.h). Ask again before each effect.
 */
bool member_is_leader(const struct member *member, uint64_t *ret_term);

/*
 * Publishing over MQTT is a lease of its own: the leader may be one that does not reach the broker.
 * This node takes it only while it is wanted here, which nobody does before the first call.
 */
void member_want_mqtt(struct member *member, bool is_wanted);

/* Until when this node publishes for all, as far as is known now (CLOCK_BOOTTIME, ns); 0: it does
 * not. */
uint64_t member_mqtt_until_ns(const struct member *member);

/* How far the one that publishes has come: lease_set_progress() and lease_progress(). */
void member_set_mqtt_progress(struct member *member, json_t *progress);
const json_t *member_mqtt_progress(const struct member *member);

/* MEMBER_FOLLOWS: another node leads, by all that is known. MEMBER_IS_CUT_OFF: none is known to. */
enum member_duty { MEMBER_LEADS, MEMBER_FOLLOWS, MEMBER_IS_CUT_OFF };

/* What this node has to do of what only one node may do; *ret_term as above. */
enum member_duty member_duty(const struct member *member, uint64_t *ret_term);

/*
 * Describe the cluster as this node sees it; docs/API.md has the form (GET /api/v1/cluster). The
 * caller owns it; NULL if memory runs out.
 */
json_t *member_to_json(const struct member *member);

/*
 * Add the other members that are connected now to `nodes`, an array as for GET /api/v1/nodes whose
 * first object is this node's, and set the "role" of all of them.
 */
void member_add_nodes(const struct member *member, json_t *nodes);

/* Called once. status 0: `answer` is the caller's to release. Otherwise *err says why. */
typedef void member_answered(void *arg, int status, const struct error *err, json_t *answer);

/*
 * Read the replicated log from the message after `after` on, at most `limit` messages
 * (1..MEMBER_LOG_LIMIT_MAX): the form is in docs/API.md (GET /api/v1/log). ERROR_CLOSED if the
 * cluster cannot be reached now, ERROR_BUSY, ERROR_NO_MEMORY; on_answered() is not called then.
 */
int member_read_log(struct member *member, uint64_t after, unsigned limit,
		    member_answered *on_answered, void *arg, struct error *err);

/*
 * Send a command (borrowed) to another node, which carries it out at most once. The status
 * ERROR_TIMEOUT means that it is not known whether the node did it; ERROR_NOT_FOUND that the node
 * is not connected, so it did not. Errors as above.
 */
int member_command(struct member *member, const char *node, const json_t *command,
		   member_answered *on_answered, void *arg, struct error *err);

/* Buckets for roll-outs: keys with revisions, replicated like the log (rollout/cluster) */

enum member_bucket { MEMBER_ROLLOUTS, MEMBER_BUNDLES };

#define MEMBER_VALUE_MAX (768u << 10)  /* bytes of a value */
#define MEMBER_ANY_REVISION UINT64_MAX /* write, whatever the key has */
#define MEMBER_KEYS_MAX 1024	       /* of one member_read_key() */

/* Whether the cluster can be read and written now. */
bool member_is_ready(const struct member *member);

/*
 * Called for each key, borrowed for the call, then once with `key` NULL: `status` is 0,
 * ERROR_NOT_FOUND (no such key, or the bucket was never written), or another error.
 */
struct member_value {
	const char *key;
	uint64_t revision;
	const void *data; /* NULL if size is 0 */
	size_t size;
};

typedef void member_value_read(void *arg, int status, const struct member_value *value,
			       const struct error *err);

/*
 * Read a key, or all that fit a `key` which ends in ">". Any server may answer, so a value may be
 * older than the newest. ERROR_CLOSED while the cluster is not ready, ERROR_BUSY, ERROR_NO_MEMORY:
 * on_read() is not called then.
 */
int member_read_key(struct member *member, enum member_bucket bucket, const char *key,
		    member_value_read *on_read, void *arg);

/* Called once. status 0: `revision` is the value's. ERROR_EXISTS: the key has another revision than
 * was expected. After ERROR_TIMEOUT and ERROR_CLOSED it is not known whether it was written. */
typedef void member_value_written(void *arg, int status, uint64_t revision,
				  const struct error *err);

/*
 * Write a key if its revision is `expected` (0: there is no such key; MEMBER_ANY_REVISION). The
 * data is copied. The bucket is made if it does not exist. Errors as above, and ERROR_TOO_LARGE for
 * more than MEMBER_VALUE_MAX.
 */
int member_write_key(struct member *member, enum member_bucket bucket, const char *key,
		     const void *data, size_t size, uint64_t expected,
		     member_value_written *on_written, void *arg);

#endif
