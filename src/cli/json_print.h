/* How commands print JSON. */
#ifndef HARVESTER_CLI_JSON_PRINT_H
#define HARVESTER_CLI_JSON_PRINT_H

#include <jansson.h>

/*
 * Print the value and a newline on standard output. flags: of json_dumpf(). On a terminal all but
 * ASCII is escaped, since texts may hold characters that a terminal obeys.
 */
void json_print(const json_t *json, size_t flags);

#endif
