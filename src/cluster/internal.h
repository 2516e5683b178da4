/* What files of this folder share: the fields of struct member, and two functions of the reader. */
#ifndef HARVESTER_CLUSTER_INTERNAL_H
#define HARVESTER_CLUSTER_INTERNAL_H

#include "cluster/engine.h"
#include "cluster/jetstream.h"
#include "cluster/lease.h"
#include "cluster/member.h"
#include "cluster/names.h"
#include "cluster/presence.h"
#include "cluster/publisher.h"
#include "cluster/reader.h"
#include "cluster/spoke_relay.h"
#include "cluster/streams.h"

/*
 * The inside of struct member. Only for member.c (lifecycle and wiring), member_json.c (its
 * description), member_log.c (reading the log for others) and member_command.c.
 */

#define MEMBER_ELECTIONS 8

/* A change of the leader, as this node saw it. */
struct member_election {
	char node[READING_NAME_MAX + 1]; /* "": nobody leads */
	uint64_t term, at_ms;
};

struct member {
	struct member_config config;
	struct engine *engine; /* owned, unless config.engine is given; NULL while it is opened */
	bool is_connected, was_leader, is_closing;
	uv_timer_t timer;
	char instance[LEASE_INSTANCE_SIZE];
	char inbox[CLUSTER_INBOX_SIZE], client_name[READING_NAME_MAX + 16];
	struct streams streams;
	struct publisher publisher;
	struct reader reader;
	struct lease lease;
	struct lease mqtt; /* who publishes over MQTT */
	bool uses_mqtt;	   /* member_want_mqtt() was called */
	struct presence presence;
	struct spoke_relay relay;
	struct member_election elections[MEMBER_ELECTIONS]; /* the oldest first */
	size_t elections_count;
	/* The first message of this run in the log, and its stream: see take_own() in member.c. */
	uint64_t own_stream, own_sequence;
	char connection_problem[ERROR_TEXT_SIZE]; /* "": connected */
	char rival[ERROR_TEXT_SIZE];  /* two machines run as this node; "": not that we know */
	char denial[ERROR_TEXT_SIZE]; /* what the servers refused; "": nothing */
	uint64_t denied;	      /* how often */
	uint64_t refused_noted_ns;
	uint64_t commands_done, commands_refused, commands_sent, commands_unknown;
	unsigned open_parts;
	void (*on_closed)(void *arg);
	void *closed_arg;
};

/* member_command.c: begin to take commands for this node. */
int member_take_commands(struct member *member);

/* reader.c: a number for the name of a message (NULL: none), to compare it with later. */
uint64_t reader_hash(const char *name);

/* reader.c: the answer has ended, and what it had is on the disk, or cannot be. */
void reader_finish_answer(struct reader *reader);

/*
 * reader_take.c: check and store one message. Returns whether it was taken, or refused for good;
 * false if it has to be read again later.
 */
bool reader_take(struct reader *reader, const struct jetstream_item *item);

#endif
