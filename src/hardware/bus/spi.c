#include "hardware/bus/spi.h"

#include "base/error.h"

int spi_device_transfer(struct spi_device *device, const uint8_t *out, uint8_t *ret_in, size_t size,
			struct error *err)
{
	if (size == 0)
		return error_set(err, ERROR_INVALID,
				 "%s: an spi transfer without data: give at least 1 byte",
				 device->name);
	if (size > SPI_TRANSFER_SIZE_MAX)
		return error_set(err, ERROR_TOO_LARGE,
				 "%s: an spi transfer of %zu bytes: at most %d are possible, so "
				 "make several calls",
				 device->name, size, SPI_TRANSFER_SIZE_MAX);
	return device->ops->transfer(device, out, ret_in, size, err);
}

void spi_device_close(struct spi_device *device)
{
	if (device)
		device->ops->close(device);
}
