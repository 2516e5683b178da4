/* Prints JSON for all commands with --json. */
#ifndef HARVESTER_CLI_JSON_PRINT_H
#define HARVESTER_CLI_JSON_PRINT_H

#include <jansson.h>

/*
 * Print the value and a newline on stdout; `flags` are those of json_dumpf(). If stdout is a
 * terminal, everything except ASCII is escaped: texts from plugins may contain characters that
 * control the terminal.
 */
void json_print(const json_t *json, size_t flags);

#endif
