/*
 * The inside of struct spoke_link: spoke_link.c (life, hello), send.c (readings),
 * command.c.
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
	unsigned open_handles;	    /* the timer, the client, and a read of the history */
	char *hello;		    /* owned: the one that is out, or was last */
	bool is_online, is_closing;
	bool was_told; /* noted() was called, with `reason` */
	char reason[ERROR_TEXT_SIZE];
	uint64_t backoff_ms;
	double round_trip_ms; /* of the last hello that was answered; below 0: none yet */
	char cursor[40]; /* its name in the history: it names the hub; "" before the first hello */

	bool is_sending;
	bool has_news;	    /* the history committed while a batch was out */
	size_t limit;	    /* items of the next batch */
	uint64_t next;	    /* the cursor, when the batch that is out is acknowledged */
	size_t count;	    /* of that batch */
	uint64_t rolled_up; /* readings that are missing before it */
	bool is_clock_off;  /* by the hub's clock: it refuses all until that is put right */
	uint64_t told_ms; /* by the loop's time: people were told of what the hub refused; 0: never
			   */
	struct buffer body;

	char commands_path[128], results_path[128];
	bool is_asking; /* for commands, or telling their results */
	char *results;	/* owned: those that are out, or were last */
	uint64_t sent, known, refused, skipped, failures;
	void (*closed)(void *arg);
	void *closed_arg;
};

/* spoke_link.c: start a request with `body` (NULL: none) to a path of the hub. */
int spoke_link_request(struct spoke_link *link, const char *method, const char *path,
		       const void *body, size_t size, bool is_gzip, uint64_t timeout_ms,
		       http_done *done);

/* spoke_link.c: an exchange of any kind failed: offline, until a hello says otherwise. */
void spoke_link_failed(struct spoke_link *link, int status, const struct http_answer *answer,
		       const struct error *err);

/* 2xx, and nothing else. */
bool spoke_link_is_success(int status, const struct http_answer *answer);

/* send.c: send what the hub does not have, if the link is up. */
void spoke_link_send(struct spoke_link *link);

/* command.c: wait for commands, if the link is up. */
void spoke_link_ask(struct spoke_link *link);

/* spoke_link.c */
void spoke_link_destroy_when_closed(struct spoke_link *link);

#endif
