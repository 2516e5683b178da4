/* A device for the simulated spi and serial ports: what is written can be read once. */
#ifndef TESTS_FUZZ_ECHO_H
#define TESTS_FUZZ_ECHO_H

#include "fuzz.h"
#include "simulation/bus/sim.h"

#define ECHO_SIZE 256

struct echo {
	struct sim_spi_device spi;
	struct sim_uart_device uart;
	uint8_t kept[ECHO_SIZE];
	size_t count;
};

static inline struct echo *echo_of_uart(struct sim_uart_device *device)
{
	return (struct echo *)((char *)device - offsetof(struct echo, uart));
}

static inline int echo_transfer(struct sim_spi_device *device, uint8_t mode, uint32_t speed_hz,
				const uint8_t *out, uint8_t *ret_in, size_t size)
{
	(void)device, (void)mode, (void)speed_hz;
	memcpy(ret_in, out, size);
	return 0;
}

static inline size_t echo_read(struct sim_uart_device *device, uint32_t baud, uint64_t now_ns,
			       uint8_t *ret_data, size_t max)
{
	struct echo *echo = echo_of_uart(device);
	size_t count = max < echo->count ? max : echo->count;

	(void)baud, (void)now_ns;
	memcpy(ret_data, echo->kept, count);
	memmove(echo->kept, echo->kept + count, echo->count - count);
	echo->count -= count;
	return count;
}

static inline void echo_write(struct sim_uart_device *device, uint32_t baud, const uint8_t *data,
			      size_t size)
{
	struct echo *echo = echo_of_uart(device);
	size_t room = ECHO_SIZE - echo->count;

	(void)baud;
	if (size > room)
		size = room;
	memcpy(echo->kept + echo->count, data, size);
	echo->count += size;
}

static inline void echo_init(struct echo *echo)
{
	static const struct sim_spi_device_ops spi_ops = {.transfer = echo_transfer};
	static const struct sim_uart_device_ops uart_ops = {.read = echo_read, .write = echo_write};

	*echo = (struct echo){.spi = {&spi_ops}, .uart = {&uart_ops}};
}

#endif
