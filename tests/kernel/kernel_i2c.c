/* drivers/i2c/i2c-dev.c, and what i2c-core checks. */
#include <errno.h>
#include <linux/i2c-dev.h>
#include <linux/i2c.h>
#include <string.h>

#include "base/error.h"
#include "internal.h"

#define RASPBERRY_PI_FUNCTIONS                                                                     \
	(I2C_FUNC_I2C | (I2C_FUNC_SMBUS_EMUL & ~(unsigned long)I2C_FUNC_SMBUS_BLOCK_DATA))
#define MESSAGE_SIZE_MAX 8192
#define ADDRESS_MAX 0x7f

static unsigned long functions(const struct kernel *kernel)
{
	return kernel->options.i2c_functions ? kernel->options.i2c_functions
					     : RASPBERRY_PI_FUNCTIONS;
}

int kernel_i2c_open(struct kernel *kernel, unsigned number)
{
	struct kernel_file *file;
	struct i2c_bus *bus;
	int fd, code = backend_open_i2c(kernel->backend, number, &bus, NULL);

	if (code)
		return -kernel_errno(kernel, code);
	fd = kernel_file_create(kernel, KERNEL_I2C, &file);
	if (fd < 0)
		i2c_bus_close(bus);
	else
		file->i2c.bus = bus;
	return fd;
}

static int set_slave(struct kernel *kernel, struct kernel_file *file, uint64_t address)
{
	if (address > ADDRESS_MAX)
		return -EINVAL;
	if (kernel->held_addresses[address])
		return -EBUSY;
	file->i2c.address = (uint16_t)address;
	return 0;
}

/* Data of all messages, in one place of this process. */
struct transaction {
	struct i2c_msg kernel[I2C_RDWR_IOCTL_MAX_MSGS];
	struct i2c_message ours[I2C_RDWR_IOCTL_MAX_MSGS];
	uint8_t data[I2C_RDWR_IOCTL_MAX_MSGS][MESSAGE_SIZE_MAX];
};

static int take_message(const struct kernel *kernel, const struct kernel_process *process,
			struct transaction *all, uint32_t i)
{
	const struct i2c_msg *message = &all->kernel[i];
	bool read = message->flags & I2C_M_RD;

	if (message->len > MESSAGE_SIZE_MAX || message->flags & ~(I2C_M_RD | I2C_M_TEN))
		return -EINVAL;
	if (message->flags & I2C_M_TEN && !(functions(kernel) & I2C_FUNC_10BIT_ADDR))
		return -EOPNOTSUPP;
	all->ours[i] = (struct i2c_message){
		.address = message->addr,
		.flags = (uint16_t)((read ? I2C_MESSAGE_READ : 0) |
				    (message->flags & I2C_M_TEN ? I2C_MESSAGE_TEN_BIT : 0)),
		.size = message->len,
		.data = all->data[i],
	};
	if (read || message->len == 0)
		return 0;
	return process->read(process, all->data[i], (uintptr_t)message->buf, message->len);
}

static int combined(struct kernel *kernel, struct kernel_file *file,
		    const struct kernel_process *process, uint64_t argument)
{
	static struct transaction all; /* under the kernel's lock */
	struct i2c_rdwr_ioctl_data head;
	int ret = process->read(process, &head, argument, sizeof(head));

	if (ret)
		return ret;
	if (!head.msgs || head.nmsgs == 0 || head.nmsgs > I2C_RDWR_IOCTL_MAX_MSGS)
		return -EINVAL;
	if (!(functions(kernel) & I2C_FUNC_I2C))
		return -EOPNOTSUPP;
	ret = process->read(process, all.kernel, (uintptr_t)head.msgs,
			    head.nmsgs * sizeof(all.kernel[0]));
	for (uint32_t i = 0; !ret && i < head.nmsgs; i++)
		ret = take_message(kernel, process, &all, i);
	if (!ret)
		ret = -kernel_errno(kernel,
				    i2c_bus_transfer(file->i2c.bus, all.ours, head.nmsgs, NULL));
	for (uint32_t i = 0; !ret && i < head.nmsgs; i++) {
		if (all.kernel[i].flags & I2C_M_RD && all.kernel[i].len)
			ret = process->write(process, (uintptr_t)all.kernel[i].buf, all.data[i],
					     all.kernel[i].len);
	}
	return ret ? ret : (int)head.nmsgs;
}

/* The bytes behind the command's of a write, and how many a read brings. */
static int smbus_size(const struct i2c_smbus_ioctl_data *command, const union i2c_smbus_data *data,
		      size_t *ret_size)
{
	switch (command->size) {
	case I2C_SMBUS_BYTE_DATA:
		*ret_size = 1;
		return 0;
	case I2C_SMBUS_WORD_DATA:
		*ret_size = 2;
		return 0;
	case I2C_SMBUS_I2C_BLOCK_DATA:
		*ret_size = data->block[0];
		return *ret_size >= 1 && *ret_size <= I2C_SMBUS_BLOCK_MAX ? 0 : -EINVAL;
	default:
		return -EINVAL;
	}
}

