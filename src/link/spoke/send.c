/*
 * Sends readings to the hub, batch by batch. A hub checks each item of a batch and names those
 * that it refused. But a hub of another version, or a proxy before it, may refuse a batch as a
 * whole (400, 413, 422), and would do so each time. Then the spoke sends half of the batch, and
 * halves it again, until the one item that causes the refusal is alone. The spoke skips that item
 * and continues with batches that grow again.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "link/spoke/internal.h"
#include "store/history/history.h"

/* The hub answers when the batch is on its disk: within its commit_seconds. */
#define BATCH_TIMEOUT_MS 60000
/* Before a batch is sent again to a hub that asks for time: if it does not say how much, and the
 * most.
 */
#define WAIT_MS 1000
#define WAIT_MS_MAX 60000

/* Log a refusal, at most once in SPOKE_LINK_TOLD_MS. */
static void tell(struct spoke_link *link, const char *reason)
{
	uint64_t now_ms = uv_now(link->config.loop);

	if (link->told_ms && now_ms - link->told_ms < SPOKE_LINK_TOLD_MS)
		return;
	link->told_ms = now_ms;
	link->config.on_noted(link->config.arg, true, reason);
}

/* Count what the hub answered */
static void count(struct spoke_link *link, const struct http_answer *answer)
{
	json_t *root = json_loadb(answer->body, answer->size, 0, NULL);
	const char *reason = json_string_value(json_object_get(root, "reason"));

	link->sent += (uint64_t)json_integer_value(json_object_get(root, "added"));
	link->known += (uint64_t)json_integer_value(json_object_get(root, "known"));
	link->refused += (uint64_t)json_integer_value(json_object_get(root, "refused"));
	if (reason)
		tell(link, reason);
	json_decref(root);
}

static bool is_refused_for_good(int status, const struct http_answer *answer)
{
	return !status && (answer->status == 400 || answer->status == 413 || answer->status == 422);
}

/* Skip the only item of the batch, so that the readings after it can be sent. */
static void skip(struct spoke_link *link, const char *why)
{
	link->skipped += link->rolled_up + 1;
	tell(link, why);
	history_cursor_set(link->config.history, link->cursor, link->next);
}

static void halve(struct spoke_link *link, const char *why)
{
	if (link->count > 1)
		link->limit = link->count / 2;
	else
		skip(link, why);
	link->has_news = true;
	spoke_link_send(link);
}

static void halve_refused(struct spoke_link *link, const struct http_answer *answer)
{
	json_t *problem = json_loadb(answer->body, answer->size, 0, NULL);
	const char *detail = json_string_value(json_object_get(problem, "detail"));

	halve(link,
	      detail ? detail
		     : "the hub refused a reading and gave no reason: see the log of the hub");
	json_decref(problem);
}

static void grow(struct spoke_link *link)
{
	link->limit =
		link->limit < SPOKE_LINK_ITEMS_MAX / 2 ? 2 * link->limit : SPOKE_LINK_ITEMS_MAX;
}

static void end_pause(uv_timer_t *timer)
{
	spoke_link_send(timer->data);
}

/* The hub takes no more from this node now. That is no failure: the batch is sent again after the
 * time that the hub names. */
static bool has_to_wait(struct spoke_link *link, int status, const struct http_answer *answer)
{
	uint64_t wait_ms = status ? 0 : answer->retry_after_ms;

	if (status || answer->status != 429)
		return false;
	if (!wait_ms)
		wait_ms = WAIT_MS;
	link->slowed++;
	link->has_news = true;
	uv_timer_start(&link->pause, end_pause, wait_ms < WAIT_MS_MAX ? wait_ms : WAIT_MS_MAX, 0);
	return true;
}

static void batch_done(void *arg, int status, const struct http_answer *answer,
		       const struct error *err)
{
	struct spoke_link *link = arg;

	link->is_sending = false;
	if (link->is_closing)
		return;
	if (has_to_wait(link, status, answer))
		return;
	if (is_refused_for_good(status, answer) && !link->is_clock_off) {
		halve_refused(link, answer);
		return;
	}
	if (!spoke_link_is_success(status, answer)) {
		spoke_link_failed(link, status, answer, err);
		return;
	}
	count(link, answer);
	link->skipped += link->rolled_up;
	grow(link);
	/* If this fails, the spoke sends the batch again and the hub recognizes it. */
	history_cursor_set(link->config.history, link->cursor, link->next);
	link->has_news = true; /* there may be more to send */
	spoke_link_send(link);
}

static int encode(struct spoke_link *link, const struct history_batch *batch)
{
	return spoke_link_batch_encode(link->config.node, clock_unix_ms(link->config.clock), batch,
				       &link->body, &link->count);
}

/* If not all items fit into one batch, read the history again with a smaller limit. */
static bool must_read_less(struct spoke_link *link, const struct history_batch *batch)
{
	if (link->count >= batch->count)
		return false;
	link->limit = link->count;
	link->has_news = true;
	return true;
}

static void take_batch(struct spoke_link *link, const struct history_batch *batch)
{
	struct error err;
	int ret = encode(link, batch);

	link->next = batch->next;
	link->rolled_up = batch->skipped;
	if (ret == ERROR_TOO_LARGE) {
		link->count = batch->count;
		halve(link, "a reading is too large to be sent to the hub, skipping it; let its "
			    "plugin return less data");
		return;
	}
	if (ret) {
		error_set(&err, ret,
			  "cannot prepare a batch of readings (%s), trying again with the next one",
			  error_text(ret));
		spoke_link_failed(link, ret, NULL, &err);
		return;
	}
	if (must_read_less(link, batch)) {
		spoke_link_send(link);
		return;
	}
	link->is_sending =
		!spoke_link_request(link, "POST", "/api/v1/uplink/readings", link->body.data,
				    link->body.size, true, BATCH_TIMEOUT_MS, batch_done);
}

static void read_done(void *arg, int status, const struct history_batch *batch,
		      const struct error *err)
{
	struct spoke_link *link = arg;

	link->is_sending = false;
	if (link->is_closing) {
		spoke_link_destroy_when_closed(link);
		return;
	}
	link->open_handles--;
	if (status)
		spoke_link_failed(link, status, NULL, err);
	else if (batch->count)
		take_batch(link, batch);
	else if (link->has_news)
		spoke_link_send(link);
}

void spoke_link_send(struct spoke_link *link)
{
	uint64_t after = 0;
	int ret;

	if (!link->is_online || link->is_sending || !link->has_news || link->is_closing ||
	    uv_is_active((uv_handle_t *)&link->pause))
		return;
	ret = history_cursor_get(link->config.history, link->cursor, &after);
	if (ret && ret != ERROR_NOT_FOUND)
		return; /* tried again after the next commit */
	if (history_read_after(link->config.history, link->config.node, after, link->limit,
			       read_done, link))
		return;
	link->has_news = false;
	link->is_sending = true;
	link->open_handles++;
}
