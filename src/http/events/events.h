/*
 * Sends Server-Sent Events (HTML standard, section 9.2) to the clients of GET /api/v1/events.
 * event_feed.h decides what the events say.
 *
 * An event is written once, into a ring buffer, and each client copies from there at its own pace.
 * A slow client thus costs no memory. If the ring overwrites what a client has not read, the client
 * is cut off and counted. Such a client reconnects by itself, with the id of the last event that it
 * received. Without clients there is no ring, and no event is written.
 *
 * Call all functions on the loop thread.
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
/* Of a hub: the list of HUB_NODES_MAX nodes is one event. */
#define WEB_EVENTS_HUB_RING_SIZE (2u << 20)
/* Bytes published at once, of a ring of that size; more is not sent, but counted. */
#define WEB_EVENT_SIZE_MAX(ring_size) ((ring_size) / 2)

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
 * Create the object, without clients. The first parameters limit the number of clients, in total
 * and per address; all clients share a ring of `ring_size` bytes. NULL: out of memory. After the
 * last client has gone, free the object with web_events_destroy().
 */
struct web_events *web_events_create(unsigned clients_max, unsigned clients_per_address_max,
				     size_t ring_size);
void web_events_destroy(struct web_events *events); /* NULL is allowed */

/* Bytes that can be published at once. */
size_t web_events_size_max(const struct web_events *events);

struct web_text; /* see web_text_create() */

/*
 * Add a client, and return its endless answer. The client gets `first`, then every later event. The
 * client takes over the caller's reference to `first`, also if memory runs out. Call
 * web_events_have_room() before.
 */
struct web_answer web_events_open(struct web_events *events, struct web_request *request,
				  struct web_text *first);

/*
 * Returns whether there is room for one more client from the request's address. If there is none,
 * the client is counted as refused.
 */
bool web_events_have_room(struct web_events *events, struct web_request *request);

/*
 * Put whole events ("event: …\ndata: …\n\n") into the ring, for all clients. The text is copied. A
 * client that sleeps gets the events after web_events_wake().
 */
void web_events_publish(struct web_events *events, const char *text, size_t size);

/*
 * Wake up to `count` sleeping clients that have events to read; the library's next run sends them.
 * Returns true if further clients sleep. The limit keeps a thousand clients from holding up the
 * loop.
 */
bool web_events_wake(struct web_events *events, unsigned count);

/* Cut off clients that may no longer read, for example after a log-out (auth.h). */
void web_events_check(struct web_events *events, struct web *web);

/* End the answers of all clients, because the server ends. */
void web_events_end(struct web_events *events);

void web_events_counters(const struct web_events *events, struct web_events_counters *ret_counters);

/*
 * A text with a reference count, shared by several clients. Takes the content of the buffer, which
 * is then empty. The caller owns the first reference. NULL: out of memory, and the buffer keeps its
 * content.
 */
struct web_text *web_text_create(struct buffer *buffer);
struct web_text *web_text_ref(struct web_text *text);
void web_text_unref(struct web_text *text); /* NULL is allowed */

#endif
