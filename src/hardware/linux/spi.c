#include "hardware/bus/spi.h"

#include <errno.h>
#include <linux/spi/spidev.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/error.h"
#include "hardware/linux/internal.h"

#define BITS_PER_WORD 8
#define BUFFER_SIZE_DEFAULT 4096
#define BUFFER_SIZE_PATH "/sys/module/spidev/parameters/bufsiz"
#define NAME_PREFIX "spi"

struct linux_spi {
	struct spi_device base;
	int fd;
	uint32_t buffer_size; /* of spidev; the longest transfer in bytes */
	char name[40];
};

static const struct linux_advice advice = {
	.missing = "switch the bus on (on a Raspberry Pi `dtparam=spi=on` in "
		   "/boot/firmware/config.txt, or raspi-config)",
	.group = "spi",
};

static int too_long(const struct linux_spi *device, size_t size, struct error *err)
{
	return error_set(err, ERROR_TOO_LARGE,
			 "%s: transfer of %zu bytes, and spidev's buffer has %u: put "
			 "`spidev.bufsiz=%zu` on the kernel's command line",
			 device->name, size, device->buffer_size, size);
}

/* Never split a transfer: the chip select would go up in between, and LEDs show half a strip. */
static int device_transfer(struct spi_device *base, const uint8_t *out, uint8_t *ret_in,
			   size_t size, struct error *err)
{
	const struct linux_spi *device = (const struct linux_spi *)base;
	struct spi_ioc_transfer transfer = {
		.tx_buf = (uintptr_t)out,
		.rx_buf = (uintptr_t)ret_in,
		.len = (uint32_t)size,
		.speed_hz = base->speed_hz,
		.bits_per_word = BITS_PER_WORD,
	};

	if (size > device->buffer_size)
		return too_long(device, size, err);
	if (ioctl(device->fd, SPI_IOC_MESSAGE(1), &transfer) >= 0)
		return 0;
	if (errno == EMSGSIZE)
		return too_long(device, size, err);
	return error_set_errno(err, errno == ETIMEDOUT ? ERROR_TIMEOUT : ERROR_BUS, errno,
			       "a transfer on %s failed (check the device and its wires)",
			       device->name);
}

static void device_close(struct spi_device *base)
{
	close(((struct linux_spi *)base)->fd);
	free(base);
}

static int set_up(const struct linux_spi *device, struct error *err)
{
	uint8_t mode = device->base.mode, bits = BITS_PER_WORD;
	uint32_t speed_hz = device->base.speed_hz;

	if (ioctl(device->fd, SPI_IOC_WR_MODE, &mode))
		return error_set_errno(
			err, ERROR_UNSUPPORTED, errno,
			"the driver of %s refuses spi mode %u (connect the device to another bus)",
			device->name, mode);
	if (ioctl(device->fd, SPI_IOC_WR_BITS_PER_WORD, &bits))
		return error_set_errno(err, ERROR_UNSUPPORTED, errno,
				       "the driver of %s refuses words of %u bits (connect the "
				       "device to another bus)",
				       device->name, bits);
	if (ioctl(device->fd, SPI_IOC_WR_MAX_SPEED_HZ, &speed_hz))
		return error_set_errno(err, ERROR_UNSUPPORTED, errno,
				       "the driver of %s refuses a speed of %u Hz (connect the "
				       "device to another bus)",
				       device->name, speed_hz);
	return 0;
}

int linux_spi_open(struct backend *backend, const char *name, uint8_t mode, uint32_t speed_hz,
		   struct spi_device **ret_device, struct error *err)
{
	static const struct spi_device_ops ops = {.transfer = device_transfer,
						  .close = device_close};
	const char *root = linux_backend_of(backend)->root;
	struct linux_spi *device;
	char file[48];
	int rc;

	if (strncmp(name, NAME_PREFIX, strlen(NAME_PREFIX)) != 0)
		return error_set(err, ERROR_INVALID,
				 "'%s' cannot be the name of an spi device: expected a name such "
				 "as \"spi0.0\", for /dev/spidev0.0",
				 name);
	device = calloc(1, sizeof(*device));
	if (!device)
		return error_set(err, ERROR_NO_MEMORY,
				 "%s: out of memory; this machine needs more free memory", name);
	snprintf(device->name, sizeof(device->name), "%s", name);
	device->base = (struct spi_device){
		.ops = &ops, .name = device->name, .speed_hz = speed_hz, .mode = mode};
	device->buffer_size = BUFFER_SIZE_DEFAULT;
	linux_read_number(root, BUFFER_SIZE_PATH, &device->buffer_size);
	snprintf(file, sizeof(file), "spidev%s", name + strlen(NAME_PREFIX));
	rc = linux_device_open(root, file, 0, &advice, &device->fd, err);
	if (rc)
		goto out_device;
	rc = set_up(device, err);
	if (rc)
		goto out_fd;
	*ret_device = &device->base;
	return 0;

out_fd:
	close(device->fd);
out_device:
	free(device);
	return rc;
}
