#include "cluster/lease.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "cluster/jetstream.h"
#include "cluster/names.h"

#define NS_PER_MS UINT64_C(1000000)
#define REVISION_HEADER "Nats-Expected-Last-Subject-Sequence"

static uint64_t now_ns(const struct lease *lease)
{
	return clock_monotonic_ns(lease->config.clock);
}

static bool is_own(const struct lease *lease)
{
	return *lease->instance && !strcmp(lease->instance, lease->config.instance);
}

static bool is_given_up(const struct lease *lease)
{
	return lease->is_released || lease->is_unwanted;
}

/* The value of the key */

static uint64_t number(const json_t *value, const char *key)
{
	json_int_t found = json_integer_value(json_object_get(value, key));

	return found > 0 ? (uint64_t)found : 0;
}

static void copy_text(const json_t *value, const char *key, char *ret_text, size_t size)
{
	const char *text = json_string_value(json_object_get(value, key));

	snprintf(ret_text, size, "%s", text ? text : "");
}

/*
 * {"node", "instance", "acquired", "floor", "progress"}: "acquired" is the revision with which the
 * holder took the lease, 0 in that revision itself; "floor" is the lowest term that it may have.
 */
static void take_value(struct lease *lease, uint64_t revision, const json_t *value)
{
	char before[LEASE_INSTANCE_SIZE];
	uint64_t term;

	memcpy(before, lease->instance, sizeof(before));
	copy_text(value, "node", lease->holder, sizeof(lease->holder));
	copy_text(value, "instance", lease->instance, sizeof(lease->instance));
	lease->acquired = number(value, "acquired") ? number(value, "acquired") : revision;
	lease->floor = number(value, "floor");
	json_decref(lease->progress);
	lease->progress = json_incref(json_object_get(value, "progress"));
	term = lease->acquired > lease->floor ? lease->acquired : lease->floor;
	lease->revision = revision;
	lease->revision_ns = now_ns(lease);
	lease->stale_ns = 0;
	if (term == lease->term && !strcmp(before, lease->instance))
		return;
	lease->elections += term != lease->term;
	lease->term = term;
	lease_see_term(lease, term);
	lease->config.on_changed(lease->config.arg);
}

static json_t *value_of(const struct lease *lease, bool is_renewal)
{
	uint64_t floor = is_renewal ? lease->floor : lease->config.seen + 1;

	return json_pack("{s:s, s:s, s:I, s:I, s:O*}", "node",
			 is_given_up(lease) ? "" : lease->config.node, "instance",
			 is_given_up(lease) ? "" : lease->config.instance, "acquired",
			 (json_int_t)(is_renewal ? lease->acquired : 0), "floor", (json_int_t)floor,
			 "progress", lease->progress);
}

/* Writing */

static void hold(struct lease *lease, uint64_t revision, const json_t *value)
{
	bool was_held = lease->until_ns != 0;

	lease->until_ns = lease->sent_ns + LEASE_LIFE_MS * NS_PER_MS;
	lease->renew_ns = lease->sent_ns + LEASE_RENEW_MS * NS_PER_MS;
	take_value(lease, revision, value);
	lease->is_doubtful = false;
	if (!was_held)
		lease->config.on_changed(lease->config.arg);
}

struct writing {
	struct lease *lease;
	json_t *value; /* owned */
	bool gives_up; /* it names no holder */
};

static void written(void *arg, int status, const json_t *answer, int code, const struct error *err)
{
	struct writing *writing = arg;
	struct lease *lease = writing->lease;
	uint64_t revision = number(answer, "seq");

	(void)err;
	lease->is_writing = false;
	/* The key may be another now, also after an answer that never came. */
	lease->is_doubtful = true;
	lease->next_read_ns = 0;
	if (code == JETSTREAM_WRONG_REVISION)
		lease->refused++;
	if (!status && revision && !writing->gives_up && !is_given_up(lease))
		hold(lease, revision, writing->value);
	json_decref(writing->value);
	free(writing);
}

static void write_key(struct lease *lease, bool is_renewal)
{
	char revision[24];
	const struct engine_header header = {REVISION_HEADER, revision};
	struct writing *writing = malloc(sizeof(*writing));
	json_t *value = value_of(lease, is_renewal);
	char *text = value ? json_dumps(value, JSON_COMPACT) : NULL;
	struct engine_message message = {.subject = lease->config.key,
					 .data = text,
					 .size = text ? strlen(text) : 0,
					 .headers = &header,
					 .headers_count = 1};

	snprintf(revision, sizeof(revision), "%llu", (unsigned long long)lease->revision);
	lease->sent_ns = now_ns(lease);
	if (writing && text) {
		*writing = (struct writing){lease, json_incref(value), is_given_up(lease)};
		lease->is_writing = !jetstream_publish(lease->config.engine, &message,
						       LEASE_RENEW_MS, written, writing);
	}
	if (!lease->is_writing) {
		if (writing && text)
			json_decref(value);
		free(writing);
	}
	free(text);
	json_decref(value);
}

/* Reading */

