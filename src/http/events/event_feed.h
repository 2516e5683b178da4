/*
 * Makes the Server-Sent Events for the live page: decides what is sent, and when. The HTTP server
 * has one feed for all clients; http/events/events.h sends the events to them.
 *
 * The feed watches the reading table and the log, and publishes what is new in them at most five
 * times a second. Every few seconds it publishes the lists of plugins, nodes and alerts, if they
 * have changed.
 *
 * Call all functions on the loop thread.
 */
#ifndef HARVESTER_HTTP_EVENTS_EVENT_FEED_H
#define HARVESTER_HTTP_EVENTS_EVENT_FEED_H

#include <uv.h>

#include "http/server/answer.h"

struct web;
struct event_feed;

/*
 * Create a feed for the HTTP server `web`. The feed begins to watch the node's reading table and
 * log, which it finds in `web`. `web` is borrowed until on_closed(). The caller owns *ret_feed and
 * ends it with event_feed_close(). ERROR_NO_MEMORY; ERROR_TOO_LARGE if the reading table has too
 * many subscribers.
 */
int event_feed_create(uv_loop_t *loop, struct web *web, struct event_feed **ret_feed);

typedef void event_feed_closed(void *arg);

/*
 * End the feed: it publishes nothing more. On a later turn of the loop the feed calls
 * on_closed(arg) and frees itself.
 */
void event_feed_close(struct event_feed *feed, event_feed_closed *on_closed, void *arg);

/*
 * Publish the list of plugins soon instead of at its usual interval. Called after an HTTP request
 * has changed a plugin.
 */
void event_feed_plugins_changed(struct event_feed *feed);

#endif
