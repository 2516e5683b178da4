/* Answers that are due after a delay. */
#include <stdlib.h>

#include "capability/internal.h"
#include "wire/value.h"

struct capability_later {
	uv_timer_t timer;
	struct capability_later *next; /* in the host's list */
	struct capability_host *host;
	struct capability_call *call; /* NULL: answered */
	cbor_item_t *value;	      /* owned until the answer */
};

static void closed(uv_handle_t *handle)
{
	struct capability_host *host = ((struct capability_later *)handle->data)->host;

	free(handle->data);
	capability_host_part_closed(host);
}

static void unlink_later(struct capability_later *later)
{
	struct capability_later **link = &later->host->laters;

	while (*link != later)
		link = &(*link)->next;
	*link = later->next;
}

static void answer(struct capability_later *later)
{
	unlink_later(later);
	capability_reply(later->call, later->value);
	uv_close((uv_handle_t *)&later->timer, closed);
}

static void on_time(uv_timer_t *timer)
{
	answer(timer->data);
}

int capability_reply_later(struct capability_call *call, uint64_t delay_ms, cbor_item_t *value)
{
	struct capability_host *host = capability_call_host(call);
	struct capability_later *later = value ? calloc(1, sizeof(*later)) : NULL;

	if (!later) {
		if (value)
			cbor_decref(&value);
		return ERROR_NO_MEMORY;
	}
	later->host = host;
	later->call = call;
	later->value = value;
	later->next = host->laters;
	host->laters = later;
	host->parts++;
	uv_timer_init(host->loop, &later->timer);
	later->timer.data = later;
	uv_timer_start(&later->timer, on_time, delay_ms, 0);
	return 0;
}

void capability_laters_end(struct capability_host *host)
{
	while (host->laters)
		answer(host->laters);
}
