/* How many bytes each sender may send; see hub_pause_seconds(). */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "link/hub/internal.h"

#define NS_PER_SECOND 1000000000u
#define TELL_MS 600000

static uint64_t now_ns(const struct hub *hub)
{
	return clock_monotonic_ns(hub->config.clock);
}

static void drop(struct hub *hub, struct hub_sender *sender)
{
	LIST_REMOVE(sender, link);
	name_index_remove(&hub->senders_index, sender);
	hub->senders_count--;
	free(sender);
}

static void drop_the_quiet(struct hub *hub)
{
	struct hub_sender *sender, *next;

	for (sender = LIST_FIRST(&hub->senders); sender; sender = next) {
		next = LIST_NEXT(sender, link);
		if (token_bucket_is_full(&sender->bytes, now_ns(hub)))
			drop(hub, sender);
	}
}

static struct hub_sender *add(struct hub *hub, const char *name)
{
	struct hub_sender *sender;

	if (hub->senders_count == HUB_SENDERS_MAX)
		drop_the_quiet(hub);
	sender = hub->senders_count < HUB_SENDERS_MAX ? calloc(1, sizeof(*sender)) : NULL;
	if (!sender)
		return NULL;
	snprintf(sender->text, sizeof(sender->text), "%s", name);
	sender->name = sender->text;
	if (name_index_add(&hub->senders_index, sender)) {
		free(sender);
		return NULL;
	}
	token_bucket_init(&sender->bytes, HUB_BYTES_AT_ONCE, HUB_BYTES_A_SECOND, now_ns(hub));
	LIST_INSERT_HEAD(&hub->senders, sender, link);
	hub->senders_count++;
	return sender;
}

static struct hub_sender *find(struct hub *hub, const char *token_node)
{
	const char *name = token_node ? token_node : "";
	struct hub_sender *sender = name_index_find(&hub->senders_index, name);

	return sender ? sender : add(hub, name);
}

/* At most once in TELL_MS, since a sender may be made to wait several times a second. */
static void tell(struct hub *hub, struct hub_sender *sender)
{
	uint64_t now_ms = now_ns(hub) / 1000000;
	char text[160];

	if (sender->has_told && now_ms - sender->told_ms < TELL_MS)
		return;
	sender->has_told = true;
	sender->told_ms = now_ms;
	snprintf(text, sizeof(text),
		 "sends more than %u kB of readings a second, so it has to wait; its readings come "
		 "later, none is lost",
		 HUB_BYTES_A_SECOND / 1024);
	hub->config.on_noted(hub->config.arg, LOG_WARNING,
			     *sender->name ? sender->name : "nodes without a token", text);
}

static void count(struct hub *hub, struct hub_sender *sender)
{
	struct hub_node *node = *sender->name ? hub_find(hub, sender->name, false) : NULL;

	hub->slowed++;
	if (node)
		node->slowed++;
	tell(hub, sender);
}

unsigned hub_pause_seconds(struct hub *hub, const char *token_node)
{
	struct hub_sender *sender = find(hub, token_node);
	uint64_t wait_ns;

	/* HUB_SENDERS_MAX others are at their limit now, or memory has run out. */
	if (!sender) {
		hub->slowed++;
		return 1;
	}
	wait_ns = token_bucket_wait_ns(&sender->bytes, now_ns(hub));
	if (!wait_ns)
		return 0;
	count(hub, sender);
	return (unsigned)((wait_ns + NS_PER_SECOND - 1) / NS_PER_SECOND);
}

void hub_charge(struct hub *hub, const char *token_node, size_t bytes)
{
	struct hub_sender *sender = find(hub, token_node);

	if (sender)
		token_bucket_charge(&sender->bytes, (double)bytes, now_ns(hub));
}

uint64_t hub_slowed(const struct hub *hub)
{
	return hub->slowed;
}

void hub_forget_senders(struct hub *hub)
{
	while (!LIST_EMPTY(&hub->senders))
		drop(hub, LIST_FIRST(&hub->senders));
}
