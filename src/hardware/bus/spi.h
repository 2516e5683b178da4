/*
 * One SPI device: a chip select on a bus, opened with a mode and a speed. A transfer blocks for as
 * long as its bits take. Call it on the bus's thread, one at a time.
 */
#ifndef HARVESTER_HARDWARE_BUS_SPI_H
#define HARVESTER_HARDWARE_BUS_SPI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;

/* bytes: the default of spidev's bufsiz, since a transfer is never split */
#define SPI_TRANSFER_SIZE_MAX 4096

struct spi_device;

struct spi_device_ops {
	/* Either pointer may be NULL, see spi_device_transfer(). The size was checked. */
	int (*transfer)(struct spi_device *device, const uint8_t *out, uint8_t *ret_in, size_t size,
			struct error *err);
	void (*close)(struct spi_device *device);
};

/* The first member of each implementation's own struct. */
struct spi_device {
	const struct spi_device_ops *ops;
	const char *name; /* "spi0.0"; owned by the implementation */
	uint32_t speed_hz;
	uint8_t mode; /* 0..3: clock polarity and phase */
	bool simulated;
};

/*
 * Send and receive `size` bytes at the same time. `out` NULL: send zeros. `ret_in` NULL: drop what
 * comes in. Blocks.
 * - ERROR_INVALID: `size` is 0.
 * - ERROR_TOO_LARGE: more than SPI_TRANSFER_SIZE_MAX bytes, or than the kernel's buffer has.
 * - ERROR_TIMEOUT: the controller does not finish in time.
 * - ERROR_BUS: any other failure.
 */
int spi_device_transfer(struct spi_device *device, const uint8_t *out, uint8_t *ret_in, size_t size,
			struct error *err);
/* NULL is allowed. */
void spi_device_close(struct spi_device *device);

#endif
