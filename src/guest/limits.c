#include "guest/limits.h"

#include <sys/resource.h>

#include "base/error.h"
#include "base/process.h"
#include "guest/sandbox.h"
#include "wire/value.h"

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
	/* What is there already, mapped memory image and heaps, counts against it too. */
	data.rlim_cur = data.rlim_max = process_status_bytes(0, "VmData") + process;
	setrlimit(RLIMIT_DATA, &data);
	return 0;
}
