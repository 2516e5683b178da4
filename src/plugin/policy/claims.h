/*
 * Who holds which GPIO line and which i2c address. A plugin holds what it was granted, alone,
 * unless it and everyone else who holds the thing asked to share it. The lines of the host's own
 * devices are never anybody's. Loop thread.
 */
#ifndef HARVESTER_PLUGIN_POLICY_CLAIMS_H
#define HARVESTER_PLUGIN_POLICY_CLAIMS_H

#include "config/permission.h"

struct claims;
struct config;
struct error;

/* `config` is borrowed and outlives the claims. ERROR_NO_MEMORY. */
int claims_create(const struct config *config, struct claims **ret_claims);
void claims_destroy(struct claims *claims); /* NULL is allowed */

/*
 * Claim all that `grant` has, beside what `name` holds already: a new version of a plugin claims
 * before it is tried (and in place of one that was being tried). All or nothing. ERROR_BUSY with a
 * text that names the other plugin, the thing, and what to write so that both can have it;
 * ERROR_NO_MEMORY.
 */
int claims_take(struct claims *claims, const char *name, const struct permission *grant,
		struct error *err);

/*
 * Let go of what is not in `grant`, once it is clear which version runs: the grant of the new one,
 * or of the old one where the new one failed. It has to be one that was taken.
 */
void claims_keep(struct claims *claims, const char *name, const struct permission *grant);

/* Let go of all that `name` holds, which may be nothing. */
void claims_release(struct claims *claims, const char *name);

#endif
