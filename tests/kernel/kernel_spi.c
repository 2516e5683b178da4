/* drivers/spi/spidev.c. */
#include <errno.h>
#include <linux/spi/spidev.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "internal.h"

#define SPEED_DEFAULT_HZ 500000

int kernel_spi_open(struct kernel *kernel, const char *name)
{
	char whole[32];
	struct spi_device *device;
	struct kernel_file *file;
	int fd, code;

	snprintf(whole, sizeof(whole), "spi%s", name);
	code = backend_open_spi(kernel->backend, whole, 0, SPEED_DEFAULT_HZ, &device, NULL);
	if (code)
		return -kernel_errno(kernel, code);
	spi_device_close(device);
	fd = kernel_file_create(kernel, KERNEL_SPI, &file);
	if (fd < 0)
		return fd;
	memcpy(file->spi.name, whole, sizeof(whole));
	file->spi.speed_hz = SPEED_DEFAULT_HZ;
	file->spi.bits = 8;
	return fd;
}

static int run(struct kernel *kernel, struct kernel_file *file,
	       const struct spi_ioc_transfer *wanted, const uint8_t *out, uint8_t *ret_in)
{
	uint32_t speed_hz = wanted->speed_hz ? wanted->speed_hz : file->spi.speed_hz;
	struct spi_device *device;
	int code = backend_open_spi(kernel->backend, file->spi.name, file->spi.mode, speed_hz,
				    &device, NULL);

	if (code)
		return -kernel_errno(kernel, code);
	code = spi_device_transfer(device, out, ret_in, wanted->len, NULL);
	spi_device_close(device);
	kernel->counters.spi_transfers++;
	return -kernel_errno(kernel, code);
}

/* One transfer: what several together do to the chip select is not modelled. */
static int transfer(struct kernel *kernel, struct kernel_file *file,
		    const struct kernel_process *process, uint64_t argument)
{
	static uint8_t out[SPI_TRANSFER_SIZE_MAX], in[SPI_TRANSFER_SIZE_MAX]; /* under the lock */
	struct spi_ioc_transfer wanted;
	int ret = process->read(process, &wanted, argument, sizeof(wanted));

	if (ret)
		return ret;
	if (wanted.len > kernel->options.spi_buffer_size)
		return -EMSGSIZE;
	if (wanted.pad || wanted.len == 0 || wanted.len > sizeof(out) ||
	    (wanted.bits_per_word && wanted.bits_per_word != 8))
		return -EINVAL;
	memset(out, 0, sizeof(out));
	if (wanted.tx_buf)
		ret = process->read(process, out, wanted.tx_buf, wanted.len);
	if (!ret)
		ret = run(kernel, file, &wanted, out, in);
	if (!ret && wanted.rx_buf)
		ret = process->write(process, wanted.rx_buf, in, wanted.len);
	return ret ? ret : (int)wanted.len;
}

int kernel_spi_ioctl(struct kernel *kernel, struct kernel_file *file,
		     const struct kernel_process *process, unsigned long request, uint64_t argument)
{
	uint8_t byte;
	int ret;

	switch (request) {
	case SPI_IOC_WR_MODE:
		ret = process->read(process, &byte, argument, sizeof(byte));
		if (!ret && byte > 3)
			ret = -EINVAL;
		if (!ret)
			file->spi.mode = byte;
		return ret;
	case SPI_IOC_WR_BITS_PER_WORD:
		ret = process->read(process, &byte, argument, sizeof(byte));
		return ret ? ret : byte == 8 ? 0 : -EINVAL;
	case SPI_IOC_WR_MAX_SPEED_HZ:
		return process->read(process, &file->spi.speed_hz, argument,
				     sizeof(file->spi.speed_hz));
	case SPI_IOC_RD_MAX_SPEED_HZ:
		return process->write(process, argument, &file->spi.speed_hz,
				      sizeof(file->spi.speed_hz));
	case SPI_IOC_MESSAGE(1):
		return transfer(kernel, file, process, argument);
	default:
		return -ENOTTY;
	}
}
