/*
 * A plugin's standard output or standard error: collects what the plugin writes into lines, and
 * sends each line to the broker's log.
 */
#ifndef HARVESTER_GUEST_OUTPUT_H
#define HARVESTER_GUEST_OUTPUT_H

#include <stddef.h>

#include "base/log.h"

struct channel;

struct output {
	struct channel **channel; /* borrowed; *channel changes at a fork; NULL: drop all output */
	enum log_level level;
	size_t size;
	char line[LOG_TEXT_SIZE];
};

void output_init(struct output *output, struct channel **channel, enum log_level level);

/*
 * Callback for wasi_config_set_stdout_custom(); `output` is a struct output. Always accepts all
 * bytes, and returns their number.
 */
ptrdiff_t output_write(void *output, const unsigned char *data, size_t size);

/* Send what was written since the last newline as a line of its own. */
void output_flush(struct output *output);

#endif
