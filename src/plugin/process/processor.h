/*
 * Limits the processor time that a guest uses between two calls.
 *
 * A call is limited by its deadline. Between two calls an honest guest does next to nothing. A
 * guest whose code has escaped the WebAssembly engine could compute there for its own purposes, so
 * the time that it uses fills a bucket that drains slowly; a guest that fills it is killed. A plain
 * value. Loop thread.
 */
#ifndef HARVESTER_PLUGIN_PROCESS_PROCESSOR_H
#define HARVESTER_PLUGIN_PROCESS_PROCESSOR_H

#include <stdbool.h>
#include <stdint.h>

/* size of the bucket: one second of processor time */
#define PROCESSOR_IDLE_MAX_NS 1000000000ull
#define PROCESSOR_IDLE_SHARE 10 /* the bucket drains by this per cent of the time */

struct processor {
	uint64_t used_ns;   /* processor time of the process at the last measurement */
	uint64_t looked_ns; /* when that was, by the monotonic clock */
	uint64_t in_bucket_ns;
};

/* Begin to measure, because a call has ended. used_ns: from process_cpu_ns(). */
void processor_begin(struct processor *processor, uint64_t now_ns, uint64_t used_ns);

/*
 * Add the processor time since the last measurement to the bucket. Returns false if the bucket is
 * full, so that the caller has to kill the process.
 */
bool processor_count(struct processor *processor, uint64_t now_ns, uint64_t used_ns);

#endif
