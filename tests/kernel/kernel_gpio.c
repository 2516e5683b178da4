/* drivers/gpio/gpiolib-cdev.c, version 2, for requests of one line. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "internal.h"

#define DRIVE_FLAGS (GPIO_V2_LINE_FLAG_OPEN_DRAIN | GPIO_V2_LINE_FLAG_OPEN_SOURCE)
#define EDGE_FLAGS (GPIO_V2_LINE_FLAG_EDGE_RISING | GPIO_V2_LINE_FLAG_EDGE_FALLING)
#define BIAS_FLAGS                                                                                 \
	(GPIO_V2_LINE_FLAG_BIAS_PULL_UP | GPIO_V2_LINE_FLAG_BIAS_PULL_DOWN |                       \
	 GPIO_V2_LINE_FLAG_BIAS_DISABLED)
#define DIRECTION_FLAGS (GPIO_V2_LINE_FLAG_INPUT | GPIO_V2_LINE_FLAG_OUTPUT)
#define VALID_FLAGS                                                                                \
	(GPIO_V2_LINE_FLAG_ACTIVE_LOW | DIRECTION_FLAGS | DRIVE_FLAGS | EDGE_FLAGS | BIAS_FLAGS)
#define BUFFER_DEFAULT 16
#define BUFFER_MAX 1024

static bool is_zero(const void *data, size_t size)
{
	const unsigned char *bytes = data;

	for (size_t i = 0; i < size; i++) {
		if (bytes[i])
			return false;
	}
	return true;
}

/* More than one of them. */
static bool are_several(uint64_t flags)
{
	return flags & (flags - 1);
}

static int check_flags(uint64_t flags)
{
	bool in = flags & GPIO_V2_LINE_FLAG_INPUT, out = flags & GPIO_V2_LINE_FLAG_OUTPUT;

	if (flags & ~(uint64_t)VALID_FLAGS || (in && out))
		return -EINVAL;
	if (flags & EDGE_FLAGS && !in)
		return -EINVAL;
	if (flags & DRIVE_FLAGS && (!out || are_several(flags & DRIVE_FLAGS)))
		return -EINVAL;
	if (flags & BIAS_FLAGS && ((!in && !out) || are_several(flags & BIAS_FLAGS)))
		return -EINVAL;
	return 0;
}

static int check_config(const struct gpio_v2_line_config *config)
{
	if (config->num_attrs > GPIO_V2_LINE_NUM_ATTRS_MAX ||
	    !is_zero(config->padding, sizeof(config->padding)))
		return -EINVAL;
	for (uint32_t i = 0; i < config->num_attrs; i++) {
		if (config->attrs[i].attr.padding)
			return -EINVAL;
	}
	return check_flags(config->flags);
}

static enum gpio_edges edges_of(uint64_t flags)
{
	bool active_low = flags & GPIO_V2_LINE_FLAG_ACTIVE_LOW;

	switch (flags & EDGE_FLAGS) {
	case EDGE_FLAGS:
		return GPIO_EDGES_BOTH;
	case GPIO_V2_LINE_FLAG_EDGE_RISING:
		return active_low ? GPIO_EDGES_FALLING : GPIO_EDGES_RISING;
	case GPIO_V2_LINE_FLAG_EDGE_FALLING:
		return active_low ? GPIO_EDGES_RISING : GPIO_EDGES_FALLING;
	default:
		return GPIO_EDGES_NONE;
	}
}

