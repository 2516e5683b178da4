/*
 * What the kernel says of a process.
 */
#ifndef HARVESTER_BASE_PROCESS_H
#define HARVESTER_BASE_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Of /proc/PID/status, see proc(5): State, RssAnon, RssShmem, Threads. 0 where the kernel does not
 * say. */
struct process_status {
	bool is_runnable; /* its first thread computes, or waits for a processor; it does not sleep
			   */
	uint64_t anonymous_bytes, shared_bytes;
	unsigned threads;
};

/* All 0 if the process is gone. Any thread. */
void process_status_read(pid_t pid, struct process_status *ret_status);

/* Processor time that all threads of a process have used, in nanoseconds; 0 if it is gone. Any
 * thread. */
uint64_t process_cpu_ns(pid_t pid);

#endif
