/*
 * The inside of struct member. Only for member.c (lifecycle and wiring), member_json.c (its
 * description), member_log.c (reading the log for others) and member_command.c.
 */
#ifndef HARVESTER_CLUSTER_MEMBER_INTERNAL_H
#define HARVESTER_CLUSTER_MEMBER_INTERNAL_H

#include "cluster/engine.h"
#include "cluster/lease.h"
#include "cluster/member.h"
#include "cluster/presence.h"
#include "cluster/publisher.h"
#include "cluster/reader.h"
#include "cluster/streams.h"

struct member {
	struct member_config config;
	struct engine *engine; /* owned, unless config.engine is given; NULL while it is opened */
	bool is_connected, was_leader, is_closing;
	uv_timer_t timer;
	char instance[LEASE_INSTANCE_SIZE];
	char inbox[READING_NAME_MAX + 16], client_name[READING_NAME_MAX + 16];
	struct streams streams;
	struct publisher publisher;
	struct reader reader;
	struct lease lease;
	struct presence presence;
	/* The first message of this run in the log, and its stream: see take_own() in member.c. */
	uint64_t own_stream, own_sequence;
	char connection_problem[ERROR_TEXT_SIZE]; /* "": connected */
	char rival[ERROR_TEXT_SIZE]; /* two machines run as this node; "": not that we know */
	uint64_t refused_noted_ns;
	uint64_t commands_done, commands_refused, commands_sent, commands_unknown;
	unsigned open_parts;
	void (*on_closed)(void *arg);
	void *closed_arg;
};

/* member_command.c: begin to take commands for this node. */
int member_take_commands(struct member *member);

#endif
