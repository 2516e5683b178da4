#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "cluster/nats_connection.h"

#define JITTER_MS 500
#define FLUSH_MS 200
#define PING_MS (NATS_SILENT_MS / 3) /* two pings without an answer: silent */
#define PENDING_MESSAGES 4096	     /* of a subscription, before its thread took them */

/* Where the messages of one subscription go; freed when its thread has ended. */
struct route {
	struct mailbox *mailbox; /* held */
	enum mail_kind kind;
	uint64_t number;
};

/* On the library's threads */

static size_t copy_headers(natsMsg *msg, struct engine_header headers[ENGINE_HEADERS_MAX],
			   const char ***ret_keys)
{
	size_t used = 0;
	int count = 0;

	if (natsMsgHeader_Keys(msg, ret_keys, &count) != NATS_OK)
		return 0;
	for (int i = 0; i < count && used < ENGINE_HEADERS_MAX; i++) {
		headers[used].name = (*ret_keys)[i];
		if (natsMsgHeader_Get(msg, (*ret_keys)[i], &headers[used].value) == NATS_OK)
			used++;
	}
	return used;
}

static void on_message(natsConnection *nc, natsSubscription *sub, natsMsg *msg, void *closure)
{
	struct route *route = closure;
	struct engine_header headers[ENGINE_HEADERS_MAX];
	const char **keys = NULL, *last;
	struct engine_message message = {
		.subject = natsMsg_GetSubject(msg),
		.reply = natsMsg_GetReply(msg),
		.data = natsMsg_GetData(msg),
		.size = (size_t)natsMsg_GetDataLength(msg),
		.headers = headers,
	};
	uint64_t number = route->number;

	(void)nc, (void)sub;
	message.headers_count = copy_headers(msg, headers, &keys);
	last = strrchr(message.subject, '.');
	if (route->kind == MAIL_ANSWER)
		number = last ? strtoull(last + 1, NULL, 10) : 0;
	mailbox_put(route->mailbox, route->kind, number, &message, natsMsg_IsNoResponders(msg),
		    NULL);
	free(keys);
	natsMsg_Destroy(msg);
}

static void on_subscription_ended(void *closure)
{
	struct route *route = closure;

	mailbox_release(route->mailbox);
	free(route);
}

static void on_connected(natsConnection *nc, void *closure)
{
	(void)nc;
	mailbox_put(closure, MAIL_CONNECTED, 0, NULL, false, NULL);
}

static void on_disconnected(natsConnection *nc, void *closure)
{
	const char *why = NULL;

	natsConnection_GetLastError(nc, &why);
	mailbox_put(closure, MAIL_DISCONNECTED, 0, NULL, false, why && *why ? why : NULL);
}

static void on_ended(natsConnection *nc, void *closure)
{
	const char *why = NULL;

	natsConnection_GetLastError(nc, &why);
	mailbox_put(closure, MAIL_ENDED, 0, NULL, false, why && *why ? why : NULL);
	mailbox_release(closure);
}

/* Refusals are as many as this node's own messages, each of which waits for its answer. */
static void on_error(natsConnection *nc, natsSubscription *sub, natsStatus error, void *closure)
{
	const char *why = NULL;

	(void)sub;
	if (error != NATS_NOT_PERMITTED)
		return;
	natsConnection_GetLastError(nc, &why);
	mailbox_put(closure, MAIL_DENIED, 0, NULL, false, why && *why ? why : "not permitted");
}

/* On the caller's thread */

static void subscribe(struct nats_connection *connection, const char *subject, enum mail_kind kind,
		      uint64_t number, natsSubscription **ret_subscription)
{
	struct route *route = malloc(sizeof(*route));

	if (!route)
		return;
	*route = (struct route){connection->mailbox, kind, number};
	mailbox_hold(connection->mailbox);
	if (natsConnection_Subscribe(ret_subscription, connection->connection, subject, on_message,
				     route) != NATS_OK) {
		on_subscription_ended(route);
		return;
	}
	natsSubscription_SetPendingLimits(*ret_subscription, PENDING_MESSAGES,
					  (int)MAILBOX_BYTES_MAX);
	natsSubscription_SetOnCompleteCB(*ret_subscription, on_subscription_ended, route);
}

void nats_connection_subscribe(struct nats_connection *connection, size_t index,
			       const char *subject)
{
	memmove(connection->subjects[index], subject, strlen(subject) + 1);
	if (connection->connection && !connection->subscriptions[index])
		subscribe(connection, subject, MAIL_MESSAGE, index,
			  &connection->subscriptions[index]);
}

/* The first attempt has failed. The library tries again, and does not call on_disconnected(). */
static void say_not_yet(struct nats_connection *connection)
{
	const char *why = nats_GetLastError(NULL);

	mailbox_put(connection->mailbox, MAIL_DISCONNECTED, 0, NULL, false,
		    why && *why ? why : "no server answers");
}

void nats_connection_open(struct nats_connection *connection)
{
	char inbox[ENGINE_SUBJECT_SIZE + 2];
	natsStatus status;

	mailbox_hold(connection->mailbox);
	status = natsConnection_Connect(&connection->connection, connection->options);
	if (status != NATS_OK && status != NATS_NOT_YET_CONNECTED) {
		const char *why = nats_GetLastError(NULL);

		mailbox_put(connection->mailbox, MAIL_ENDED, 0, NULL, false,
			    why && *why ? why : natsStatus_GetText(status));
		mailbox_release(connection->mailbox);
		return;
	}
	snprintf(inbox, sizeof(inbox), "%s.*", connection->inbox_subject);
	subscribe(connection, inbox, MAIL_ANSWER, 0, &connection->inbox);
	for (size_t i = 0; i < NATS_SUBJECTS_MAX && *connection->subjects[i]; i++)
		nats_connection_subscribe(connection, i, connection->subjects[i]);
	if (status == NATS_NOT_YET_CONNECTED)
		say_not_yet(connection);
	/* Also if a later attempt has succeeded just now: its mail may have come before the last.
	 */
	if (natsConnection_Status(connection->connection) == NATS_CONN_STATUS_CONNECTED)
		mailbox_put(connection->mailbox, MAIL_CONNECTED, 0, NULL, false, NULL);
}

