#include "store/history/intake.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/clock.h"
#include "base/name_index.h"
#include "base/token_bucket.h"
#include "reading/reading.h"

struct held {
	TAILQ_ENTRY(held) link;
	struct reading *reading; /* owned reference */
};

#define SERIES_KNOWN_MIN 16 /* a power of two, as the next one: most plugins have few series */
#define SERIES_KNOWN_MAX 1024
/*
 * The database writes the names of a new series into a table and its index, and each page of both
 * into the write-ahead log first.
 */
#define NEW_NAMES_TIMES 4

struct account {
	const char *name; /* `plugin`; for the index */
	LIST_ENTRY(account) link;
	char plugin[READING_NAME_MAX + 1];
	struct token_bucket bucket;
	TAILQ_HEAD(held_list, held) held; /* one for each sensor, the longest waiting first */
	size_t held_count;
	bool is_thinning;
	uint64_t thinned;
	uint32_t *series;    /* owned: hashes of those that were written; 0: none */
	size_t series_count; /* places in `series`; a hash has the one that it gives modulo this */
};

struct history_intake {
	struct clock *clock;
	struct history_intake_events events;
	LIST_HEAD(, account) accounts;
	struct name_index index; /* of the accounts */
	size_t count;
	size_t held; /* readings that are held, of all accounts */
	uint64_t dropped;
};

struct history_intake *history_intake_create(struct clock *clock,
					     const struct history_intake_events *events)
{
	struct history_intake *intake = calloc(1, sizeof(*intake));

	if (!intake)
		return NULL;
	intake->clock = clock;
	intake->events = *events;
	LIST_INIT(&intake->accounts);
	return intake;
}

/* Accounts */

static void remove_held(struct history_intake *intake, struct account *account, struct held *held)
{
	intake->held--;
	TAILQ_REMOVE(&account->held, held, link);
	account->held_count--;
	reading_unref(held->reading);
	free(held);
}

static void remove_account(struct history_intake *intake, struct account *account)
{
	while (!TAILQ_EMPTY(&account->held))
		remove_held(intake, account, TAILQ_FIRST(&account->held));
	name_index_remove(&intake->index, account);
	LIST_REMOVE(account, link);
	intake->count--;
	free(account->series);
	free(account);
}

void history_intake_destroy(struct history_intake *intake)
{
	if (!intake)
		return;
	while (!LIST_EMPTY(&intake->accounts))
		remove_account(intake, LIST_FIRST(&intake->accounts));
	free(intake);
}

static struct account *find(const struct history_intake *intake, const char *plugin)
{
	return name_index_find(&intake->index, plugin);
}

/*
 * Whether the account holds nothing and its bucket is full, so that a new account would be the
 * same.
 */
static bool is_quiet(struct account *account, uint64_t now_ns)
{
	return TAILQ_EMPTY(&account->held) && token_bucket_is_full(&account->bucket, now_ns);
}

static void forget_the_quiet(struct history_intake *intake, uint64_t now_ns)
{
	struct account *account, *next;

	for (account = LIST_FIRST(&intake->accounts); account; account = next) {
		next = LIST_NEXT(account, link);
		if (is_quiet(account, now_ns))
			remove_account(intake, account);
	}
}

static struct account *add(struct history_intake *intake, const char *plugin, uint64_t now_ns)
{
	struct account *account;

	if (intake->count == HISTORY_INTAKE_PLUGINS_MAX)
		forget_the_quiet(intake, now_ns);
	account = intake->count < HISTORY_INTAKE_PLUGINS_MAX ? calloc(1, sizeof(*account)) : NULL;
	if (!account)
		return NULL;
	snprintf(account->plugin, sizeof(account->plugin), "%s", plugin);
	account->name = account->plugin;
	if (name_index_add(&intake->index, account)) {
		free(account);
		return NULL;
	}
	token_bucket_init(&account->bucket, HISTORY_INTAKE_BYTES_AT_ONCE,
			  HISTORY_INTAKE_BYTES_A_SECOND, now_ns);
	TAILQ_INIT(&account->held);
	LIST_INSERT_HEAD(&intake->accounts, account, link);
	intake->count++;
	return account;
}

/* Readings */

/* FNV-1a (Fowler, Noll and Vo), over the text and its end. */
static uint32_t hash_text(uint32_t hash, const char *text)
{
	do
		hash = (hash ^ (uint8_t)*text) * 16777619u;
	while (*text++);
	return hash;
}

/* Double the places, so that none of the hashes is forgotten for a further one. */
static bool grow_series(struct account *account)
{
	size_t count = account->series_count ? account->series_count * 2 : SERIES_KNOWN_MIN;
	uint32_t *series = count <= SERIES_KNOWN_MAX ? calloc(count, sizeof(*series)) : NULL;

	if (!series)
		return false;
	/* Two hashes that had a place each have one each now. */
	for (size_t i = 0; i < account->series_count; i++)
		series[account->series[i] % count] |= account->series[i];
	free(account->series);
	account->series = series;
	account->series_count = count;
	return true;
}

