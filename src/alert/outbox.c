#include "alert/outbox.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

TAILQ_HEAD(letter_list, alert_letter);

struct alert_outbox {
	struct letter_list letters; /* owned; the oldest first */
	size_t count;
	struct alert_owners owners; /* of the letters */
};

struct alert_outbox *alert_outbox_create(void)
{
	struct alert_outbox *outbox = calloc(1, sizeof(*outbox));

	if (outbox)
		TAILQ_INIT(&outbox->letters);
	if (outbox)
		LIST_INIT(&outbox->owners);
	return outbox;
}

void alert_outbox_remove(struct alert_outbox *outbox, struct alert_letter *letter)
{
	TAILQ_REMOVE(&outbox->letters, letter, link);
	outbox->count--;
	alert_owner_drop(letter->owner);
	json_decref(letter->notice);
	free(letter);
}

void alert_outbox_destroy(struct alert_outbox *outbox)
{
	if (!outbox)
		return;
	while (!TAILQ_EMPTY(&outbox->letters))
		alert_outbox_remove(outbox, TAILQ_FIRST(&outbox->letters));
	free(outbox);
}

/* The newest letter of the owner that has most, unless it is in a group: that may be on its way. */
static struct alert_letter *find_victim(struct alert_outbox *outbox)
{
	const struct alert_owner *largest = alert_owners_largest(&outbox->owners);
	struct alert_letter *letter;

	TAILQ_FOREACH_REVERSE(letter, &outbox->letters, letter_list, link)
	if (letter->owner == largest && !*letter->group)
		return letter;
	return NULL;
}

static struct alert_letter *append(struct alert_outbox *outbox, const char *channel, const char *id,
				   const char *owner, json_t *notice)
{
	struct alert_letter *letter = calloc(1, sizeof(*letter));

	if (letter)
		letter->owner = alert_owner_take(&outbox->owners, owner);
	if (!letter || !letter->owner) {
		free(letter);
		return NULL;
	}
	snprintf(letter->id, sizeof(letter->id), "%s", id);
	snprintf(letter->channel, sizeof(letter->channel), "%s", channel);
	letter->notice = json_incref(notice);
	TAILQ_INSERT_TAIL(&outbox->letters, letter, link);
	outbox->count++;
	return letter;
}

struct alert_letter *alert_outbox_add(struct alert_outbox *outbox, const char *channel,
				      const char *id, const char *owner, json_t *notice,
				      alert_letter_dropped *on_dropped, void *arg)
{
	struct alert_letter *letter = append(outbox, channel, id, owner, notice), *victim;

	if (!letter || outbox->count <= ALERT_OUTBOX_MAX)
		return letter;
	victim = find_victim(outbox);
	victim = victim ? victim : letter;
	on_dropped(arg, victim);
	letter = victim == letter ? NULL : letter;
	alert_outbox_remove(outbox, victim);
	return letter;
}

json_t *alert_letter_record(const struct alert_letter *letter)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:O}", "id", letter->id, "group", letter->group,
			 "channel", letter->channel, "owner", letter->owner->name, "notice",
			 letter->notice);
}

void alert_letter_key(const struct alert_letter *letter, char *ret_key, size_t size)
{
	const json_t *at = json_object_get(letter->notice, "at_ms");

	/* Records are read in the order of their keys: the oldest first. */
	snprintf(ret_key, size, "%016llx %s %s", (unsigned long long)json_integer_value(at),
		 letter->id, letter->channel);
}

static const char *text_of(const json_t *record, const char *key, size_t size)
{
	const char *text = json_string_value(json_object_get(record, key));

	return text && strlen(text) < size ? text : NULL;
}

int alert_outbox_restore(struct alert_outbox *outbox, const json_t *record)
{
	const char *id = text_of(record, "id", ALERT_ID_SIZE);
	const char *group = text_of(record, "group", ALERT_ID_SIZE);
	const char *channel = text_of(record, "channel", ALERT_CHANNEL_SIZE);
	const char *owner = text_of(record, "owner", ALERT_SUBJECT_SIZE);
	json_t *notice = json_object_get(record, "notice");
	struct alert_letter *letter;

	if (!id || !*id || !group || !channel || !owner || !json_is_object(notice))
		return ERROR_MALFORMED;
	if (outbox->count >= ALERT_OUTBOX_MAX)
		return ERROR_TOO_LARGE;
	letter = append(outbox, channel, id, owner, notice);
	if (!letter)
		return ERROR_NO_MEMORY;
	snprintf(letter->group, sizeof(letter->group), "%s", group);
	return 0;
}

static struct alert_letter *find_from(struct alert_letter *letter, const char *channel)
{
	while (letter && strcmp(letter->channel, channel) != 0)
		letter = TAILQ_NEXT(letter, link);
	return letter;
}

struct alert_letter *alert_outbox_first(const struct alert_outbox *outbox, const char *channel)
{
	struct alert_letter *letter = find_from(TAILQ_FIRST(&outbox->letters), channel);

	/* What was on its way before a restart goes first, whatever the clock said then. */
	for (struct alert_letter *at = letter; at; at = find_from(TAILQ_NEXT(at, link), channel))
		if (*at->group)
			return at;
	return letter;
}

struct alert_letter *alert_outbox_next(const struct alert_letter *letter)
{
	struct alert_letter *next = find_from(TAILQ_NEXT(letter, link), letter->channel);

	while (next && strcmp(next->group, letter->group) != 0)
		next = find_from(TAILQ_NEXT(next, link), letter->channel);
	return next;
}

void alert_outbox_group(struct alert_outbox *outbox, const char *channel, size_t size,
			void (*on_grouped)(void *arg, struct alert_letter *letter), void *arg)
{
	struct alert_letter *first = alert_outbox_first(outbox, channel), *letter;
	size_t count = 0;

	if (!first || *first->group)
		return;
	for (letter = first; letter && count < size;
	     letter = find_from(TAILQ_NEXT(letter, link), channel), count++) {
		snprintf(letter->group, sizeof(letter->group), "%s", first->id);
		on_grouped(arg, letter);
	}
}

struct alert_letter *alert_outbox_stray(const struct alert_outbox *outbox,
					const char *const *channels)
{
	struct alert_letter *letter;

	TAILQ_FOREACH(letter, &outbox->letters, link)
	{
		size_t i = 0;

		while (channels[i] && strcmp(channels[i], letter->channel) != 0)
			i++;
		if (!channels[i])
			return letter;
	}
	return NULL;
}

size_t alert_outbox_waiting(const struct alert_outbox *outbox, const char *channel)
{
	const struct alert_letter *letter;
	size_t count = 0;

	TAILQ_FOREACH(letter, &outbox->letters, link) count += !strcmp(letter->channel, channel);
	return count;
}

size_t alert_outbox_count(const struct alert_outbox *outbox)
{
	return outbox->count;
}
