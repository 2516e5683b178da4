/*
 * Readings to the hub, batch by batch. A hub takes a batch item by item, and says which it did not
 * take. One of another version, or what stands before it, may refuse a batch as a whole (400, 413,
 * 422), and would do so for ever: then the half of it is sent, and so on down to the one item that
 * is at fault. That one is skipped, and the rest goes on, in batches that grow again.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "link/spoke/internal.h"
#include "store/history/history.h"

#define BATCH_TIMEOUT_MS                                                                           \
	60000 /* the hub answers when it is on its disk: within its commit_seconds */

/* For the log: once in SPOKE_LINK_TOLD_MS, however many there are. */
static void tell(struct spoke_link *uplink, const char *reason)
{
	uint64_t now_ms = uv_now(uplink->config.loop);

	if (uplink->told_ms && now_ms - uplink->told_ms < SPOKE_LINK_TOLD_MS)
		return;
	uplink->told_ms = now_ms;
	uplink->config.noted(uplink->config.arg, true, reason);
}

/* What the hub made of it: {"added": n, "known": n, "refused": n, "reason": null|text}. */
static void count(struct spoke_link *uplink, const struct http_answer *answer)
{
	json_t *root = json_loadb(answer->body, answer->size, 0, NULL);
	const char *reason = json_string_value(json_object_get(root, "reason"));

	uplink->sent += (uint64_t)json_integer_value(json_object_get(root, "added"));
	uplink->known += (uint64_t)json_integer_value(json_object_get(root, "known"));
	uplink->refused += (uint64_t)json_integer_value(json_object_get(root, "refused"));
	if (reason)
		tell(uplink, reason);
	json_decref(root);
}

static bool is_refused_for_good(int status, const struct http_answer *answer)
{
	return !status && (answer->status == 400 || answer->status == 413 || answer->status == 422);
}

/* The only item of its batch: all that comes after it has waited for long enough. */
static void skip(struct spoke_link *uplink, const char *why)
{
	uplink->skipped += uplink->rolled_up + 1;
	tell(uplink, why);
	history_cursor_set(uplink->config.history, uplink->cursor, uplink->next);
}

static void halve(struct spoke_link *uplink, const char *why)
{
	if (uplink->count > 1)
		uplink->limit = uplink->count / 2;
	else
		skip(uplink, why);
	uplink->has_news = true;
	spoke_link_send(uplink);
}

static void halve_refused(struct spoke_link *uplink, const struct http_answer *answer)
{
	json_t *problem = json_loadb(answer->body, answer->size, 0, NULL);
	const char *detail = json_string_value(json_object_get(problem, "detail"));

	halve(uplink, detail ? detail : "it gives no reason");
	json_decref(problem);
}

static void grow(struct spoke_link *uplink)
{
	uplink->limit =
		uplink->limit < SPOKE_LINK_ITEMS_MAX / 2 ? 2 * uplink->limit : SPOKE_LINK_ITEMS_MAX;
}

static void batch_done(void *arg, int status, const struct http_answer *answer,
		       const struct error *err)
{
	struct spoke_link *uplink = arg;

	uplink->is_sending = false;
	if (uplink->is_closing)
		return;
	if (is_refused_for_good(status, answer) && !uplink->is_clock_off) {
		halve_refused(uplink, answer);
		return;
	}
	if (!spoke_link_is_success(status, answer)) {
		spoke_link_failed(uplink, status, answer, err);
		return;
	}
	count(uplink, answer);
	uplink->skipped += uplink->rolled_up;
	grow(uplink);
	/* Where this fails, the hub gets the batch again, and knows it. */
	history_cursor_set(uplink->config.history, uplink->cursor, uplink->next);
	uplink->has_news = true; /* it may be only the first of many */
	spoke_link_send(uplink);
}

static int encode(struct spoke_link *uplink, const struct history_batch *batch)
{
	return spoke_link_batch_encode(uplink->config.node, clock_unix_ms(uplink->config.clock),
				       batch, &uplink->body, &uplink->count);
}

/* The batch was longer than what may travel at once: read again, just so many. */
static bool must_read_less(struct spoke_link *uplink, const struct history_batch *batch)
{
	if (uplink->count >= batch->count)
		return false;
	uplink->limit = uplink->count;
	uplink->has_news = true;
	return true;
}

static void take_batch(struct spoke_link *uplink, const struct history_batch *batch)
{
	struct error err;
	int ret = encode(uplink, batch);

	uplink->next = batch->next;
	uplink->rolled_up = batch->skipped;
	if (ret == ERROR_TOO_LARGE) {
		uplink->count = batch->count;
		halve(uplink, "a reading is larger than what may travel at once");
		return;
	}
	if (ret) {
		error_set(&err, ret, "a batch of readings cannot be made: %s", error_text(ret));
		spoke_link_failed(uplink, ret, NULL, &err);
		return;
	}
	if (must_read_less(uplink, batch)) {
		spoke_link_send(uplink);
		return;
	}
	uplink->is_sending =
		!spoke_link_request(uplink, "POST", "/api/v1/uplink/readings", uplink->body.data,
				    uplink->body.size, true, BATCH_TIMEOUT_MS, batch_done);
}

static void read_done(void *arg, int status, const struct history_batch *batch,
		      const struct error *err)
{
	struct spoke_link *uplink = arg;

	uplink->is_sending = false;
	if (uplink->is_closing) {
		spoke_link_destroy_when_closed(uplink);
		return;
	}
	uplink->open_handles--;
	if (status)
		spoke_link_failed(uplink, status, NULL, err);
	else if (batch->count)
		take_batch(uplink, batch);
	else if (uplink->has_news)
		spoke_link_send(uplink);
}

void spoke_link_send(struct spoke_link *uplink)
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
