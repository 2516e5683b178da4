/*
 * Other names of a withheld device. A link such as "serial0" may lead to the serial port "ttyAMA0",
 * and an owner who withholds one of the names withholds the device. The capabilities ask here at
 * each call; the list of plugins and `harvester plugin approve` ask what such a call would get.
 *
 * Where a link leads can change at any time, so the answers hold for the present moment only. Loop
 * thread; in a command, any thread.
 */
#ifndef HARVESTER_CAPABILITY_ALIAS_H
#define HARVESTER_CAPABILITY_ALIAS_H

#include <jansson.h>

#include "hardware/bus/backend.h"

struct config;
struct permission;

/*
 * Returns the withheld name of the device `name` of this kind, if the configuration withholds the
 * device from `plugin` under that name or another one; NULL if it does not. Borrowed from `config`.
 */
const char *capability_alias_find(struct backend *backend, const struct config *config,
				  const char *plugin, enum bus_kind kind, const char *name);

/*
 * Remove the names of withheld devices from `grant`, which is to be shown to a person. Returns a
 * text for each of them, such as "uart serial0 (the same as ttyAMA0)"; the caller owns the array.
 * NULL if memory runs out.
 */
json_t *capability_alias_remove(struct backend *backend, const struct config *config,
				const char *plugin, struct permission *grant);

#endif
