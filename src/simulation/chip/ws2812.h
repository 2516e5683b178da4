/*
 * Simulated strip of WS2812B LEDs on the data line of an SPI device. It measures pulses, whatever
 * the SPI clock is: how long the line is high tells a 0 from a 1, and after 280 µs of low level the
 * strip shows the colours that it has received.
 */
#ifndef HARVESTER_SIMULATION_CHIP_WS2812_H
#define HARVESTER_SIMULATION_CHIP_WS2812_H

#include <pthread.h>
#include <stdbool.h>

#include "simulation/bus/sim.h"
#include "simulation/chip/fault.h"

struct clock;

#define WS2812_LEDS_MAX 1024
#define WS2812_FAULTS (1u << FAULT_UNPLUGGED)

struct ws2812_color {
	uint8_t red;
	uint8_t green;
	uint8_t blue;
};

struct ws2812_model {
	struct sim_spi_device device;
	struct clock *clock; /* borrowed */
	unsigned count;
	struct fault_schedule faults; /* fixed before the device is opened */
	pthread_mutex_t lock;	      /* protects the members below */
	struct ws2812_color shown[WS2812_LEDS_MAX];
	struct ws2812_color taken[WS2812_LEDS_MAX]; /* received, not shown yet */
	unsigned taken_count;
	uint32_t word; /* bits received for the current LED */
	unsigned word_bits;
	bool level;		/* of the line, after the last transfer */
	uint64_t run_ps;	/* how long the line was at that level then */
	uint64_t idle_since_ns; /* the end of the last transfer, by the clock */
	uint64_t malformed;
	uint64_t unplugged;
};

/* `count`: up to WS2812_LEDS_MAX. `clock` is borrowed. The caller attaches ws2812.device. */
void ws2812_model_init(struct ws2812_model *strip, unsigned count, struct clock *clock);
void ws2812_model_finish(struct ws2812_model *strip);

/*
 * Copy what the LEDs show now to ret_colors, which has room for `count` colours. *ret_malformed
 * (NULL is allowed): how many pulses had the length of no bit in the data sheet. Any thread.
 */
void ws2812_model_look(struct ws2812_model *strip, struct ws2812_color *ret_colors,
		       uint64_t *ret_malformed);

#endif