/* Whether the account has written the series with this hash; from now on it has. */
static bool is_known_series(struct account *account, uint32_t hash)
{
	uint32_t *place;

	if (!account->series_count && !grow_series(account))
		return false;
	do
		place = &account->series[hash % account->series_count];
	while (*place && *place != hash && grow_series(account));
	if (*place == hash)
		return true;
	*place = hash;
	return false;
}

/* What the names of this reading cost if they are new to the database; 0 if they were written. */
static size_t cost_of_names(struct account *account, const struct reading *reading)
{
	uint32_t hash = hash_text(2166136261u, reading->sensor);
	size_t size = strlen(reading->sensor);
	const char *name;
	json_t *value;

	json_object_foreach(reading->data, name, value)
	{
		hash = hash_text(hash, name);
		size += strlen(name);
	}
	return is_known_series(account, hash) ? 0 : NEW_NAMES_TIMES * size;
}

static void write_now(struct history_intake *intake, struct account *account,
		      const struct reading *reading, uint64_t now_ns)
{
	size_t bytes = intake->events.write(intake->events.arg, reading);

	bytes += cost_of_names(account, reading);
	token_bucket_charge(&account->bucket, (double)bytes, now_ns);
}

static void begin_thinning(struct history_intake *intake, struct account *account)
{
	if (account->is_thinning)
		return;
	account->is_thinning = true;
	if (intake->events.on_thinned)
		intake->events.on_thinned(intake->events.arg, account->plugin);
}

/* Counting a reference does not change the reading's value, so the const may go. */
static struct reading *keep(const struct reading *reading)
{
	return reading_ref((struct reading *)reading);
}

/* Replace the held reading of the same sensor; the sensor keeps its turn. */
static bool replace(struct account *account, const struct reading *reading)
{
	struct held *held;

	TAILQ_FOREACH(held, &account->held, link)
	{
		if (strcmp(held->reading->sensor, reading->sensor) != 0)
			continue;
		reading_unref(held->reading);
		held->reading = keep(reading);
		account->thinned++;
		return true;
	}
	return false;
}

static void hold(struct history_intake *intake, struct account *account,
		 const struct reading *reading)
{
	struct held *held;

	begin_thinning(intake, account);
	if (replace(account, reading))
		return;
	if (account->held_count == HISTORY_INTAKE_HELD_MAX) {
		remove_held(intake, account, TAILQ_FIRST(&account->held));
		account->thinned++;
	}
	held = calloc(1, sizeof(*held));
	if (!held) {
		account->thinned++;
		return;
	}
	held->reading = keep(reading);
	TAILQ_INSERT_TAIL(&account->held, held, link);
	intake->held++;
	account->held_count++;
}

static void release(struct history_intake *intake, struct account *account, uint64_t now_ns)
{
	while (!TAILQ_EMPTY(&account->held) && token_bucket_has(&account->bucket, now_ns)) {
		struct held *held = TAILQ_FIRST(&account->held);

		write_now(intake, account, held->reading, now_ns);
		remove_held(intake, account, held);
	}
	if (account->is_thinning && is_quiet(account, now_ns))
		account->is_thinning = false;
}

void history_intake_put(struct history_intake *intake, const struct reading *reading)
{
	uint64_t now_ns = clock_monotonic_ns(intake->clock);
	struct account *account = find(intake, reading->plugin);

	if (!account)
		account = add(intake, reading->plugin, now_ns);
	if (!account) {
		intake->dropped++;
		return;
	}
	release(intake, account, now_ns);
	/* A held reading goes first, to keep the order. */
	if (TAILQ_EMPTY(&account->held) && token_bucket_has(&account->bucket, now_ns))
		write_now(intake, account, reading, now_ns);
	else
		hold(intake, account, reading);
}

void history_intake_release(struct history_intake *intake)
{
	uint64_t now_ns = clock_monotonic_ns(intake->clock);
	struct account *account;

	LIST_FOREACH(account, &intake->accounts, link)
	release(intake, account, now_ns);
}

bool history_intake_holds(const struct history_intake *intake)
{
	return intake->held > 0;
}

uint64_t history_intake_dropped(const struct history_intake *intake)
{
	return intake->dropped;
}

uint64_t history_intake_thinned(const struct history_intake *intake, const char *plugin)
{
	const struct account *account = find(intake, plugin);

	return account ? account->thinned : 0;
}

bool history_intake_is_thinning(struct history_intake *intake, const char *plugin)
{
	struct account *account = find(intake, plugin);

	if (account)
		release(intake, account, clock_monotonic_ns(intake->clock));
	return account && account->is_thinning;
}
