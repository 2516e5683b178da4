/* Edges of a simulated line as the events of gpiolib-cdev.c, through the pipe. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "internal.h"

#define EDGES_AT_ONCE 32
#define SLICE_NS 5000000u
#define QUIET_NS 3000000u

/* As many as the buffer holds; the oldest goes for a new one. */
static void drop_oldest(const struct kernel_file *file)
{
	struct gpio_v2_line_event event;
	char path[40];
	int fd;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", file->end);
	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return;
	/* It was read meanwhile: all the better. */
	if (read(fd, &event, sizeof(event)) < 0)
		errno = 0;
	close(fd);
}

static void hand_on(const struct kernel_file *file, const struct gpio_edge *edge)
{
	bool active = edge->rising != file->line.config.active_low;
	const struct gpio_v2_line_event event = {
		.timestamp_ns = edge->timestamp_ns,
		.id = active ? GPIO_V2_LINE_EVENT_RISING_EDGE : GPIO_V2_LINE_EVENT_FALLING_EDGE,
		.offset = file->line.offset,
		.seqno = edge->sequence,
		.line_seqno = edge->sequence,
	};
	int size = 0;

	if (!ioctl(file->end, FIONREAD, &size) &&
	    (size_t)size >= file->line.buffer_size * sizeof(event))
		drop_oldest(file);
	/* Nobody reads any more: the file is about to go. */
	if (write(file->end, &event, sizeof(event)) < 0)
		errno = 0;
}

/* Those that come in this time, if any do. */
static bool take_some(const struct kernel_file *file, uint64_t timeout_ns)
{
	struct gpio_edge edges[EDGES_AT_ONCE];
	size_t count;

	if (gpio_line_read_edges(file->line.line, edges, EDGES_AT_ONCE, timeout_ns, &count, NULL))
		return false;
	for (size_t i = 0; i < count; i++)
		hand_on(file, &edges[i]);
	file->kernel->edges += count;
	return true;
}

static void *pump(void *arg)
{
	const struct kernel_file *file = arg;

	while (!file->line.is_ending)
		take_some(file, SLICE_NS);
	return NULL;
}

/*
 * Linux takes edges in interrupts, however busy the machine is; a thread may come late. So what is
 * under way already (a DHT22's answer to being let go) is taken before the caller goes on.
 */
static void take_what_comes(const struct kernel_file *file)
{
	while (take_some(file, QUIET_NS) || take_some(file, 0))
		;
}

int kernel_edges_start(struct kernel_file *file)
{
	take_what_comes(file);
	file->line.is_ending = false;
	file->line.is_pumping = !pthread_create(&file->line.pump, NULL, pump, file);
	return file->line.is_pumping ? 0 : -ENOMEM;
}

void kernel_edges_stop(struct kernel_file *file)
{
	if (!file->line.is_pumping)
		return;
	file->line.is_ending = true;
	pthread_join(file->line.pump, NULL);
	file->line.is_pumping = false;
}
