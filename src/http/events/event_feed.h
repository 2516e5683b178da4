/*
 * What is new, as events: readings as they come, log lines, and now and then the plugins and nodes.
 * Changes within a moment go out together. Loop thread.
 */
#ifndef HARVESTER_HTTP_EVENTS_EVENT_FEED_H
#define HARVESTER_HTTP_EVENTS_EVENT_FEED_H

#include <uv.h>

#include "http/server/answer.h"

struct web;
struct event_feed;
struct web_request;

/* Hears of changes in the web's table and log from here on. ERROR_NO_MEMORY, ERROR_TOO_LARGE. */
int event_feed_create(uv_loop_t *loop, struct web *web, struct event_feed **ret_news);

/* Nothing is published after this; closed(arg) on a later turn of the loop, and the memory ends. */
typedef void event_feed_closed(void *arg);
void event_feed_close(struct event_feed *feed, event_feed_closed *closed, void *arg);

/* The plugins were changed by a request: tell everybody soon. */
void event_feed_plugins_changed(struct event_feed *feed);

#endif
