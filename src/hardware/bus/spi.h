/*
 * One SPI device: a chip select on a bus, opened with its mode and speed.
 *
 * A transfer blocks for as long as the bits take; made on a thread of the pool, one at a time.
 */
#ifndef HARVESTER_HARDWARE_BUS_SPI_H
#define HARVESTER_HARDWARE_BUS_SPI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;

/* bytes: spidev's default bufsiz; a transfer is never split */
#define SPI_TRANSFER_SIZE_MAX 4096

struct spi_device;

struct spi_device_ops {
	/* Full duplex; either pointer may be NULL (zeros are sent, or the answer is dropped). */
	int (*transfer)(struct spi_device *device, const uint8_t *out, uint8_t *ret_in, size_t size,
			struct error *err);
	void (*close)(struct spi_device *device);
};

/* The head of each implementation's own struct. */
struct spi_device {
	const struct spi_device_ops *ops;
	const char *name; /* "spi0.0"; owned by the implementation */
	uint32_t speed_hz;
	uint8_t mode; /* 0..3: clock polarity and phase */
	bool simulated;
};

/* 0, ERROR_INVALID for size 0, ERROR_TOO_LARGE, or the implementation's code. */
int spi_device_transfer(struct spi_device *device, const uint8_t *out, uint8_t *ret_in, size_t size,
			struct error *err);
void spi_device_close(struct spi_device *device);

#endif
