#include "base/reserved.h"

#include <stddef.h>
#include <strings.h>

/* The sources of the broker's log lines, and other names that readers take for the broker. */
static const char *const names[] = {
	"accounts", "broker",  "harvester", "hardware", "history", "host", "hub",
	"log",	    "plugins", "self",	    "state",	"uplink",  "web",
};

bool name_is_reserved(const char *name)
{
	if (name[0] == '_')
		return true;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (!strcasecmp(name, names[i]))
			return true;
	}
	return false;
}
