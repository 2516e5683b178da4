/*
 * One line on how a node is, for `systemctl status`. Any thread.
 */
#ifndef HARVESTER_PLUGIN_SUPERVISOR_SUMMARY_H
#define HARVESTER_PLUGIN_SUPERVISOR_SUMMARY_H

#include <jansson.h>
#include <stddef.h>

/*
 * Write a line such as "2 plugins run, 1 needs approval, 1 failed; http://127.0.0.1:3000".
 * `plugins` is supervisor_to_json(), or NULL if there is no supervisor; `address` has the scheme.
 * Cut if `size` is too small.
 */
void plugin_summary_write(const json_t *plugins, const char *address, char *ret_text, size_t size);

#endif
