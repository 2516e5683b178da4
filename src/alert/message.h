/*
 * Makes the request that tells a service about alerts, in that service's own format. Reads no file
 * and opens no connection. Any thread.
 *
 * A notice is a JSON object about one change of one alert:
 *	{"id", "alert", "subject", "node", "sensor", "field", "name", "room", "unit",
 *	 "value": number or null, "limit": text, "state": "firing", "resolved" or "test",
 *	 "severity", "since_ms", "at_ms", "text"}
 * "since_ms" is when the alert began to fire, "at_ms" when it changed; "text" is for people.
 */
#ifndef HARVESTER_ALERT_MESSAGE_H
#define HARVESTER_ALERT_MESSAGE_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "config/alert.h"

struct error;

#define ALERT_MESSAGE_NOTICES_MAX 20	   /* in one message */
#define ALERT_MESSAGE_SIZE_MAX (64u << 10) /* bytes */
#define ALERT_HEADERS_MAX 4

/* A request, without its address. */
struct alert_message {
	struct buffer body;
	const char *content_type;	      /* static; NULL for mail */
	char headers[ALERT_HEADERS_MAX][256]; /* "Name: value"; "" ends the list */
};

/*
 * Make a message of the notices, a JSON array of 1 to ALERT_MESSAGE_NOTICES_MAX. `key` names the
 * message: it is the same each time the message is sent, so that a service can recognise that it
 * has it already. `secret` is the content of secret_file, or NULL. `node` is this node's name. The
 * caller frees it with alert_message_finish(). ERROR_INVALID for a webhook's secret that is not
 * "whsec_" and base64, ERROR_TOO_LARGE, ERROR_NO_MEMORY.
 */
int alert_message_make(const struct config_channel *channel, const char *secret, const char *key,
		       const char *node, const json_t *notices, uint64_t unix_ms,
		       struct alert_message *ret_message, struct error *err);
void alert_message_finish(struct alert_message *message);

/* Format a time as "2026-01-31T12:00:00.000Z". */
void alert_message_time(uint64_t unix_ms, char *ret_text, size_t size);

#endif
