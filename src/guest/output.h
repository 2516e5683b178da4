/*
 * A guest's standard output or error: bytes in, lines to the log out.
 */
#ifndef HARVESTER_GUEST_OUTPUT_H
#define HARVESTER_GUEST_OUTPUT_H

#include <stddef.h>

#include "base/log.h"

struct channel;

struct output {
	struct channel **channel; /* borrowed; *channel may change (fork) or be NULL (dropped) */
	enum log_level level;
	size_t size;
	char line[LOG_TEXT_SIZE];
};

void output_init(struct output *output, struct channel **channel, enum log_level level);

/* As wasi_config_set_stdout_custom() wants it; `output` is a struct output. Takes all. */
ptrdiff_t output_write(void *output, const unsigned char *data, size_t size);

/* Send what stands behind the last newline. */
void output_flush(struct output *output);

#endif
