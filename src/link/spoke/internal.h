/*
 * The inside of struct spoke_link. Only for the files of this folder: spoke_link.c (lifecycle,
 * hello), send.c (readings), command.c (commands).
 */
#ifndef HARVESTER_LINK_SPOKE_INTERNAL_H
#define HARVESTER_LINK_SPOKE_INTERNAL_H

#include "base/buffer.h"
#include "base/error.h"
#include "link/batch.h"
#include "link/http_client.h"
#include "link/spoke/spoke_link.h"

struct spoke_link {
	struct spoke_link_config config;
	struct http_client *client; /* owned */
	uv_timer_t timer;	    /* the next hello */
	uv_timer_t pause;	    /* active: the hub has asked to wait with the next batch */
	unsigned open_handles;	    /* the timers, the client, and a read of the history */
	char *hello;		    /* owned: the body of the current hello, or of the last one */
	/* Of the descriptions that the hub has, by its last answer; valid if it takes some. */
	char known_descriptions[SPOKE_LINK_DESCRIPTIONS_ID_SIZE];
	bool takes_descriptions; /* older hubs do not */
	bool is_online, is_closing;
	bool was_told; /* on_noted() has been called with `reason` */
	char reason[ERROR_TEXT_SIZE];
	uint64_t backoff_ms;
	double round_trip_ms; /* of the last answered hello; negative: none yet */
	/* Name of the cursor in the history, which contains the hub's identity; "" before the first
	 * hello. */
	char cursor[40];

	bool is_sending;
	bool has_news;	    /* the history committed readings while a batch was being sent */
	size_t limit;	    /* largest number of items in the next batch */
	uint64_t next;	    /* the cursor's value once the current batch is acknowledged */
	size_t count;	    /* items of the current batch */
	uint64_t rolled_up; /* readings that retention deleted before the current batch */
	bool is_clock_off;  /* the hub refuses everything until this node's clock is right */
	uint64_t told_ms;   /* loop's time when refused readings were last logged; 0: never */
	struct buffer body;

	char commands_path[128], results_path[128];
	bool is_asking; /* a request for commands, or with their results, is running */
	char *results;	/* owned: the results being sent, or those sent last */
	uint64_t sent, known, refused, skipped, slowed, failures;
	void (*on_closed)(void *arg);
	void *closed_arg;
};

/*
 * spoke_link.c: start a request to a path of the hub. `body` (NULL: none) is borrowed until
 * on_done().
 */
int spoke_link_request(struct spoke_link *link, const char *method, const char *path,
		       const void *body, size_t size, bool is_gzip, uint64_t timeout_ms,
		       http_done *on_done);

/* spoke_link.c: an exchange failed: go offline and connect again later. */
void spoke_link_failed(struct spoke_link *link, int status, const struct http_answer *answer,
		       const struct error *err);

/* Whether the hub answered with a 2xx status. */
bool spoke_link_is_success(int status, const struct http_answer *answer);

/* send.c: if online, send the next batch of readings that the hub has not acknowledged. */
void spoke_link_send(struct spoke_link *link);

/* command.c: if online, ask the hub for commands; the hub answers when it has some. */
void spoke_link_ask(struct spoke_link *link);

/* spoke_link.c: call when one of open_handles has closed; frees the link after the last. */
void spoke_link_destroy_when_closed(struct spoke_link *link);

#endif
