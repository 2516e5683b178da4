#include "plugin/process/processor.h"

void processor_begin(struct processor *processor, uint64_t now_ns, uint64_t used_ns)
{
	uint64_t out = (now_ns - processor->looked_ns) / 100 * PROCESSOR_IDLE_SHARE;

	processor->in_bucket_ns -= out < processor->in_bucket_ns ? out : processor->in_bucket_ns;
	processor->looked_ns = now_ns;
	processor->used_ns = used_ns;
}

bool processor_count(struct processor *processor, uint64_t now_ns, uint64_t used_ns)
{
	/* used_ns is 0 if the process is gone, which the reaper reports. */
	uint64_t more = used_ns > processor->used_ns ? used_ns - processor->used_ns : 0;

	processor_begin(processor, now_ns, used_ns);
	processor->in_bucket_ns += more;
	return processor->in_bucket_ns <= PROCESSOR_IDLE_MAX_NS;
}