static void translate(const struct gpio_v2_line_config *from, struct gpio_line_config *ret_config)
{
	uint64_t flags = from->flags;

	*ret_config = (struct gpio_line_config){
		.direction = flags & GPIO_V2_LINE_FLAG_OUTPUT ? GPIO_OUTPUT : GPIO_INPUT,
		.bias = flags & GPIO_V2_LINE_FLAG_BIAS_PULL_UP	   ? GPIO_BIAS_PULL_UP
			: flags & GPIO_V2_LINE_FLAG_BIAS_PULL_DOWN ? GPIO_BIAS_PULL_DOWN
			: flags & GPIO_V2_LINE_FLAG_BIAS_DISABLED  ? GPIO_BIAS_DISABLED
								   : GPIO_BIAS_AS_IS,
		.drive = flags & GPIO_V2_LINE_FLAG_OPEN_DRAIN	 ? GPIO_OPEN_DRAIN
			 : flags & GPIO_V2_LINE_FLAG_OPEN_SOURCE ? GPIO_OPEN_SOURCE
								 : GPIO_PUSH_PULL,
		.edges = edges_of(flags),
		.active_low = flags & GPIO_V2_LINE_FLAG_ACTIVE_LOW,
		/* The simulated line keeps all; how many fit is held to at the pipe. */
		.event_buffer_size = BUFFER_MAX,
	};
	for (uint32_t i = 0; i < from->num_attrs; i++) {
		if (from->attrs[i].attr.id == GPIO_V2_LINE_ATTR_ID_OUTPUT_VALUES &&
		    from->attrs[i].mask & 1)
			ret_config->value = from->attrs[i].attr.values & 1;
	}
}

static int check_request(struct kernel *kernel, const struct gpio_v2_line_request *request)
{
	unsigned offset = request->offsets[0];
	int ret;

	if (request->num_lines == 0 || request->num_lines > GPIO_V2_LINES_MAX ||
	    !is_zero(request->padding, sizeof(request->padding)))
		return -EINVAL;
	if (request->num_lines > 1)
		return -EOPNOTSUPP; /* of this stand-in alone */
	ret = check_config(&request->config);
	if (ret)
		return ret;
	if (offset >= kernel->chip->line_count || offset >= LINES_MAX)
		return -EINVAL;
	if (!kernel->held_lines[offset].consumer[0])
		return 0;
	if (!kernel->held_lines[offset].is_interrupt)
		return -EBUSY;
	return request->config.flags & GPIO_V2_LINE_FLAG_OUTPUT ? -EIO : 0;
}

/* A file for the line. Its descriptor, or a negative errno. */
static int create_line(struct kernel *kernel, const struct gpio_v2_line_request *request)
{
	unsigned size = request->event_buffer_size ? request->event_buffer_size : BUFFER_DEFAULT;
	struct gpio_line_config config;
	struct kernel_file *file;
	struct gpio_line *line;
	int code, fd;

	translate(&request->config, &config);
	code = gpio_chip_request(kernel->chip, request->offsets[0], &config, &line, NULL);
	if (code)
		return -kernel_errno(kernel, code);
	fd = kernel_file_create(kernel, KERNEL_LINE, &file);
	if (fd < 0) {
		gpio_line_release(line);
		return fd;
	}
	file->line.line = line;
	file->line.config = config;
	file->line.buffer_size = size < BUFFER_MAX ? size : BUFFER_MAX;
	file->line.offset = request->offsets[0];
	if (config.edges != GPIO_EDGES_NONE)
		kernel_edges_start(file);
	return fd;
}

static int get_line(struct kernel *kernel, const struct kernel_process *process, uint64_t argument)
{
	struct gpio_v2_line_request request;
	int fd, ret = process->read(process, &request, argument, sizeof(request));

	if (!ret)
		ret = check_request(kernel, &request);
	if (ret)
		return ret;
	fd = create_line(kernel, &request);
	if (fd >= 0)
		fd = process->install(process, fd);
	if (fd < 0)
		return fd;
	request.fd = fd;
	return process->write(process, argument, &request, sizeof(request));
}

static const struct kernel_file *find_holder(const struct kernel *kernel, unsigned offset)
{
	const struct kernel_file *file = kernel->files;

	while (file && (file->kind != KERNEL_LINE || file->line.offset != offset))
		file = file->next;
	return file;
}

