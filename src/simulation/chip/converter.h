/*
 * Analogue-to-digital converters of simulated sensors: find the register value ("word") that a
 * driver's compensation formula turns into a given physical value.
 */
#ifndef HARVESTER_SIMULATION_CHIP_CONVERTER_H
#define HARVESTER_SIMULATION_CHIP_CONVERTER_H

#include <stdint.h>

/* The physical value of a word, which may be fractional. `fine`: temperature that corrects it.
 * Pure. */
typedef double converter_formula(const void *calibration, double fine, double word);

/*
 * The word below 2^bits whose value is nearest to `wanted`. The formula must be monotonic. A value
 * beyond its range gives the nearer end of it.
 */
uint32_t converter_invert(converter_formula *value, const void *calibration, double fine,
			  unsigned bits, double wanted);

/* Round the word as a converter of lower resolution does, whose last `lost` bits are 0. */
uint32_t converter_round(uint32_t word, unsigned bits, unsigned lost);

#endif
