#include "base/process.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

void process_status_read(pid_t pid, struct process_status *ret_status)
{
	unsigned long long anonymous = 0, shared = 0;
	unsigned threads = 0;
	char path[64], line[128], state = '\0';
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	file = fopen(path, "re");
	/* "Threads" comes last in the file. */
	while (file && fgets(line, sizeof(line), file) && !threads) {
		sscanf(line, "State: %c", &state);
		sscanf(line, "RssAnon: %llu kB", &anonymous);
		sscanf(line, "RssShmem: %llu kB", &shared);
		sscanf(line, "Threads: %u", &threads);
	}
	if (file)
		fclose(file);
	*ret_status = (struct process_status){
		.is_runnable = state == 'R',
		.anonymous_bytes = anonymous * 1024,
		.shared_bytes = shared * 1024,
		.threads = threads,
	};
}

uint64_t process_cpu_ns(pid_t pid)
{
	struct timespec used;
	clockid_t clock;

	if (clock_getcpuclockid(pid, &clock) || clock_gettime(clock, &used))
		return 0;
	return (uint64_t)used.tv_sec * 1000000000u + (uint64_t)used.tv_nsec;
}
