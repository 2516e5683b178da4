/*
 * Publishes this node's history to the cluster's log. As for a hub (link/spoke/spoke_link.h) the
 * history is the outbox, and a cursor in it says up to where the log has everything. The cursor
 * moves when the engine has acknowledged a message. One message is on the way at a time, so the log
 * has a node's readings in order.
 *
 *            streams ready           the cursor fits the log
 *   waiting ─────────────▶ comparing ───────────────────────▶ sending
 *           ◀───────────── ◀─────────────────────────────────
 *            streams lost, or a request failed
 *
 * An acknowledged message can be lost nevertheless: with a stream that was deleted, or with a disk
 * that came back older. So the node's history stays the truth. Each time that the streams become
 * ready, the publisher compares its cursor with the node's last message in the log, and sets it
 * back (or forward) to that. And whoever reads the log and finds that some of this node's messages
 * are missing sets the cursor back to them (publisher_set_back()). Messages that the log has
 * already are recognized by their name (message_id.h).
 *
 * Loop thread. The caller calls publisher_tick() a few times a second.
 */
#ifndef HARVESTER_CLUSTER_PUBLISHER_H
#define HARVESTER_CLUSTER_PUBLISHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "cluster/engine.h"
#include "cluster/message_id.h"
#include "cluster/streams.h"

struct clock;
struct history;

/* The pause after a failure; each further failure doubles it. */
#define PUBLISHER_PAUSE_MS 1000
#define PUBLISHER_PAUSE_MS_MAX 30000

struct publisher_config {
	struct engine *engine; /* all borrowed until closed */
	struct clock *clock;
	struct history *history;
	const char *node;
	/* The publisher cannot publish, for this reason, or works again (text ""); not called twice
	 * in a row for the same. */
	void (*on_problem)(void *arg, const char *text);
	void *arg;
	/*
	 * NULL: `node` is this node. Otherwise this node is `hub`, and relays the readings of its
	 * spoke `node`; then the caller calls publisher_note_news() and publisher_tick().
	 */
	const char *hub;
};

struct publisher_counters {
	uint64_t messages, readings; /* acknowledged; readings with log entries */
	uint64_t doubles;	     /* of the messages: the log had them already */
	uint64_t failures;	     /* attempts without an acknowledgement */
	uint64_t skipped;	     /* readings that retention deleted before they were sent */
	uint64_t set_back;	     /* how often the cursor was set back */
};

enum publisher_state { PUBLISHER_WAITING, PUBLISHER_COMPARING, PUBLISHER_SENDING };

struct publisher {
	struct publisher_config config;
	enum publisher_state state;
	bool is_busy;	 /* a request, or a read of the history, has not ended */
	bool is_reading; /* the history's callback is still to come */
	bool has_news, is_closing;
	unsigned run,
		busy_run; /* start and stop begin a new run; an answer of an old one is void */
	uint64_t next_ns, pause_ms;
	char cursor[40]; /* its name in the history; "" before the first stream */
	char subject[ENGINE_SUBJECT_SIZE];
	bool is_log_complete;	/* nothing was deleted from the log's beginning yet */
	bool has_last;		/* the log has a message of this node: */
	struct message_id last; /* the last one */
	uint64_t from;		/* the cursor when the message on the way was made */
	uint64_t position;	/* of its last item */
	struct message_id id;	/* of that message; stream 0: none yet */
	uint64_t skipped;	/* in it */
	size_t limit, count;	/* of the items of one message */
	struct buffer body;
	struct publisher_counters counters;
	char problem[ERROR_TEXT_SIZE];
	void (*on_closed)(void *arg);
	void *closed_arg;
};

/* ERROR_TOO_LARGE if the history has too many subscribers; without fail for a spoke. */
int publisher_init(struct publisher *publisher, const struct publisher_config *config);

/*
 * Stop; call it after the engine was closed, so that no answer comes any more. on_closed(arg) is
 * called when the history has answered, possibly before this returns.
 */
void publisher_close(struct publisher *publisher, void (*on_closed)(void *arg), void *arg);

/* The streams are ready. `identity` is the log's, `first` the oldest sequence in it. */
void publisher_start(struct publisher *publisher, const char identity[STREAMS_IDENTITY_SIZE],
		     uint64_t first);

/* The streams are not ready, or the connection is lost. */
void publisher_stop(struct publisher *publisher);

void publisher_tick(struct publisher *publisher);

/* For a spoke, while stopped or before a tick: the log has nothing, begin with what the history
 * has. */
void publisher_forget(struct publisher *publisher);

/* The history may have more readings of the node; they are sent from the next tick on. */
void publisher_note_news(struct publisher *publisher);

/*
 * The log does not have this node's readings from `sequence` of `stream` on: send them again. No
 * effect if the stream is not the one that is being sent, or the cursor is not beyond.
 */
void publisher_set_back(struct publisher *publisher, uint64_t stream, uint64_t sequence);

#endif
