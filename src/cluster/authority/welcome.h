/*
 * Waits for the one board that was invited, and admits it: an HTTPS server that answers one kind of
 * request, POST /join with {"secret":text, "application":{…}} (authority.h). It ends when the board
 * has its admission, when the time is over, or after WELCOME_REFUSALS_MAX wrong secrets. Blocks;
 * any thread.
 */
#ifndef HARVESTER_CLUSTER_AUTHORITY_WELCOME_H
#define HARVESTER_CLUSTER_AUTHORITY_WELCOME_H

#include <jansson.h>
#include <stdint.h>

#include "cluster/authority/invitation.h"

struct clock;
struct error;

#define WELCOME_PATH "/join"
#define WELCOME_REFUSALS_MAX 5
#define WELCOME_BODY_MAX 16384 /* bytes of a request */

struct welcome_config {
	const struct invitation *invitation;
	const char *certificate, *key; /* PEM, of this board */
	struct clock *clock;	       /* borrowed */
	uint64_t wait_ms;
	/* Called once, when boards can connect. */
	void (*on_listening)(void *arg);
	/*
	 * Called once with the application of the board that knows the secret, unless it fails;
	 * returns the admission, which the caller releases, or NULL with *err.
	 */
	json_t *(*on_application)(void *arg, const json_t *application, struct error *err);
	void *arg;
};

/*
 * ERROR_TIMEOUT if nobody came, ERROR_NOT_GRANTED after too many wrong secrets, ERROR_SYSTEM if the
 * port cannot be listened on.
 */
int welcome_wait(const struct welcome_config *config, struct error *err);

#endif
