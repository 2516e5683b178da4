/*
 * What the kernel says of a process.
 */
#ifndef HARVESTER_BASE_PROCESS_H
#define HARVESTER_BASE_PROCESS_H

#include <stdint.h>
#include <sys/types.h>

/*
 * One size of /proc/PID/status ("RssAnon", "VmData"), in bytes; pid 0: this process. 0 if the process
 * is gone or the kernel does not know the line. See proc(5). Any thread.
 */
uint64_t process_status_bytes(pid_t pid, const char *name);

#endif
