/*
 * Server-Sent Events (the HTML standard, section 9.2): one text for all clients.
 *
 * An event is made once, put into a ring, and each client copies from there at its own pace. So a
 * slow client costs nothing: when the ring has gone past what it has, it is cut off and counted,
 * and comes back by itself with the number of the last event it saw. Without clients there is no
 * ring and no event is made. Loop thread.
 */
#ifndef HARVESTER_HTTP_EVENTS_EVENTS_H
#define HARVESTER_HTTP_EVENTS_EVENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "http/server/answer.h"

struct buffer;
struct web_events;
struct web_events_counters;
struct web_request;

#define WEB_EVENTS_RING_SIZE (1u << 20)
#define WEB_EVENT_SIZE_MAX (WEB_EVENTS_RING_SIZE / 2) /* of one event; a larger one is not sent */

/* At most so many clients, in all and of one address. NULL without memory. */
struct web_events *web_events_create(unsigned clients_max, unsigned clients_per_address_max);
void web_events_destroy(struct web_events *events); /* after its last client; NULL is allowed */

/*
 * The answer that never ends. `first` is sent before everything that is published from now on (the
 * reference is taken, whatever happens); see web_text_create(). 503 over a limit.
 */
struct web_text;
struct web_answer web_events_open(struct web_events *events, struct web_request *request,
				  struct web_text *first);

/* May one more client of the request's address come? Asked before `first` is made. */
bool web_events_have_room(struct web_events *events, struct web_request *request);

/* For all, as they wake: whole events, "event: …\ndata: …\n\n". */
void web_events_publish(struct web_events *events, const char *text, size_t size);

/*
 * Let up to `count` clients that sleep have what was published, in the library's next run. Are
 * there more? So one event for a thousand clients does not hold up the loop.
 */
bool web_events_wake(struct web_events *events, unsigned count);

/* End those who may not read any more: logged out, their token revoked, … (auth.h). */
struct web;
void web_events_check(struct web_events *events, struct web *web);

/* Wake every client for the last time: the server ends. */
void web_events_end(struct web_events *events);

void web_events_counters(const struct web_events *events, struct web_events_counters *ret_counters);

/* A text that several clients share; it takes the buffer's content. One reference; NULL without
 * memory. */
struct web_text *web_text_create(struct buffer *buffer);
struct web_text *web_text_ref(struct web_text *text);
void web_text_unref(struct web_text *text); /* NULL is allowed */

#endif
