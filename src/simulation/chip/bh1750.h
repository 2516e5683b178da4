/*
 * Simulated BH1750 light sensor: its modes, the measurement time register, and its measuring times
 * (the typical ones of the data sheet, 120 ms and 16 ms, in proportion to MTreg).
 *
 * The chip has no register pointer: each byte written is an instruction, and a read returns the
 * last result. The low resolution mode differs only in its measuring time.
 */
#ifndef HARVESTER_SIMULATION_CHIP_BH1750_H
#define HARVESTER_SIMULATION_CHIP_BH1750_H

#include "simulation/chip/chip.h"
#include "simulation/chip/climate.h"

enum bh1750_mode { BH1750_DOWN, BH1750_IDLE, BH1750_CONTINUOUS, BH1750_ONE_SHOT };

struct bh1750_model {
	struct chip chip;
	struct climate_source source; /* its arg is borrowed */
	/* Under the chip's lock. */
	enum bh1750_mode mode;
	uint8_t time_register; /* MTreg */
	uint64_t period_ns;    /* of the running measurement */
	double counts_per_lux; /* of the running measurement */
	uint64_t started_ns;
	uint16_t result;
};

/* The caller attaches bh1750.chip.device. */
void bh1750_model_init(struct bh1750_model *bh1750, struct clock *clock,
		       const struct climate_source *source);
void bh1750_model_finish(struct bh1750_model *bh1750);

#endif
