/*
 * The engine of engine.h over a connection to a nats-server, with the client library cnats. Its
 * threads receive; they hand each message to the loop through a bounded mailbox (mailbox.h). What
 * may wait for the network (connecting, sending, closing) runs on a thread of its own.
 *
 * It connects to the servers in `urls`, and to others that those name only if it has credentials,
 * which come with certificates that prove who a server is. It connects again for ever, after pauses
 * of about a second. A server that is silent for NATS_SILENT_MS is left.
 */
#ifndef HARVESTER_CLUSTER_NATS_ENGINE_H
#define HARVESTER_CLUSTER_NATS_ENGINE_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "cluster/engine.h"

#define NATS_CONNECT_MS 5000
#define NATS_PAUSE_MS 1000
#define NATS_SILENT_MS 6000

struct error;

struct nats_engine_config {
	uv_loop_t *loop; /* borrowed until closed, like all strings */
	const char *const *urls;
	unsigned urls_count;
	/* PEM files; all of them or none. Without them the connection is not encrypted. */
	const char *tls_ca, *tls_certificate, *tls_key;
	/* A file with the user's grant and seed. NULL: none. With one, further servers that the
	 * known ones name are used too. */
	const char *credentials;
	const char *name;  /* of this client, which the server's log shows */
	const char *inbox; /* the beginning of the subjects that answers come to */
	/* The connection was made, or was lost or refused for this reason. */
	void (*on_connection)(void *arg, bool is_connected, const char *text);
	/* The server has refused to let this user publish or subscribe to something. */
	void (*on_denied)(void *arg, const char *text);
	void *arg;
};

/* Whether this build has the client library; without it, nats_engine_create() fails. */
bool nats_engine_is_built(void);

/*
 * Begin to connect. The caller ends *ret_engine with nats_engine_close(). ERROR_UNSUPPORTED if this
 * build has no client library, ERROR_SYSTEM if a certificate or key cannot be used, ERROR_INVALID
 * for a bad URL, ERROR_NO_MEMORY.
 */
int nats_engine_create(const struct nats_engine_config *config, struct engine **ret_engine,
		       struct error *err);

/*
 * End all requests with ERROR_CLOSED, disconnect and free the engine, then call on_closed(arg), on
 * a later turn of the loop, a second later at the latest, even if a server is silent. NULL is
 * allowed; on_closed() is not called then.
 */
void nats_engine_close(struct engine *engine, void (*on_closed)(void *arg), void *arg);

/* Messages that were dropped because the mailbox was full. */
uint64_t nats_engine_dropped(const struct engine *engine);

#endif
