/*
 * Reads the memory, the threads and the processor time of a process from the kernel.
 */
#ifndef HARVESTER_BASE_PROCESS_H
#define HARVESTER_BASE_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* From /proc/PID/status (see proc(5)): State, RssAnon, RssShmem, Threads. A field that is missing
 * there is 0. */
struct process_status {
	bool is_runnable; /* its main thread computes or waits for a processor */
	uint64_t anonymous_bytes, shared_bytes;
	unsigned threads;
};

/* Every field is 0 if the process has ended. Any thread. */
void process_status_read(pid_t pid, struct process_status *ret_status);

/* Processor time that all threads of the process have used, in nanoseconds; 0 if the process has
 * ended. Any thread. */
uint64_t process_cpu_ns(pid_t pid);

#endif
