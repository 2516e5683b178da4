/*
 * How much processor time a guest may use while nobody called it.
 *
 * A call has its deadline. Between two calls an honest guest does next to nothing: it returns from
 * the answer and waits. One whose code left the engine could work there for its own ends, so what
 * it uses then fills a bucket that runs out slowly. A plain value; the loop thread's.
 */
#ifndef HARVESTER_PLUGIN_PROCESS_PROCESSOR_H
#define HARVESTER_PLUGIN_PROCESS_PROCESSOR_H

#include <stdbool.h>
#include <stdint.h>

/* one second at once, or since it was last empty */
#define PROCESSOR_IDLE_MAX_NS 1000000000ull
#define PROCESSOR_IDLE_SHARE 10 /* per cent of the time that passes, for good */

struct processor {
	uint64_t used_ns;   /* of the process, when it was last looked at */
	uint64_t looked_ns; /* monotonic */
	uint64_t in_bucket_ns;
};

/* The call ended, and what follows counts. used_ns: of process_cpu_ns(). */
void processor_begin(struct processor *processor, uint64_t now_ns, uint64_t used_ns);

/* Count what was used since. False: it is more than it may. */
bool processor_count(struct processor *processor, uint64_t now_ns, uint64_t used_ns);

#endif
