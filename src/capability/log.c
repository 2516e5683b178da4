#include <string.h>

#include "base/log.h"
#include "capability/internal.h"

/* The cases of the WIT's enum have the names that log_level_parse() knows. */
static int write_line(struct capability_call *call, const cbor_item_t *args)
{
	const char *level_name, *text;
	size_t level_size, size;
	enum log_level level;
	char name[16];

	if (value_get_text(args, 0, &level_name, &level_size) ||
	    value_get_text(args, 1, &text, &size) || level_size >= sizeof(name))
		return ERROR_MALFORMED;
	memcpy(name, level_name, level_size);
	name[level_size] = '\0';
	if (log_level_parse(name, &level))
		return ERROR_MALFORMED;
	if (size > LOG_TEXT_SIZE)
		size = LOG_TEXT_SIZE;
	log_write(level, capability_call_client(call)->name, "%.*s", (int)size, text);
	return capability_reply(call, NULL);
}

static const struct capability_function functions[] = {
	{"write", 2, write_line, "func(level: enum{debug, info, warning, error}, message: string)"},
	{0},
};

const struct capability_interface capability_log = {"log", functions};
