#include "hardware/bus/w1.h"

#include "base/error.h"
#include "config/rules.h"

int w1_bus_list(struct w1_bus *bus, char (*ret_names)[W1_NAME_SIZE], size_t *ret_count,
		struct error *err)
{
	return bus->ops->list(bus, ret_names, ret_count, err);
}

int w1_bus_read(struct w1_bus *bus, const char *name, char ret_text[W1_TEXT_SIZE],
		struct error *err)
{
	/* The name becomes part of a path. */
	if (!rule_is_w1(name))
		return error_set(err, ERROR_INVALID,
				 "the name of a 1-wire device must be " RULE_W1);
	return bus->ops->read(bus, name, ret_text, err);
}

void w1_bus_close(struct w1_bus *bus)
{
	if (bus)
		bus->ops->close(bus);
}
