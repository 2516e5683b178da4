/*
 * Sends Server-Sent Events (HTML standard, section 9.2) to the clients of GET /api/v1/events. What
 * the events say is decided in event_feed.h.
 *
 * An event is written once, into a ring, and each client copies from there at its own pace, so that
 * a slow client costs no memory. If the ring overwrites what a client has not read yet, the client
 * is cut off and counted; it reconnects by itself with the id of the last event it received.
 * Without clients there is no ring and no events are written. Loop thread.
 */
#ifndef HARVESTER_HTTP_EVENTS_EVENTS_H
#define HARVESTER_HTTP_EVENTS_EVENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "http/server/answer.h"

struct buffer;
struct web;
struct web_events;
struct web_request;

#define WEB_EVENTS_RING_SIZE (1u << 20)
#define WEB_EVENT_SIZE_MAX                                                                         \
	(WEB_EVENTS_RING_SIZE / 2) /* bytes published at once; more is not sent, but counted */

/* Counters of Server-Sent Events. */
struct web_events_counters {
	unsigned clients;   /* connected now */
	uint64_t accepted;  /* clients since the start */
	uint64_t refused;   /* clients over a limit */
	uint64_t dropped;   /* clients cut off because they read too slowly */
	uint64_t ended;	    /* clients cut off because they lost the right to read */
	uint64_t events;    /* published */
	uint64_t too_large; /* events that were not published, see WEB_EVENT_SIZE_MAX */
};

/*
 * Create the events of a server without clients. The limits are numbers of clients, in total and
 * per address. NULL if memory runs out. The caller frees it with web_events_destroy() after its
 * last client has gone.
 */
struct web_events *web_events_create(unsigned clients_max, unsigned clients_per_address_max);
void web_events_destroy(struct web_events *events); /* NULL is allowed */

struct web_text; /* see web_text_create() */

/*
 * Add a client and return its endless answer. The client gets `first` and then every event that is
 * published later. Takes ownership of the reference to `first`, on failure too. Check
 * web_events_have_room() before.
 */
struct web_answer web_events_open(struct web_events *events, struct web_request *request,
				  struct web_text *first);

/* Is there room for one more client from the request's address? If not, counts it as refused. */
bool web_events_have_room(struct web_events *events, struct web_request *request);

/*
 * Put one or more whole events ("event: …\ndata: …\n\n", copied) into the ring for all clients. A
 * client that sleeps gets them after web_events_wake().
 */
void web_events_publish(struct web_events *events, const char *text, size_t size);

/*
 * Wake up to `count` sleeping clients for which something was published; the library's next run
 * sends it. Returns true if more clients have to be woken. The limit keeps one event for a thousand
 * clients from holding up the loop.
 */
bool web_events_wake(struct web_events *events, unsigned count);

/* Cut off the clients that have lost the right to read, for example by logging out (auth.h). */
void web_events_check(struct web_events *events, struct web *web);

/* Wake every client, which ends its answer. For the end of the server. */
void web_events_end(struct web_events *events);

void web_events_counters(const struct web_events *events, struct web_events_counters *ret_counters);

/*
 * A text with a reference count, which several clients share. Takes the buffer's content and leaves
 * the buffer empty. The caller owns the first reference; NULL (the buffer keeps its content) if
 * memory runs out.
 */
struct web_text *web_text_create(struct buffer *buffer);
struct web_text *web_text_ref(struct web_text *text);
void web_text_unref(struct web_text *text); /* NULL is allowed */

#endif
