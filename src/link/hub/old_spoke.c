#include "link/hub/old_spoke.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "link/http_client.h"
#include "link/hub/hub.h"

struct old_spoke {
	const char *url;
	struct http_client *client; /* owned */
	old_spoke_failed *on_failed;
	void *arg;
	void (*on_closed)(void *arg);
	void *closed_arg;
};

int old_spoke_create(uv_loop_t *loop, const char *url, old_spoke_failed *on_failed, void *arg,
		     struct old_spoke **ret_spoke, struct error *err)
{
	struct old_spoke *spoke = calloc(1, sizeof(*spoke));

	if (!spoke || http_client_create(loop, &spoke->client)) {
		free(spoke);
		return error_set(err, ERROR_NO_MEMORY,
				 "out of memory while preparing the calls of spoke_buzzer_url; "
				 "this machine needs more free memory");
	}
	spoke->url = url;
	spoke->on_failed = on_failed;
	spoke->arg = arg;
	*ret_spoke = spoke;
	return 0;
}

static void on_client_closed(void *arg)
{
	struct old_spoke *spoke = arg;

	spoke->on_closed(spoke->closed_arg);
	free(spoke);
}

void old_spoke_close(struct old_spoke *spoke, void (*on_closed)(void *arg), void *arg)
{
	if (!spoke)
		return;
	spoke->on_closed = on_closed;
	spoke->closed_arg = arg;
	http_client_close(spoke->client, on_client_closed, spoke);
}

static void on_answer(void *arg, int status, const struct http_answer *answer,
		      const struct error *err)
{
	const struct old_spoke *spoke = arg;
	char text[64];

	if (status) {
		spoke->on_failed(spoke->arg, err->text);
	} else if (answer->status / 100 != 2) {
		snprintf(text, sizeof(text), "the spoke answered with HTTP status %u: see its log",
			 answer->status);
		spoke->on_failed(spoke->arg, text);
	}
}

/* What older software calls the patterns. */
static const char *old_name(const char *pattern)
{
	if (!strcmp(pattern, "single"))
		return "beep";
	return !strcmp(pattern, "long") ? "long" : "beep3";
}

int old_spoke_buzz(struct old_spoke *spoke, const char *pattern, struct error *err)
{
	char url[2048];
	const struct http_request request = {
		.method = "POST", .url = url, .timeout_ms = HUB_COMMAND_MS};

	snprintf(url, sizeof(url), "%.1900s/api/buzzer?action=%s", spoke->url, old_name(pattern));
	return http_client_start(spoke->client, &request, on_answer, spoke, NULL, err);
}
