#include "simulation/chip/converter.h"

#include <stdbool.h>

uint32_t converter_invert(converter_formula *value, const void *calibration, double fine,
			  unsigned bits, double wanted)
{
	uint32_t low = 0;
	uint32_t high = (1u << bits) - 1;
	bool rises = value(calibration, fine, high) > value(calibration, fine, low);

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		/* Of two neighbouring words, take the nearer one. */
		if ((value(calibration, fine, middle + 0.5) < wanted) == rises)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

uint32_t converter_round(uint32_t word, unsigned bits, unsigned lost)
{
	uint32_t step = 1u << lost;
	uint32_t max = (1u << bits) - 1;

	return (word < max - step ? word + step / 2 : word) / step * step;
}
