#include "alert/held.h"

#include <stdlib.h>
#include <string.h>

struct held_notice {
	TAILQ_ENTRY(held_notice) link;
	char *rule, *id, *owner; /* owned */
	json_t *notice;		 /* owned */
	uint64_t since_ms;
};

static void destroy(struct held_notice *one)
{
	free(one->rule);
	free(one->id);
	free(one->owner);
	json_decref(one->notice);
	free(one);
}

static void remove_first(struct alert_held *held)
{
	struct held_notice *one = TAILQ_FIRST(&held->list);

	TAILQ_REMOVE(&held->list, one, link);
	held->count--;
	destroy(one);
}

void alert_held_init(struct alert_held *held)
{
	*held = (struct alert_held){0};
	TAILQ_INIT(&held->list);
}

void alert_held_finish(struct alert_held *held)
{
	while (held->count)
		remove_first(held);
}

void alert_held_add(struct alert_held *held, const char *rule, const char *id, const char *owner,
		    json_t *notice, uint64_t now_ms)
{
	struct held_notice *one = calloc(1, sizeof(*one));

	if (!one) {
		held->lost++;
		return;
	}
	*one = (struct held_notice){.rule = strdup(rule),
				    .id = strdup(id),
				    .owner = strdup(owner),
				    .notice = json_incref(notice),
				    .since_ms = now_ms};
	if (!one->rule || !one->id || !one->owner) {
		destroy(one);
		held->lost++;
		return;
	}
	if (held->count == ALERT_HELD_MAX) {
		remove_first(held);
		held->lost++;
	}
	TAILQ_INSERT_TAIL(&held->list, one, link);
	held->count++;
}

void alert_held_settle(struct alert_held *held, enum alert_duty duty, uint64_t now_ms,
		       alert_held_told *on_told, void *arg)
{
	const struct held_notice *one;

	while ((one = TAILQ_FIRST(&held->list))) {
		bool is_over = now_ms - one->since_ms >= ALERT_HOLD_MS;

		if (duty != ALERT_LEADS && duty != ALERT_ALONE && !is_over)
			return;
		if (duty == ALERT_FOLLOWS)
			held->left++;
		else
			on_told(arg, one->rule, one->id, one->owner, one->notice);
		remove_first(held);
	}
}
