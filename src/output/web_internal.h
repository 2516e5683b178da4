/*
 * What the parts of the HTTP side share. Only for src/output/web*.c; everything is of the loop
 * thread.
 */
#ifndef HARVESTER_OUTPUT_WEB_INTERNAL_H
#define HARVESTER_OUTPUT_WEB_INTERNAL_H

#include <limits.h>
#include <microhttpd.h>
#include <uv.h>

#include "base/buffer.h"
#include "output/web.h"
#include "output/web_answer.h"
#include "output/web_connection.h"
#include "output/web_listen.h"

#define WEB_TAG_SIZE 48

struct web_request {
	struct MHD_Connection *connection; /* borrowed */
	const char *method;		   /* borrowed from the library, as is path */
	const char *path;
	struct buffer body;
	size_t body_size; /* bytes that came, kept or not */
};

struct web {
	struct web_config config;
	struct web_listener listener; /* its descriptor belongs to the daemon */
	char machine_name[HOST_NAME_MAX + 1];
	uv_poll_t poll;
	uv_timer_t timer;
	unsigned open_handles;
	struct MHD_Daemon *daemon;    /* owned */
	struct MHD_Response *page;    /* owned; NULL: the built-in one is served */
	struct MHD_Response *builtin; /* owned */
	struct {
		struct MHD_Response *response; /* owned; NULL: none yet */
		uint64_t revision;
		char tag[WEB_TAG_SIZE];
	} readings;	     /* the answer for one revision of the table */
	uint64_t started_ms; /* makes a tag of this run differ from one of another */
	struct web_connections connections;
	bool connection_ended; /* in the library's current run */
	struct web_counters counters;
	web_close_cb *closed;
	void *closed_arg;
};

/* web/builtin.html, put in at build time. */
extern const unsigned char web_builtin_page[];
extern const size_t web_builtin_page_size;

/* The library's handler for each request (web_request.c), and its end. */
enum MHD_Result web_request_handle(void *arg, struct MHD_Connection *connection, const char *url,
				   const char *method, const char *version, const char *upload,
				   size_t *upload_size, void **context);
void web_request_finish(struct web_request *request); /* NULL is allowed */

/* The answer to a request that has come in whole (web_route.c). */
struct web_answer web_route(struct web *web, const struct web_request *request);

typedef struct web_answer web_handler(struct web *web, const struct web_request *request);

/* The handlers (web_get.c, web_post.c). */
web_handler web_get_page, web_get_readings, web_get_logs, web_get_fan, web_get_simulation,
	web_get_plugins, web_get_health;
web_handler web_post_buzzer, web_post_buzzer_test, web_post_fan_test;

#endif
