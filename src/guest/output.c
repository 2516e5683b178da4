#include "guest/output.h"

#include "guest/channel.h"

void output_init(struct output *output, struct channel **channel, enum log_level level)
{
	output->channel = channel;
	output->level = level;
	output->size = 0;
}

void output_flush(struct output *output)
{
	if (output->size && *output->channel)
		channel_log(*output->channel, output->level, output->line, output->size);
	output->size = 0;
}

ptrdiff_t output_write(void *arg, const unsigned char *data, size_t size)
{
	struct output *output = arg;

	for (size_t i = 0; i < size; i++) {
		if (data[i] == '\n') {
			output_flush(output);
			continue;
		}
		if (output->size == sizeof(output->line))
			output_flush(output);
		output->line[output->size++] = (char)data[i];
	}
	return (ptrdiff_t)size;
}
