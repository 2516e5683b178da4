#include "base/process.h"

#include <stdio.h>
#include <string.h>

uint64_t process_status_bytes(pid_t pid, const char *name)
{
	unsigned long long kilobytes = 0;
	size_t length = strlen(name);
	char path[64], line[128];
	FILE *file;

	if (pid)
		snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	else
		snprintf(path, sizeof(path), "/proc/self/status");
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file)) {
		if (!strncmp(line, name, length) &&
		    sscanf(line + length, ": %llu kB", &kilobytes) == 1)
			break;
	}
	if (file)
		fclose(file);
	return kilobytes * 1024;
}
