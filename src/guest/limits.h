/*
 * Limits that the broker sends with a plugin: [bytes of linear memory, bytes of the process].
 */
#ifndef HARVESTER_GUEST_LIMITS_H
#define HARVESTER_GUEST_LIMITS_H

#include <cbor.h>

struct error;
struct sandbox;

/*
 * A descriptor for limits_apply(), which may run where no file can be opened any more. -1: there is
 * no /proc, and limits_apply() says so.
 */
int limits_open(void);

/*
 * Take them from item `index` of a frame. The first is kept for the sandbox's store. The second
 * bounds what this process may still map (RLIMIT_DATA, above what it has now): a backstop for host
 * values that one call makes, faster than the broker looks. To be called before the lockdown. `fd`:
 * of limits_open(); closed here. ERROR_MALFORMED, ERROR_SYSTEM.
 */
int limits_apply(struct sandbox *sandbox, const cbor_item_t *frame, size_t index, int fd,
		 struct error *err);

#endif
