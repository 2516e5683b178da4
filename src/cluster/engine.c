#include "cluster/engine.h"

#include <strings.h>

const char *engine_header(const struct engine_message *message, const char *name)
{
	for (size_t i = 0; i < message->headers_count; i++) {
		if (!strcasecmp(message->headers[i].name, name))
			return message->headers[i].value;
	}
	return NULL;
}
