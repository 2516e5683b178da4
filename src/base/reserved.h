/*
 * Names that are the host's: the sources of its own log lines, and all that begin with "_". No
 * plugin, no sensor of a plugin and no sensor of another node may have one, or it could pass for
 * the host.
 */
#ifndef HARVESTER_BASE_RESERVED_H
#define HARVESTER_BASE_RESERVED_H

#include <stdbool.h>

/* Upper and lower case are the same here: "Web" reads like "web". Any thread. */
bool name_is_reserved(const char *name);

#endif
