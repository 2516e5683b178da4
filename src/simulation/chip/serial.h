/*
 * The common part of all simulated serial sensors: it sends frames byte by byte at 9600 baud,
 * periodically or as answers, and applies the faults of frames. Each model has a struct serial as
 * its first member.
 */
#ifndef HARVESTER_SIMULATION_CHIP_SERIAL_H
#define HARVESTER_SIMULATION_CHIP_SERIAL_H

#include "simulation/bus/sim.h"
#include "simulation/chip/fault.h"

struct clock;
struct serial;

#define SERIAL_FRAME_MAX 32
#define SERIAL_COMMAND_MAX 19
#define SERIAL_ANSWERS_MAX 4
#define SERIAL_KEPT 4095 /* bytes that wait for the host, as in a Linux tty; more are lost */
#define SERIAL_NEVER UINT64_MAX
#define SERIAL_FAULTS                                                                              \
	(1u << FAULT_TRUNCATED_FRAMES | 1u << FAULT_SHIFTED_FRAMES | 1u << FAULT_CHECKSUM |        \
	 1u << FAULT_IMPLAUSIBLE | 1u << FAULT_ALL_ZEROS | 1u << FAULT_ALL_ONES |                  \
	 1u << FAULT_TIMEOUT | 1u << FAULT_UNPLUGGED)

struct serial_frame {
	uint8_t bytes[SERIAL_FRAME_MAX];
	size_t size;
};

struct serial_ops {
	/* Make the periodic frame: a measurement at that time. */
	void (*measure)(struct serial *serial, uint64_t unix_ms, struct serial_frame *ret_frame);
	/* Execute a command of the host: command_size bytes that begin with `start`. */
	void (*obey)(struct serial *serial, const uint8_t *command);
	size_t command_size;
	uint8_t start[2];
	/* Power is back: reset the model. */
	void (*power_on)(struct serial *serial);
};

struct serial {
	struct sim_uart_device device;
	const struct serial_ops *ops;
	struct clock *clock;	      /* borrowed */
	struct fault_schedule faults; /* fixed before the port is opened */
	uint64_t unplugged;	      /* how often, when it last checked */
	size_t sum_at; /* position of a checksum byte, counted from the end of a frame */

	uint64_t period_ns; /* of the periodic frames */
	uint64_t next_ns;   /* start of the next periodic frame, or SERIAL_NEVER */
	struct serial_frame answers[SERIAL_ANSWERS_MAX];
	size_t answers_count;
	struct serial_frame wire;	     /* the frame being sent; size 0: none */
	size_t sent;			     /* how many of its bytes */
	uint64_t wire_ns;		     /* when it started */
	uint64_t free_ns;		     /* when the last frame ended */
	uint8_t command[SERIAL_COMMAND_MAX]; /* the part that has arrived */
	size_t command_count;
	uint8_t kept[SERIAL_KEPT];
	size_t kept_count;
};

/* The first periodic frame starts after one period. `sum_at`: 1 is the last byte. `clock` is
 * borrowed. */
void serial_init(struct serial *serial, const struct serial_ops *ops, struct clock *clock,
		 uint64_t period_ns, size_t sum_at);

/* Start periodic frames, the first after one period, or stop them. */
void serial_go(struct serial *serial, bool periodical);

/* Send an answer after the current frame. Beyond SERIAL_ANSWERS_MAX waiting answers it is lost. */
void serial_answer(struct serial *serial, const struct serial_frame *frame);

/* The clock's Unix time in ms. */
uint64_t serial_unix_ms(const struct serial *serial);

bool serial_has_fault(const struct serial *serial, enum fault_kind kind);

#endif
