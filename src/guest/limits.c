#include "guest/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/error.h"
#include "guest/sandbox.h"
#include "wire/value.h"

int limits_open(void)
{
	return open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
}

/* proc(5): size resident shared text lib data dt, in pages. The stack is in data; it is small. */
static int read_data_bytes(int fd, uint64_t *ret_bytes, struct error *err)
{
	char text[256];
	ssize_t size = fd < 0 ? -1 : pread(fd, text, sizeof(text) - 1, 0);
	unsigned long long pages;

	if (size < 0)
		return error_set_errno(err, ERROR_SYSTEM, errno,
				       "cannot read /proc/self/statm (mount /proc)");
	text[size] = '\0';
	if (sscanf(text, "%*u %*u %*u %*u %*u %llu", &pages) != 1)
		return error_set(
			err, ERROR_SYSTEM,
			"/proc/self/statm has no sixth number: check how /proc is mounted");
	*ret_bytes = pages * (uint64_t)sysconf(_SC_PAGESIZE);
	return 0;
}

int limits_apply(struct sandbox *sandbox, const cbor_item_t *frame, size_t index, int fd,
		 struct error *err)
{
	const cbor_item_t *limits =
		cbor_array_size(frame) > index ? cbor_array_handle(frame)[index] : NULL;
	uint64_t linear, process, now = 0;
	struct rlimit data;
	int ret = read_data_bytes(fd, &now, err);

	if (fd >= 0)
		close(fd);
	if (ret)
		return ret;
	if (!limits || value_get_unsigned(limits, 0, INT64_MAX, &linear) ||
	    value_get_unsigned(limits, 1, INT64_MAX, &process))
		return error_set(err, ERROR_MALFORMED,
				 "the broker sent a frame without limits: install harvester again, "
				 "so that node and guest have one version");
	sandbox_set_memory_limit(sandbox, linear);
	/* RLIMIT_DATA also counts what is mapped already (the artifact's image, heaps). */
	data.rlim_cur = data.rlim_max = now + process;
	setrlimit(RLIMIT_DATA, &data);
	return 0;
}
