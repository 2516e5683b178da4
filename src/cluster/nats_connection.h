/*
 * The connection of the engine over cnats, the client library. nats_thread.c calls it, on a thread
 * of its own; nats_engine.c has the requests and their answers, on the loop.
 */
#ifndef HARVESTER_CLUSTER_NATS_CONNECTION_H
#define HARVESTER_CLUSTER_NATS_CONNECTION_H

#include <nats/nats.h>

#include "cluster/engine.h"
#include "cluster/mailbox.h"
#include "cluster/nats_engine.h"

/*
 * natsSubscription_Fetch() writes behind its buffer in older versions (fixed in 3.9). Nothing here
 * calls it; the poison keeps it so.
 */
#if NATS_VERSION_NUMBER < 0x030900
#pragma GCC poison natsSubscription_Fetch natsSubscription_FetchRequest
#endif

#define NATS_SUBJECTS_MAX 8 /* that can be subscribed to */

struct nats_connection {
	natsOptions *options;
	natsConnection *connection; /* NULL: none */
	natsSubscription *inbox, *subscriptions[NATS_SUBJECTS_MAX];
	struct mailbox *mailbox; /* borrowed */
	char inbox_subject[ENGINE_SUBJECT_SIZE];
	char subjects[NATS_SUBJECTS_MAX][ENGINE_SUBJECT_SIZE]; /* "": none */
};

/* Check the files and addresses. The caller calls nats_connection_finish(), also after a failure.
 */
int nats_connection_init(struct nats_connection *connection,
			 const struct nats_engine_config *config, struct mailbox *mailbox,
			 struct error *err);
void nats_connection_finish(struct nats_connection *connection);

/*
 * These block while a server is silent. nats_connection_open() begins to connect and returns when
 * the first attempt has ended; what becomes of the connection comes as mail. nats_connection_end()
 * closes it. A subject is subscribed to in each later connection too.
 */
void nats_connection_open(struct nats_connection *connection);
void nats_connection_end(struct nats_connection *connection);
void nats_connection_subscribe(struct nats_connection *connection, size_t index,
			       const char *subject);
/* `number` 0: no answer is expected. */
void nats_connection_send(struct nats_connection *connection, const struct engine_message *message,
			  uint64_t number);

#endif
