/*
 * Decides whether a sensor's name is acceptable, in one place for all names: those from a plugin,
 * from a node that sends its readings here, and from a file.
 */
#ifndef HARVESTER_READING_NAME_H
#define HARVESTER_READING_NAME_H

#include <stdbool.h>

struct error;

/* True if the name has 1 to READING_NAME_MAX letters, digits and "-_.:". Reserved names are valid
 * here. False for NULL. Any thread. */
bool reading_name_is_valid(const char *name);

/*
 * Check that the name is valid and not reserved (base/reserved.h). ERROR_MALFORMED, with the reason
 * in *err. Any thread.
 */
int reading_name_check(const char *name, struct error *err);

#endif