static unsigned long smbus_function(uint32_t size, bool read)
{
	switch (size) {
	case I2C_SMBUS_QUICK:
		return I2C_FUNC_SMBUS_QUICK;
	case I2C_SMBUS_BYTE:
		return read ? I2C_FUNC_SMBUS_READ_BYTE : I2C_FUNC_SMBUS_WRITE_BYTE;
	case I2C_SMBUS_BYTE_DATA:
		return read ? I2C_FUNC_SMBUS_READ_BYTE_DATA : I2C_FUNC_SMBUS_WRITE_BYTE_DATA;
	case I2C_SMBUS_WORD_DATA:
		return read ? I2C_FUNC_SMBUS_READ_WORD_DATA : I2C_FUNC_SMBUS_WRITE_WORD_DATA;
	case I2C_SMBUS_I2C_BLOCK_DATA:
		return read ? I2C_FUNC_SMBUS_READ_I2C_BLOCK : I2C_FUNC_SMBUS_WRITE_I2C_BLOCK;
	default:
		return ~0ul;
	}
}

/* Quick commands and single bytes: no register. */
static int smbus_plain(struct kernel_file *file, const struct i2c_smbus_ioctl_data *command,
		       union i2c_smbus_data *data)
{
	bool read = command->read_write == I2C_SMBUS_READ;
	uint8_t byte = command->command;
	struct i2c_message message = {
		.address = file->i2c.address,
		.flags = read ? I2C_MESSAGE_READ : 0,
		.size = command->size == I2C_SMBUS_BYTE,
		.data = read ? &data->byte : &byte,
	};

	return i2c_bus_transfer(file->i2c.bus, &message, 1, NULL);
}

static int smbus_register(struct kernel_file *file, const struct i2c_smbus_ioctl_data *command,
			  union i2c_smbus_data *data, size_t size)
{
	uint8_t *bytes = command->size == I2C_SMBUS_I2C_BLOCK_DATA ? &data->block[1] : data->block;
	uint8_t out[1 + I2C_SMBUS_BLOCK_MAX] = {command->command};
	struct i2c_bus *bus = file->i2c.bus;
	uint16_t address = file->i2c.address;

	if (command->read_write == I2C_SMBUS_READ)
		return i2c_bus_write_read(bus, address, out, 1, bytes, size, NULL);
	memcpy(out + 1, bytes, size);
	return i2c_bus_write_read(bus, address, out, 1 + size, NULL, 0, NULL);
}

static int smbus(struct kernel *kernel, struct kernel_file *file,
		 const struct kernel_process *process, uint64_t argument)
{
	struct i2c_smbus_ioctl_data command;
	union i2c_smbus_data data = {0};
	bool plain, read;
	size_t size = 0;
	int ret = process->read(process, &command, argument, sizeof(command));

	if (ret)
		return ret;
	read = command.read_write == I2C_SMBUS_READ;
	plain = command.size == I2C_SMBUS_QUICK || command.size == I2C_SMBUS_BYTE;
	if (!plain || (read && command.size == I2C_SMBUS_BYTE)) {
		if (!command.data)
			return -EINVAL;
		ret = process->read(process, &data, (uintptr_t)command.data, sizeof(data));
		if (!ret && !plain)
			ret = smbus_size(&command, &data, &size);
	}
	if (!ret && ~functions(kernel) & smbus_function(command.size, read))
		ret = -EOPNOTSUPP;
	if (ret)
		return ret;
	ret = -kernel_errno(kernel, plain ? smbus_plain(file, &command, &data)
					  : smbus_register(file, &command, &data, size));
	if (!ret && read && command.data)
		ret = process->write(process, (uintptr_t)command.data, &data, sizeof(data));
	return ret;
}

int kernel_i2c_ioctl(struct kernel *kernel, struct kernel_file *file,
		     const struct kernel_process *process, unsigned long request, uint64_t argument)
{
	unsigned long all = functions(kernel);

	switch (request) {
	case I2C_FUNCS:
		return process->write(process, argument, &all, sizeof(all));
	case I2C_SLAVE:
		return set_slave(kernel, file, argument);
	case I2C_SLAVE_FORCE:
		kernel->counters.forced++;
		return -EPERM;
	case I2C_RDWR:
		return combined(kernel, file, process, argument);
	case I2C_SMBUS:
		return smbus(kernel, file, process, argument);
	default:
		return -ENOTTY;
	}
}
