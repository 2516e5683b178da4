#include "guest/limits.h"

#include <stdio.h>
#include <sys/resource.h>

#include "base/error.h"
#include "guest/sandbox.h"
#include "wire/value.h"

/* What counts against RLIMIT_DATA already: the mapped memory image, heaps. 0 if not known. */
static uint64_t data_bytes(void)
{
	unsigned long long kilobytes = 0;
	FILE *file = fopen("/proc/self/status", "re");
	char line[128];

	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "VmData: %llu kB", &kilobytes) == 1)
			break;
	}
	if (file)
		fclose(file);
	return kilobytes * 1024;
}

int limits_apply(struct sandbox *sandbox, const cbor_item_t *frame, size_t index, struct error *err)
{
	const cbor_item_t *limits =
		cbor_array_size(frame) > index ? cbor_array_handle(frame)[index] : NULL;
	uint64_t linear, process;
	struct rlimit data;

	if (!limits || value_get_unsigned(limits, 0, INT64_MAX, &linear) ||
	    value_get_unsigned(limits, 1, INT64_MAX, &process))
		return error_set(err, ERROR_MALFORMED, "a frame without limits");
	sandbox_set_memory_limit(sandbox, linear);
	data.rlim_cur = data.rlim_max = data_bytes() + process;
	setrlimit(RLIMIT_DATA, &data);
	return 0;
}
