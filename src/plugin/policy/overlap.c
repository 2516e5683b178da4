#include "plugin/policy/overlap.h"

#include <stdbool.h>

static bool have_a_common_bus(const struct permission *a, const struct permission *b,
			      unsigned usual)
{
	if (!a->i2c_bus_count)
		return permission_has_i2c_bus(b, usual, usual);
	for (size_t i = 0; i < a->i2c_bus_count; i++)
		if (permission_has_i2c_bus(b, a->i2c_bus[i], usual))
			return true;
	return false;
}

static void find_gpio(const struct permission *a, const struct permission *b,
		      struct overlap *overlap)
{
	for (size_t i = 0; i < b->gpio_count; i++) {
		uint16_t line = b->gpio[i];

		if (permission_has_gpio(a, line) &&
		    !(permission_shares_gpio(a, line) && permission_shares_gpio(b, line)))
			overlap->gpio[overlap->gpio_count++] = line;
	}
}

static void find_i2c(const struct permission *a, const struct permission *b,
		     struct overlap *overlap)
{
	for (size_t i = 0; i < b->i2c_count; i++) {
		uint16_t address = b->i2c[i];

		if (permission_has_i2c(a, address) &&
		    !(permission_shares_i2c(a, address) && permission_shares_i2c(b, address)))
			overlap->i2c[overlap->i2c_count++] = address;
	}
}

void overlap_find(const struct permission *a, const struct permission *b, unsigned usual_bus,
		  struct overlap *ret_overlap)
{
	ret_overlap->gpio_count = 0;
	ret_overlap->i2c_count = 0;
	find_gpio(a, b, ret_overlap);
	if (have_a_common_bus(a, b, usual_bus))
		find_i2c(a, b, ret_overlap);
}
