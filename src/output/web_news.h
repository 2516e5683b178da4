/*
 * What is new, as events: readings as they come, log lines, and now and then the plugins and nodes.
 * Changes within a moment go out together. Loop thread.
 */
#ifndef HARVESTER_OUTPUT_WEB_NEWS_H
#define HARVESTER_OUTPUT_WEB_NEWS_H

#include <uv.h>

#include "output/web_answer.h"

struct web;
struct web_news;
struct web_request;

/* Hears of changes in the web's table and log from here on. ERROR_NO_MEMORY, ERROR_TOO_LARGE. */
int web_news_create(uv_loop_t *loop, struct web *web, struct web_news **ret_news);

/* Nothing is published after this; closed(arg) on a later turn of the loop, and the memory ends. */
typedef void web_news_closed(void *arg);
void web_news_close(struct web_news *news, web_news_closed *closed, void *arg);

/* The plugins were changed by a request: tell everybody soon. */
void web_news_plugins_changed(struct web_news *news);

#endif