void nats_connection_end(struct nats_connection *connection)
{
	/* What was sent last gives up the lease: let it arrive. */
	if (natsConnection_Status(connection->connection) == NATS_CONN_STATUS_CONNECTED)
		natsConnection_FlushTimeout(connection->connection, FLUSH_MS);
	natsConnection_Close(connection->connection);
	natsSubscription_Destroy(connection->inbox);
	for (size_t i = 0; i < NATS_SUBJECTS_MAX; i++) {
		natsSubscription_Destroy(connection->subscriptions[i]);
		connection->subscriptions[i] = NULL;
	}
	natsConnection_Destroy(connection->connection);
	connection->connection = NULL;
	connection->inbox = NULL;
}

void nats_connection_send(struct nats_connection *connection, const struct engine_message *message,
			  uint64_t number)
{
	char reply[ENGINE_SUBJECT_SIZE + 24];
	natsMsg *msg = NULL;

	if (!connection->connection)
		return;
	snprintf(reply, sizeof(reply), "%s.%" PRIu64, connection->inbox_subject, number);
	if (natsMsg_Create(&msg, message->subject, number ? reply : NULL, message->data,
			   (int)message->size) != NATS_OK)
		return;
	for (size_t i = 0; i < message->headers_count; i++)
		natsMsgHeader_Set(msg, message->headers[i].name, message->headers[i].value);
	/* If this fails, there is no answer, and the request ends by its timeout. */
	natsConnection_PublishMsg(connection->connection, msg);
	natsMsg_Destroy(msg);
}

/* Options */

static natsStatus set_tls(natsOptions *options, const struct nats_engine_config *config)
{
	natsStatus status = natsOptions_SetSecure(options, true);

	if (status == NATS_OK)
		status = natsOptions_LoadCATrustedCertificates(options, config->tls_ca);
	if (status == NATS_OK)
		status = natsOptions_LoadCertificatesChain(options, config->tls_certificate,
							   config->tls_key);
	return status;
}

static natsStatus set_behaviour(natsOptions *options, struct mailbox *mailbox)
{
	natsStatus status = natsOptions_SetTimeout(options, NATS_CONNECT_MS);

	if (status == NATS_OK)
		status = natsOptions_SetMaxReconnect(options, -1);
	if (status == NATS_OK)
		status = natsOptions_SetReconnectWait(options, NATS_PAUSE_MS);
	if (status == NATS_OK)
		status = natsOptions_SetReconnectJitter(options, JITTER_MS, JITTER_MS);
	if (status == NATS_OK)
		status = natsOptions_SetPingInterval(options, PING_MS);
	if (status == NATS_OK)
		status = natsOptions_SetMaxPingsOut(options, 2);
	if (status == NATS_OK)
		status = natsOptions_SetErrorHandler(options, on_error, mailbox);
	/* What was not sent at once is not sent later: its sender has given up by then. */
	if (status == NATS_OK)
		status = natsOptions_SetReconnectBufSize(options, 1);
	if (status == NATS_OK)
		status = natsOptions_SetWriteDeadline(options, NATS_CONNECT_MS);
	if (status == NATS_OK)
		status = natsOptions_SetRetryOnFailedConnect(options, true, on_connected, mailbox);
	if (status == NATS_OK)
		status = natsOptions_SetReconnectedCB(options, on_connected, mailbox);
	if (status == NATS_OK)
		status = natsOptions_SetDisconnectedCB(options, on_disconnected, mailbox);
	if (status == NATS_OK)
		status = natsOptions_SetClosedCB(options, on_ended, mailbox);
	return status;
}

int nats_connection_init(struct nats_connection *connection,
			 const struct nats_engine_config *config, struct mailbox *mailbox,
			 struct error *err)
{
	natsStatus status = natsOptions_Create(&connection->options);
	const char **urls = (const char **)config->urls;

	connection->mailbox = mailbox;
	if (status == NATS_OK)
		status = natsOptions_SetServers(connection->options, urls, (int)config->urls_count);
	if (status != NATS_OK)
		return error_set(err, ERROR_INVALID,
				 "`urls` under [cluster] cannot be used: %s; expected addresses "
				 "such as \"nats://pi.local:4222\"",
				 natsStatus_GetText(status));
	status = natsOptions_SetName(connection->options, config->name);
	if (status == NATS_OK)
		status = set_behaviour(connection->options, mailbox);
	if (status == NATS_OK)
		status = natsOptions_SetIgnoreDiscoveredServers(connection->options,
								!config->credentials);
	if (status == NATS_OK && config->tls_ca)
		status = set_tls(connection->options, config);
	if (status == NATS_OK && config->credentials)
		status = natsOptions_SetUserCredentialsFromFiles(connection->options,
								 config->credentials, NULL);
	if (status != NATS_OK)
		return error_set(err, ERROR_SYSTEM,
				 "cannot use the cluster's certificates (%.150s): %s; make them "
				 "again with `harvester cluster join`, or correct tls_ca, "
				 "tls_certificate and tls_key under [cluster]",
				 config->tls_certificate ? config->tls_certificate : "none",
				 natsStatus_GetText(status));
	return 0;
}

void nats_connection_finish(struct nats_connection *connection)
{
	natsOptions_Destroy(connection->options);
}
