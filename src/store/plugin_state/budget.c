#include "store/plugin_state/budget.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/token_bucket.h"

struct account {
	char *plugin; /* owned */
	struct token_bucket bucket;
};

struct state_budget {
	struct clock *clock;
	struct account *accounts; /* owned: plugins that wrote recently */
	size_t count;
	_Atomic uint64_t refused;
};

struct state_budget *state_budget_create(struct clock *clock)
{
	struct state_budget *budget = calloc(1, sizeof(*budget));

	if (budget)
		budget->clock = clock;
	return budget;
}

void state_budget_destroy(struct state_budget *budget)
{
	if (!budget)
		return;
	for (size_t i = 0; i < budget->count; i++)
		free(budget->accounts[i].plugin);
	free(budget->accounts);
	free(budget);
}

static struct account *find(struct state_budget *budget, const char *plugin)
{
	for (size_t i = 0; i < budget->count; i++) {
		if (!strcmp(budget->accounts[i].plugin, plugin))
			return &budget->accounts[i];
	}
	return NULL;
}

/* Remove full buckets: a plugin without a bucket gets a full one. */
static void forget_the_full(struct state_budget *budget, uint64_t now_ns)
{
	for (size_t i = budget->count; i-- > 0;) {
		if (!token_bucket_is_full(&budget->accounts[i].bucket, now_ns))
			continue;
		free(budget->accounts[i].plugin);
		budget->accounts[i] = budget->accounts[--budget->count];
	}
}

static struct account *add(struct state_budget *budget, const char *plugin, uint64_t now_ns)
{
	struct account *room;
	char *name;

	forget_the_full(budget, now_ns);
	if (budget->count == STATE_BUDGET_PLUGINS_MAX)
		return NULL;
	room = reallocarray(budget->accounts, budget->count + 1, sizeof(*room));
	if (!room)
		return NULL;
	budget->accounts = room;
	name = strdup(plugin);
	if (!name)
		return NULL;
	room += budget->count++;
	room->plugin = name;
	token_bucket_init(&room->bucket, STATE_WRITES_AT_ONCE, STATE_WRITES_A_SECOND, now_ns);
	return room;
}

int state_budget_check(struct state_budget *budget, const char *plugin, struct error *err)
{
	uint64_t now_ns = clock_monotonic_ns(budget->clock);
	struct account *account = find(budget, plugin);
	uint64_t wait_ns;

	if (!account)
		account = add(budget, plugin, now_ns);
	if (!account)
		return error_set(err, ERROR_NO_MEMORY,
				 "out of memory while storing the plugin's state; this machine "
				 "needs more free memory");
	wait_ns = token_bucket_wait_ns(&account->bucket, now_ns);
	if (!wait_ns)
		return 0;
	budget->refused++;
	return error_set(err, ERROR_BUSY,
			 "state was written too often: a plugin may change it %d times at once and "
			 "%d time a second after that, to spare the disk; the next change is "
			 "possible in %.1f s; keep the value in a variable and set it less often",
			 STATE_WRITES_AT_ONCE, STATE_WRITES_A_SECOND, (double)wait_ns / 1e9);
}

void state_budget_charge(struct state_budget *budget, const char *plugin)
{
	struct account *account = find(budget, plugin);

	if (account)
		token_bucket_take(&account->bucket, clock_monotonic_ns(budget->clock));
}

uint64_t state_budget_refused(const struct state_budget *budget)
{
	return budget->refused;
}
