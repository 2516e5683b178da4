#include <stdlib.h>

#include "base/clock.h"
#include "output/uplink_internal.h"
#include "store/history.h"

#define BATCH_TIMEOUT_MS                                                                           \
	60000 /* the hub answers when it is on its disk: within its commit_seconds */

/* What the hub made of it: {"added": n, "known": n, "refused": n, "reason": null|text}. */
static void count(struct uplink *uplink, const struct http_answer *answer)
{
	json_t *root = json_loadb(answer->body, answer->size, 0, NULL);
	const char *reason = json_string_value(json_object_get(root, "reason"));

	uplink->sent += (uint64_t)json_integer_value(json_object_get(root, "added"));
	uplink->known += (uint64_t)json_integer_value(json_object_get(root, "known"));
	uplink->refused += (uint64_t)json_integer_value(json_object_get(root, "refused"));
	if (reason)
		uplink->config.noted(uplink->config.arg, true, reason);
	json_decref(root);
}

static void batch_done(void *arg, int status, const struct http_answer *answer,
		       const struct error *err)
{
	struct uplink *uplink = arg;

	uplink->is_sending = false;
	if (uplink->is_closing)
		return;
	if (!uplink_is_success(status, answer)) {
		uplink_failed(uplink, status, answer, err);
		return;
	}
	count(uplink, answer);
	uplink->limit = UPLINK_ITEMS_MAX;
	/* Where this fails, the hub gets the batch again, and knows it. */
	history_cursor_set(uplink->config.history, uplink->cursor, uplink->next);
	uplink->has_news = true; /* it may be only the first of many */
	uplink_send(uplink);
}

static int encode(struct uplink *uplink, const struct history_batch *batch)
{
	return uplink_batch_encode(uplink->config.node, clock_unix_ms(uplink->config.clock), batch,
				   &uplink->body, &uplink->count);
}

/* The batch was longer than what may travel at once: read again, just so many. */
static bool must_read_less(struct uplink *uplink, const struct history_batch *batch)
{
	if (uplink->count >= batch->count)
		return false;
	uplink->limit = uplink->count;
	uplink->has_news = true;
	return true;
}

static void take_batch(struct uplink *uplink, const struct history_batch *batch)
{
	struct error err;
	int ret = encode(uplink, batch);

	if (ret) {
		error_set(&err, ret, "a batch of readings cannot be made: %s", error_text(ret));
		uplink_failed(uplink, ret, NULL, &err);
		return;
	}
	if (must_read_less(uplink, batch)) {
		uplink_send(uplink);
		return;
	}
	uplink->next = batch->next;
	uplink->skipped += batch->skipped;
	uplink->is_sending =
		!uplink_request(uplink, "POST", "/api/v1/uplink/readings", uplink->body.data,
				uplink->body.size, true, BATCH_TIMEOUT_MS, batch_done);
}

static void read_done(void *arg, int status, const struct history_batch *batch,
		      const struct error *err)
{
	struct uplink *uplink = arg;

	uplink->is_sending = false;
	if (uplink->is_closing) {
		uplink_destroy_when_closed(uplink);
		return;
	}
	uplink->open_handles--;
	if (status)
		uplink_failed(uplink, status, NULL, err);
	else if (batch->count)
		take_batch(uplink, batch);
	else if (uplink->has_news)
		uplink_send(uplink);
}

void uplink_send(struct uplink *uplink)
{
	uint64_t after = 0;
	int ret;

	if (!uplink->is_online || uplink->is_sending || !uplink->has_news || uplink->is_closing)
		return;
	ret = history_cursor_get(uplink->config.history, uplink->cursor, &after);
	if (ret && ret != ERROR_NOT_FOUND)
		return; /* the next commit tries again */
	if (history_read_after(uplink->config.history, uplink->config.node, after, uplink->limit,
			       read_done, uplink))
		return;
	uplink->has_news = false;
	uplink->is_sending = true;
	uplink->open_handles++;
}
