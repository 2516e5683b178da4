/*
 * Names that are reserved for the broker: the sources of its log lines, and all names that begin
 * with "_". A plugin or sensor with such a name could be mistaken for the broker, so none may have
 * one, neither here nor on a node that sends its readings to this one.
 */
#ifndef HARVESTER_BASE_RESERVED_H
#define HARVESTER_BASE_RESERVED_H

#include <stdbool.h>

/* Ignores case, since a person reads "Web" like "web". Any thread. */
bool name_is_reserved(const char *name);

#endif
