#include "plugin/policy/claims.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "config/config.h"
#include "plugin/discovery/source.h"
#include "plugin/policy/grant.h"
#include "plugin/policy/overlap.h"

/* A plugin with a candidate holds two grants: of the running version and of the candidate. */
struct holder {
	struct holder *next;
	char name[PLUGIN_NAME_SIZE];
	struct permission grants[2];
	size_t count;
};

struct claims {
	const struct config *config; /* borrowed */
	struct holder *holders;	     /* owned; one for each plugin that holds a line or address */
};

int claims_create(const struct config *config, struct claims **ret_claims)
{
	struct claims *claims = calloc(1, sizeof(*claims));

	if (!claims)
		return ERROR_NO_MEMORY;
	claims->config = config;
	*ret_claims = claims;
	return 0;
}

void claims_destroy(struct claims *claims)
{
	while (claims && claims->holders)
		claims_release(claims, claims->holders->name);
	free(claims);
}

static struct holder *find(const struct claims *claims, const char *name)
{
	for (struct holder *holder = claims->holders; holder; holder = holder->next)
		if (!strcmp(holder->name, name))
			return holder;
	return NULL;
}

/* A line or an address that two plugins cannot both have. */
struct conflict {
	char thing[16];	     /* "GPIO4", "i2c 0x77" */
	char line[32];	     /* "share_gpio = [4]" */
	bool shared, wanted; /* whether the holder shares it; whether the newcomer does */
};

/* Find the first line or address of `wanted` that conflicts with `held`; false if there is none. */
static bool find_conflict(const struct permission *held, const struct permission *wanted,
			  unsigned usual_bus, struct conflict *ret_conflict)
{
	struct overlap overlap;
	struct conflict conflict;

	overlap_find(held, wanted, usual_bus, &overlap);
	if (overlap.gpio_count) {
		unsigned line = overlap.gpio[0];

		conflict.shared = permission_shares_gpio(held, line);
		conflict.wanted = permission_shares_gpio(wanted, line);
		snprintf(conflict.thing, sizeof(conflict.thing), "GPIO%u", line);
		snprintf(conflict.line, sizeof(conflict.line), "share_gpio = [%u]", line);
	} else if (overlap.i2c_count) {
		uint16_t address = overlap.i2c[0];

		conflict.shared = permission_shares_i2c(held, address);
		conflict.wanted = permission_shares_i2c(wanted, address);
		snprintf(conflict.thing, sizeof(conflict.thing), "i2c 0x%02X", address);
		snprintf(conflict.line, sizeof(conflict.line), "share_i2c = [0x%02X]", address);
	} else {
		return false;
	}
	*ret_conflict = conflict;
	return true;
}

static int refuse(struct error *err, const char *name, const char *holder,
		  const struct conflict *conflict)
{
	if (conflict->shared)
		return error_set(err, ERROR_BUSY,
				 "%s is held by plugin %s, which shares it: add `%s` to the "
				 "permission.toml of %s too",
				 conflict->thing, holder, conflict->line, name);
	if (conflict->wanted)
		return error_set(err, ERROR_BUSY,
				 "%s is held by plugin %s alone: to share it, add `%s` to the "
				 "permission.toml of %s too",
				 conflict->thing, holder, conflict->line, holder);
	return error_set(err, ERROR_BUSY,
			 "%s is held by plugin %s alone: to share it, add `%s` to the "
			 "permission.toml of both %s and %s",
			 conflict->thing, holder, conflict->line, holder, name);
}

static int check_others(const struct claims *claims, const char *name,
			const struct permission *grant, struct error *err)
{
	unsigned usual_bus = claims->config->hardware.i2c_bus;
	struct conflict conflict;

	for (const struct holder *holder = claims->holders; holder; holder = holder->next) {
		if (!strcmp(holder->name, name))
			continue;
		for (size_t i = 0; i < holder->count; i++) {
			const struct permission *held = &holder->grants[i];

			if (find_conflict(held, grant, usual_bus, &conflict))
				return refuse(err, name, holder->name, &conflict);
		}
	}
	return 0;
}

static int check_host(const struct claims *claims, const struct permission *grant,
		      struct error *err)
{
	for (size_t i = 0; i < grant->gpio_count; i++) {
		const struct grant_host_line *own =
			grant_find_host_line(claims->config, grant->gpio[i]);

		if (own)
			return error_set(err, ERROR_BUSY,
					 "GPIO%u drives the node's %s and cannot be granted to a "
					 "plugin: take it out of allow_gpio; to use the %s, add "
					 "`%s = true`",
					 grant->gpio[i], own->device, own->device, own->key);
	}
	return 0;
}

static struct holder *find_or_add(struct claims *claims, const char *name)
{
	struct holder *holder = find(claims, name);

	if (holder)
		return holder;
	holder = calloc(1, sizeof(*holder));
	if (!holder)
		return NULL;
	snprintf(holder->name, sizeof(holder->name), "%s", name);
	holder->next = claims->holders;
	claims->holders = holder;
	return holder;
}

/* True if the grant has anything that another plugin's claim could conflict with. */
static bool can_conflict(const struct permission *grant)
{
	return grant->gpio_count || grant->i2c_count;
}

int claims_take(struct claims *claims, const char *name, const struct permission *grant,
		struct error *err)
{
	struct holder *holder;
	int ret = check_host(claims, grant, err);

	if (!ret && can_conflict(grant))
		ret = check_others(claims, name, grant, err);
	if (ret)
		return ret;
	if (!can_conflict(grant) && !find(claims, name))
		return 0;
	holder = find_or_add(claims, name);
	if (!holder)
		return error_set(err, ERROR_NO_MEMORY,
				 "out of memory while claiming the plugin's devices; this machine "
				 "needs more free memory");
	if (holder->count < 2)
		holder->count++;
	holder->grants[holder->count - 1] = *grant;
	return 0;
}

void claims_keep(struct claims *claims, const char *name, const struct permission *grant)
{
	struct holder *holder = find(claims, name);

	if (!holder)
		return;
	if (!can_conflict(grant)) {
		claims_release(claims, name);
		return;
	}
	holder->grants[0] = *grant;
	holder->count = 1;
}

void claims_release(struct claims *claims, const char *name)
{
	for (struct holder **link = &claims->holders; *link; link = &(*link)->next) {
		struct holder *holder = *link;

		if (strcmp(holder->name, name) != 0)
			continue;
		*link = holder->next;
		free(holder);
		return;
	}
}
