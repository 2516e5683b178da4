/*
 * Which nodes are there: each node writes its key into a bucket that forgets it after
 * PRESENCE_LIFE_MS, and reads the keys of all. The bucket is in the servers' memory, so a node that
 * is there costs no write to a disk.
 *
 * If the key of this node's name has been written by another machine, two machines run as one node:
 * presence_rival() says so.
 *
 * Loop thread. The caller calls presence_tick() a few times a second, while the streams are ready.
 */
#ifndef HARVESTER_CLUSTER_PRESENCE_H
#define HARVESTER_CLUSTER_PRESENCE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#define PRESENCE_PERIOD_MS 5000
#define PRESENCE_LIFE_MS UINT64_C(20000)
#define PRESENCE_NODES_MAX 1024

struct clock;
struct engine;

struct presence_config {
	struct engine *engine; /* all borrowed until the engine was closed */
	struct clock *clock;
	const char *node, *instance, *version;
	/* The devices of this node, for its key. The caller releases the object. */
	json_t *(*devices)(void *arg);
	/* The highest term of a leader that this node knows: see lease.h. */
	uint64_t (*term)(void *arg);
	/* Another node has seen this term. */
	void (*on_term)(void *arg, uint64_t term);
	/* Another machine writes this node's key; its instance. Called for each time it is seen. */
	void (*on_rival)(void *arg, const char *instance);
	void *arg;
};

struct presence {
	struct presence_config config;
	bool is_busy, has_written;
	uint64_t next_ns;
	json_t *nodes;	  /* owned: {name: value}, as read last; or NULL */
	json_t *coming;	  /* owned: likewise, while it is being read */
	uint64_t read_ms; /* Unix time when `nodes` was read */
	uint64_t rivals;  /* counter */
};

void presence_init(struct presence *presence, const struct presence_config *config);
void presence_finish(struct presence *presence); /* after the engine was closed */
void presence_tick(struct presence *presence);

/* Whether a node of this name is there. */
bool presence_has(const struct presence *presence, const char *node);

/*
 * All nodes that are there: [{"node", "is_self", "version", "devices", "last_seen_ms"}]. The
 * caller owns it.
 */
json_t *presence_to_json(const struct presence *presence);

#endif
