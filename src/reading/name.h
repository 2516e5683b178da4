/*
 * The one place that says whether a sensor's name is acceptable, whoever names it: a plugin, a node
 * that sends to this hub, or a file.
 */
#ifndef HARVESTER_READING_NAME_H
#define HARVESTER_READING_NAME_H

#include <stdbool.h>

struct error;

/* Whether it has 1 to READING_NAME_MAX bytes of letters, digits and "-_.:", reserved or not. NULL
 * is none. */
bool reading_name_is_valid(const char *name);

/*
 * The name is valid, and none of the host's
 * (base/reserved.h). ERROR_MALFORMED, with the reason in *err. Any thread.
 */
int reading_name_check(const char *name, struct error *err);

#endif
