/*
 * Takes messages and events of the client library's threads to the loop, in order. Bounded: a
 * message that does not fit is dropped and counted, and its sender's request ends by its timeout.
 *
 * The mailbox lives as long as somebody may put something into it: the loop and each of the
 * library's objects hold a reference, and the last one to go frees it.
 */
#ifndef HARVESTER_CLUSTER_MAILBOX_H
#define HARVESTER_CLUSTER_MAILBOX_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "cluster/engine.h"

#define MAILBOX_COUNT_MAX 4096
#define MAILBOX_BYTES_MAX (16u << 20)

enum mail_kind {
	MAIL_ANSWER,
	MAIL_MESSAGE,
	MAIL_DENIED,
	MAIL_CONNECTED,
	MAIL_DISCONNECTED,
	MAIL_ENDED
};

struct mail {
	struct mail *next;
	enum mail_kind kind;
	uint64_t number; /* of the request, or of the subscription */
	size_t bytes;	 /* that it occupies */
	bool has_no_responders;
	struct engine_message message; /* its pointers point behind this struct */
	struct engine_header headers[ENGINE_HEADERS_MAX];
	char text[];
};

struct mailbox;

/* Any thread: a copy of a message, which the caller frees with free(). NULL without memory. */
struct mail *mail_create(const struct engine_message *message);

/* Create a mailbox. on_mail(arg) is called on the loop when the mailbox is no longer empty. NULL
 * without memory. */
struct mailbox *mailbox_create(uv_loop_t *loop, void (*on_mail)(void *arg), void *arg);

/* Any thread: count one more holder. */
void mailbox_hold(struct mailbox *mailbox);
/* Any thread: count one holder less; the last one frees the mailbox. The loop calls mailbox_close()
 * instead. */
void mailbox_release(struct mailbox *mailbox);

/*
 * Loop thread: no more calls of on_mail(); what others put into it from now on is dropped. Calls
 * on_closed(arg) on a later turn of the loop. The last one that releases the mailbox frees it.
 */
void mailbox_close(struct mailbox *mailbox, void (*on_closed)(void *arg), void *arg);

/*
 * Any thread: copy a message into the mailbox; `message` NULL: an event with the text `text` (may
 * be NULL). Events always fit.
 */
void mailbox_put(struct mailbox *mailbox, enum mail_kind kind, uint64_t number,
		 const struct engine_message *message, bool has_no_responders, const char *text);

/* Loop thread: the oldest mail, which the caller frees with free(); NULL if there is none. */
struct mail *mailbox_take(struct mailbox *mailbox);

uint64_t mailbox_dropped(struct mailbox *mailbox);

#endif