/*
 * A server that lags behind answers with an older revision, or with none. Believe it only if all
 * answers do for so long that no holder can be left: then the bucket was lost, or came back older.
 */
static bool is_stale(struct lease *lease, uint64_t revision)
{
	if (revision >= lease->revision) {
		lease->stale_ns = 0;
		return false;
	}
	if (!lease->stale_ns)
		lease->stale_ns = now_ns(lease);
	return now_ns(lease) - lease->stale_ns <= LEASE_PATIENCE_MS * NS_PER_MS;
}

static void take_read(struct lease *lease, uint64_t revision, const struct engine_message *message)
{
	json_t *value = NULL;

	if (is_stale(lease, revision))
		return;
	lease->is_known = true;
	lease->is_doubtful = false;
	if (revision == lease->revision)
		return;
	if (message)
		value = json_loadb(message->data ? message->data : "", message->size, 0, NULL);
	take_value(lease, revision, value);
	json_decref(value);
}

static void key_read(void *arg, int status, const struct jetstream_item *item,
		     const struct error *err)
{
	struct lease *lease = arg;

	(void)err;
	if (item) {
		take_read(lease, item->sequence, &item->message);
		return;
	}
	lease->is_reading = false;
	if (status == ERROR_NOT_FOUND)
		take_read(lease, 0, NULL);
}

static void read_key(struct lease *lease)
{
	if (lease->is_reading || now_ns(lease) < lease->next_read_ns)
		return;
	lease->next_read_ns = now_ns(lease) + LEASE_READ_MS * NS_PER_MS;
	lease->is_reading = !jetstream_read_last(lease->config.engine, CLUSTER_KEYS,
						 lease->config.key, key_read, lease);
}

/* What is to be done now */

static bool may_take(const struct lease *lease)
{
	if (!lease->is_known || is_given_up(lease))
		return false;
	return !*lease->holder || is_own(lease) ||
	       now_ns(lease) - lease->revision_ns > LEASE_PATIENCE_MS * NS_PER_MS;
}

static void renew(struct lease *lease)
{
	if (lease->is_doubtful) {
		read_key(lease);
	} else if (now_ns(lease) >= lease->renew_ns && is_own(lease)) {
		lease->renewals++;
		write_key(lease, true);
	}
}

/* The key may still name this node, or name it again by a write whose answer was late. */
static void give_up(struct lease *lease)
{
	if (is_own(lease) && lease->is_known && !lease->is_doubtful && !lease->is_reading)
		write_key(lease, true);
	else
		read_key(lease);
}

void lease_expire(struct lease *lease)
{
	uint64_t term;

	if (!lease->until_ns || lease_is_held(lease, &term))
		return;
	lease->until_ns = 0;
	lease->config.on_changed(lease->config.arg);
}

void lease_tick(struct lease *lease)
{
	lease_expire(lease);
	if (lease->is_writing)
		return;
	if (lease->is_unwanted) {
		give_up(lease);
	} else if (lease->until_ns) {
		renew(lease);
	} else if (may_take(lease) && !lease->is_reading) {
		lease->is_known = false; /* read the key before the next attempt */
		write_key(lease, is_own(lease));
	} else {
		read_key(lease);
	}
}

bool lease_is_held(const struct lease *lease, uint64_t *ret_term)
{
	if (!lease->until_ns || lease->is_released || now_ns(lease) >= lease->until_ns)
		return false;
	*ret_term = lease->term;
	return true;
}

bool lease_is_alive(const struct lease *lease)
{
	return *lease->holder &&
	       now_ns(lease) - lease->revision_ns <= LEASE_PATIENCE_MS * NS_PER_MS;
}

const char *lease_holder(const struct lease *lease, uint64_t *ret_term)
{
	*ret_term = lease->term;
	return lease->holder;
}

uint64_t lease_held_until_ns(const struct lease *lease)
{
	uint64_t term;

	return lease_is_held(lease, &term) ? lease->until_ns : 0;
}

void lease_set_progress(struct lease *lease, json_t *progress)
{
	if (!lease_held_until_ns(lease)) {
		json_decref(progress);
		return;
	}
	json_decref(lease->progress);
	lease->progress = progress;
}

const json_t *lease_progress(const struct lease *lease)
{
	return lease->progress;
}

void lease_see_term(struct lease *lease, uint64_t term)
{
	if (term > lease->config.seen)
		lease->config.seen = term;
}

void lease_set_wanted(struct lease *lease, bool is_wanted)
{
	lease->is_unwanted = !is_wanted;
	if (is_wanted || !lease->until_ns)
		return;
	lease->until_ns = 0;
	lease->config.on_changed(lease->config.arg);
}

void lease_release(struct lease *lease)
{
	uint64_t term;
	bool was_held = lease_is_held(lease, &term) && !lease->is_writing;

	lease->is_released = true;
	if (was_held)
		write_key(lease, true);
}

void lease_init(struct lease *lease, const struct lease_config *config)
{
	*lease = (struct lease){.config = *config};
}

void lease_finish(struct lease *lease)
{
	json_decref(lease->progress);
	lease->progress = NULL;
}
