/*
 * The buzzer of an older spoke, which asks its hub for no commands: the hub calls the spoke's HTTP
 * API instead, at `spoke_buzzer_url` of the configuration. Loop thread.
 */
#ifndef HARVESTER_LINK_HUB_OLD_SPOKE_H
#define HARVESTER_LINK_HUB_OLD_SPOKE_H

#include <uv.h>

struct error;
struct old_spoke;

/*
 * Called with a text for the log if the spoke did not sound its buzzer.
 */
typedef void old_spoke_failed(void *arg, const char *text);

/* `url` is that of the spoke and borrowed until closed. ERROR_NO_MEMORY. */
int old_spoke_create(uv_loop_t *loop, const char *url, old_spoke_failed *on_failed, void *arg,
		     struct old_spoke **ret_spoke, struct error *err);

/* End the requests, free the memory, then call on_closed(arg) on a later turn of the loop. NULL is
 * allowed. */
void old_spoke_close(struct old_spoke *spoke, void (*on_closed)(void *arg), void *arg);

/*
 * Start a request to sound the buzzer. `pattern` is "single", "triple" or "long". The errors are
 * those of http_client_start().
 */
int old_spoke_buzz(struct old_spoke *spoke, const char *pattern, struct error *err);

#endif
