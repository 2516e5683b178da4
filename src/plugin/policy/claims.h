/*
 * Claims: which plugin holds which GPIO line and i2c address, so that no two plugins get the same
 * one. Plugins may hold one together if all of them request to share it. No plugin can claim a line
 * that the host itself drives (LEDs, buzzer, fan). All functions: loop thread.
 */
#ifndef HARVESTER_PLUGIN_POLICY_CLAIMS_H
#define HARVESTER_PLUGIN_POLICY_CLAIMS_H

#include "config/permission.h"

struct claims;
struct config;
struct error;

/* Borrows `config`, which must outlive the claims. The caller owns *ret_claims. ERROR_NO_MEMORY. */
int claims_create(const struct config *config, struct claims **ret_claims);
void claims_destroy(struct claims *claims); /* NULL is allowed */

/*
 * Claim all lines and addresses of `grant` for plugin `name`, or none of them. The claims of the
 * plugin's running version stay; those of an earlier candidate are replaced. ERROR_BUSY if another
 * plugin or the host holds one of them; the text names the holder, the line or address, and what to
 * write so that both can have it. ERROR_NO_MEMORY.
 */
int claims_take(struct claims *claims, const char *name, const struct permission *grant,
		struct error *err);

/*
 * Release all claims of `name` that are not in `grant`. Call it when a candidate has taken over or
 * failed, with the grant of the version that runs on. That grant must have been claimed before.
 */
void claims_keep(struct claims *claims, const char *name, const struct permission *grant);

/* Release all claims of `name`, if it has any. */
void claims_release(struct claims *claims, const char *name);

#endif
