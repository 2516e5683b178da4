/*
 * Decides which Server-Sent Events there are. The feed watches the reading table and the log,
 * publishes what is new in them at most five times a second, and publishes the lists of plugins and
 * nodes every few seconds. http/events/events.h sends the events to the clients. Loop thread.
 */
#ifndef HARVESTER_HTTP_EVENTS_EVENT_FEED_H
#define HARVESTER_HTTP_EVENTS_EVENT_FEED_H

#include <uv.h>

#include "http/server/answer.h"

struct web;
struct event_feed;
struct web_request;

/*
 * Watch the reading table and the log that `web` was given (struct web_config) from now on. End it
 * with event_feed_close().
 * ERROR_NO_MEMORY; ERROR_TOO_LARGE if the reading table has too many subscribers.
 */
int event_feed_create(uv_loop_t *loop, struct web *web, struct event_feed **ret_feed);

typedef void event_feed_closed(void *arg);

/*
 * Publish nothing more. On a later turn of the loop the feed calls closed(arg) and frees itself.
 */
void event_feed_close(struct event_feed *feed, event_feed_closed *closed, void *arg);

/* A request changed the plugins: publish their list soon instead of at its usual interval. */
void event_feed_plugins_changed(struct event_feed *feed);

#endif
