/*
 * Simulated PCA9685 (NXP, revision 4), a PWM controller: 16 outputs, prescaler, sleep and restart,
 * auto-increment, and the all-call address.
 *
 * Not modelled: the three sub-addresses, another all-call address than the one after power-on, the
 * software reset by a general call, an external clock.
 */
#ifndef HARVESTER_SIMULATION_CHIP_PCA9685_H
#define HARVESTER_SIMULATION_CHIP_PCA9685_H

#include "simulation/chip/chip.h"

#define PCA9685_CHANNELS 16

/* What its outputs do. */
struct pca9685_outputs {
	bool awake;		       /* if false, all outputs are off */
	double frequency_hz;	       /* of all outputs */
	double duty[PCA9685_CHANNELS]; /* 0 to 1: the share of time that each is high */
};

struct pca9685_model {
	struct chip chip;		/* at its own address */
	struct sim_i2c_device all_call; /* the same chip at 0x70 */
	/* Under the chip's lock. */
	uint8_t registers[256];
	uint8_t pointer;
	bool restartable; /* put to sleep while outputs ran, and not written since */
};

/* The caller attaches pca9685.chip.device, and pca9685.all_call at 0x70. */
void pca9685_model_init(struct pca9685_model *pca9685, struct clock *clock);
void pca9685_model_finish(struct pca9685_model *pca9685);

/* Copy the state of its outputs. Any thread. */
void pca9685_model_look(struct pca9685_model *pca9685, struct pca9685_outputs *ret_outputs);

#endif
