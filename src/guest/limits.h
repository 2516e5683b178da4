/*
 * Memory limits of a plugin's process. The broker sends them with the plugin, as an array [bytes of
 * linear memory, bytes of the process].
 */
#ifndef HARVESTER_GUEST_LIMITS_H
#define HARVESTER_GUEST_LIMITS_H

#include <cbor.h>

struct error;
struct sandbox;

/*
 * Open /proc/self/statm for limits_apply(), which may run after the lockdown has made opening files
 * impossible. Returns -1 if there is no /proc; limits_apply() then fails.
 */
int limits_open(void);

/*
 * Apply the limits in item `index` of a frame; call before the lockdown. The first becomes the
 * sandbox's memory limit. The second limits what this process may map in addition to what it has
 * now (RLIMIT_DATA): the broker measures memory only twice a second, and one call could allocate
 * more in between. Closes `fd`, which comes from limits_open(). ERROR_MALFORMED if the item is not
 * two numbers, ERROR_SYSTEM if the process's memory cannot be measured or limited.
 */
int limits_apply(struct sandbox *sandbox, const cbor_item_t *frame, size_t index, int fd,
		 struct error *err);

#endif
