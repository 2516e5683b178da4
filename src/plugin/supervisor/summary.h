/*
 * How the plugins of a node are, in few words: for `systemctl status`, and for the question whether
 * the node is ready. Any thread.
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

/*
 * Add a text such as "plugin door: backoff" to `reasons` for each plugin that keeps the node from
 * being ready. A plugin that waits for approval, or is disabled, does not. `plugins` as above.
 */
void plugin_summary_add_unready(const json_t *plugins, json_t *reasons);

#endif
