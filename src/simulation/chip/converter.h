/*
 * Analogue-to-digital converters of simulated sensors: the word that a driver's compensation
 * formula turns into the value that is wanted.
 */
#ifndef HARVESTER_SIMULATION_CHIP_CONVERTER_H
#define HARVESTER_SIMULATION_CHIP_CONVERTER_H

#include <stdint.h>

/* A value from a word, which may lie between two; `fine`: a temperature that corrects it. Pure. */
typedef double converter_formula(const void *calibration, double fine, double word);

/*
 * The word below 2^bits whose value comes nearest to `wanted`, where the formula rises or falls
 * throughout; beyond its range the nearer end.
 */
uint32_t converter_invert(converter_formula *value, const void *calibration, double fine,
			  unsigned bits, double wanted);

/* The same word as a converter gives it whose last `lost` of its `bits` are 0. */
uint32_t converter_round(uint32_t word, unsigned bits, unsigned lost);

#endif
