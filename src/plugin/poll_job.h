/*
 * Converts what a poll returned: parses the guest's answer, and passes the value to convert() of
 * struct plugin_events.
 *
 * A megabyte of readings takes tens of milliseconds. So a large answer is converted on the thread
 * of a work queue (plugin_services.conversions). Meanwhile the loop serves the other plugins, and
 * no call of this plugin begins. A small answer is converted on the loop, before poll_job_start()
 * returns. All functions: loop thread.
 */
#ifndef HARVESTER_PLUGIN_POLL_JOB_H
#define HARVESTER_PLUGIN_POLL_JOB_H

#include <cbor.h>
#include <stdbool.h>
#include <stddef.h>

#include "plugin/plugin.h"

struct error;
struct poll_job;

/* Cost of an answer, by poll_weight_cost(), that is converted on the loop. */
#define POLL_JOB_SMALL 16384

/*
 * `result`: the callback owns it; NULL if the answer cannot be converted, for the reason in `err`
 * (borrowed). `cost`: how much the value is charged for, by poll_weight_cost().
 */
typedef void poll_job_done(void *arg, struct plugin_result *result, size_t cost,
			   const struct error *err);

/*
 * Convert item 3 of `frame`, an answer: JSON text from a .py plugin, a CBOR value from a component
 * (is_component). `poll` describes the poll; its member `value` is ignored. Takes its own
 * references and copies. on_done(arg) is called once: before this call returns if the answer is
 * small or memory runs out, and *ret_job is then NULL; else later, unless poll_job_cancel() comes
 * first.
 */
void poll_job_start(const struct plugin_services *services, const struct plugin_poll *poll,
		    bool is_component, const cbor_item_t *frame, poll_job_done *on_done, void *arg,
		    struct poll_job **ret_job);

/* Do not call on_done() any more; the result is dropped. NULL is allowed. */
void poll_job_cancel(struct poll_job *job);

#endif
