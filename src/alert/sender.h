/*
 * Sends the notices of an outbox to their channels: one message at a time to each channel, again
 * with growing pauses if it fails, until it was delivered or given up. A message is sent only when
 * its record is on the disk, and its record is deleted when the service has accepted it. So each
 * message is delivered at least once; if the node dies before the record is deleted, the message is
 * sent once more, with the same key.
 *
 * It connects only to the URLs of [[notify]], whose hosts the configuration allows: a redirect is a
 * failure, and so is a name that leads to this machine itself. Loop thread.
 */
#ifndef HARVESTER_ALERT_SENDER_H
#define HARVESTER_ALERT_SENDER_H

#include <stdint.h>
#include <uv.h>

#include "alert/journal.h"
#include "alert/outbox.h"
#include "base/log.h"

struct alert_sender;
struct clock;

#define ALERT_ANSWER_MAX (64u << 10) /* bytes of a service's answer; a longer one is a failure */
#define ALERT_SEND_MS 15000	     /* for one attempt */
#define ALERT_GROUP_MS 1000	     /* how long the first notice of a message waits for others */
#define ALERT_ATTEMPTS_MAX 100	     /* about a day */
/* Attempts that a service refuses with 4xx: another would not help. */
#define ALERT_REFUSALS_MAX 3
#define ALERT_PAUSE_MS 2000 /* before the second attempt; then twice as long each time, up to … */
#define ALERT_PAUSE_MS_MAX 900000
#define ALERT_SECRET_SIZE_MAX 4096 /* bytes of a secret_file */

struct alert_sender_config {
	uv_loop_t *loop; /* all borrowed until on_closed() */
	struct clock *clock;
	struct alert_outbox *outbox;
	struct alert_journal *journal;
	const char *node;
	/* A text for the log. */
	void (*on_noted)(void *arg, enum log_level level, const char *text);
	void *arg;
};

struct alert_sender_counters {
	uint64_t sent;	   /* messages that a service accepted */
	uint64_t failed;   /* attempts that failed */
	uint64_t given_up; /* notices that were never delivered */
};

/* ERROR_NO_MEMORY. */
int alert_sender_create(const struct alert_sender_config *config, struct alert_sender **ret_sender);

/* Cancel what is being sent (it stays in the outbox), free the sender, then call on_closed(arg) on
 * a later turn of the loop. NULL is allowed: on_closed() is not called then. */
void alert_sender_close(struct alert_sender *sender, void (*on_closed)(void *arg), void *arg);

/*
 * Use these channels from now on, and read their secret files, which blocks. Notices for other
 * channels are given up. A channel that has changed begins without a pause. `alerting` is copied.
 * ERROR_NO_MEMORY: the old channels stay.
 */
int alert_sender_configure(struct alert_sender *sender, const struct config_alerting *alerting);

/* Send what is due. Call every second, and when a record was written. */
void alert_sender_pump(struct alert_sender *sender);

struct alert_sender_counters alert_sender_counters(const struct alert_sender *sender);

/* [{"name", "kind", "waiting": n, "attempts": n, "error": text or null}, …]. The caller owns it. */
json_t *alert_sender_to_json(const struct alert_sender *sender);

/* Whether there is a channel of this name. */
bool alert_sender_has(const struct alert_sender *sender, const char *channel);

#endif