static int get_line_info(struct kernel *kernel, const struct kernel_process *process,
			 uint64_t argument)
{
	struct gpio_v2_line_info info;
	unsigned offset;
	int ret = process->read(process, &info, argument, sizeof(info));

	if (ret)
		return ret;
	offset = info.offset;
	if (!is_zero(info.padding, sizeof(info.padding)) || offset >= kernel->chip->line_count ||
	    offset >= LINES_MAX)
		return -EINVAL;
	info = (struct gpio_v2_line_info){.offset = offset};
	snprintf(info.name, sizeof(info.name), "GPIO%u", offset);
	if (kernel->held_lines[offset].consumer[0])
		memcpy(info.consumer, kernel->held_lines[offset].consumer, sizeof(info.consumer));
	else if (find_holder(kernel, offset))
		snprintf(info.consumer, sizeof(info.consumer), "harvester");
	if (info.consumer[0])
		info.flags |= GPIO_V2_LINE_FLAG_USED;
	return process->write(process, argument, &info, sizeof(info));
}

static int get_chip_info(struct kernel *kernel, const struct kernel_process *process,
			 uint64_t argument)
{
	struct gpiochip_info info = {.lines = kernel->chip->line_count};

	snprintf(info.name, sizeof(info.name), "gpiochip%u", kernel->options.gpio_number);
	snprintf(info.label, sizeof(info.label), "%s", kernel->options.gpio_label);
	return process->write(process, argument, &info, sizeof(info));
}

int kernel_chip_ioctl(struct kernel *kernel, const struct kernel_process *process,
		      unsigned long request, uint64_t argument)
{
	switch (request) {
	case GPIO_GET_CHIPINFO_IOCTL:
		return get_chip_info(kernel, process, argument);
	case GPIO_V2_GET_LINEINFO_IOCTL:
		return get_line_info(kernel, process, argument);
	case GPIO_V2_GET_LINE_IOCTL:
		return get_line(kernel, process, argument);
	default:
		return -ENOTTY;
	}
}

static int set_config(struct kernel *kernel, struct kernel_file *file,
		      const struct kernel_process *process, uint64_t argument)
{
	struct gpio_v2_line_config config;
	struct gpio_line_config translated;
	int ret = process->read(process, &config, argument, sizeof(config));

	if (!ret)
		ret = check_config(&config);
	if (ret || !(config.flags & DIRECTION_FLAGS))
		return ret; /* without a direction the line stays as it is */
	if (kernel->held_lines[file->line.offset].is_interrupt &&
	    config.flags & GPIO_V2_LINE_FLAG_OUTPUT)
		return -EIO;
	translate(&config, &translated);
	kernel_edges_stop(file);
	kernel->counters.configs++;
	ret = -kernel_errno(kernel, gpio_line_configure(file->line.line, &translated, NULL));
	if (ret)
		return ret;
	file->line.config = translated;
	return translated.edges == GPIO_EDGES_NONE ? 0 : kernel_edges_start(file);
}

static int get_or_set(struct kernel *kernel, struct kernel_file *file,
		      const struct kernel_process *process, uint64_t argument, bool is_set)
{
	struct gpio_v2_line_values values;
	bool value;
	int code, ret = process->read(process, &values, argument, sizeof(values));

	if (ret)
		return ret;
	if (!(values.mask & 1))
		return -EINVAL;
	if (is_set && file->line.config.direction != GPIO_OUTPUT)
		return -EPERM;
	if (is_set)
		return -kernel_errno(kernel, gpio_line_set(file->line.line, values.bits & 1, NULL));
	code = gpio_line_get(file->line.line, &value, NULL);
	if (code)
		return -kernel_errno(kernel, code);
	values.bits = value;
	return process->write(process, argument, &values, sizeof(values));
}

int kernel_line_ioctl(struct kernel *kernel, struct kernel_file *file,
		      const struct kernel_process *process, unsigned long request,
		      uint64_t argument)
{
	switch (request) {
	case GPIO_V2_LINE_SET_CONFIG_IOCTL:
		return set_config(kernel, file, process, argument);
	case GPIO_V2_LINE_GET_VALUES_IOCTL:
		return get_or_set(kernel, file, process, argument, false);
	case GPIO_V2_LINE_SET_VALUES_IOCTL:
		return get_or_set(kernel, file, process, argument, true);
	default:
		return -ENOTTY;
	}
}

void kernel_line_finish(struct kernel_file *file)
{
	kernel_edges_stop(file);
	gpio_line_release(file->line.line);
}
