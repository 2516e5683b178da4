/*
 * A strip of WS2812B LEDs on the data line of an SPI device. It sees pulses, whatever the SPI
 * clock: a bit is how long the line is high, and after 280 µs of low the strip shows what it has
 * taken.
 */
#ifndef HARVESTER_SIMULATION_CHIP_WS2812_H
#define HARVESTER_SIMULATION_CHIP_WS2812_H

#include <pthread.h>
#include <stdbool.h>

#include "simulation/bus/sim.h"
#include "simulation/fault.h"

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
	pthread_mutex_t lock;	      /* of the fields below */
	struct ws2812_color shown[WS2812_LEDS_MAX];
	struct ws2812_color taken[WS2812_LEDS_MAX]; /* since the last reset, not shown yet */
	unsigned taken_count;
	uint32_t word; /* bits of the LED that is being taken */
	unsigned word_bits;
	bool level;		/* of the line, at the end of the last transfer */
	uint64_t run_ps;	/* how long it was at that level by then */
	uint64_t idle_since_ns; /* the end of the last transfer, by the clock */
	uint64_t malformed;
	uint64_t unplugged;
};

/* `count` up to WS2812_LEDS_MAX. The caller attaches ws2812.device where it wants it. */
void ws2812_model_init(struct ws2812_model *strip, unsigned count, struct clock *clock);
void ws2812_model_finish(struct ws2812_model *strip);

/*
 * What the LEDs show now; room for `count` colours. *ret_malformed (NULL is allowed): how many
 * pulses were no bit of the data sheet. Any thread.
 */
void ws2812_model_look(struct ws2812_model *strip, struct ws2812_color *ret_colors,
		       uint64_t *ret_malformed);

#endif
