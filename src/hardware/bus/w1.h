/*
 * The 1-Wire bus, as the Linux kernel shows it: a folder for each device, with the text of its
 * answer in the file w1_slave. A read blocks for as long as a conversion takes (750 ms for a
 * DS18B20 at full resolution): made on a thread of the pool, one at a time.
 */
#ifndef HARVESTER_HARDWARE_BUS_W1_H
#define HARVESTER_HARDWARE_BUS_W1_H

#include <stdbool.h>
#include <stddef.h>

struct error;

#define W1_ROOT "/sys/bus/w1/devices" /* where the kernel has them */
#define W1_NAME_SIZE 16		      /* "28-0316a2794bff" */
/* of a w1_slave; its two lines take less than 100 bytes */
#define W1_TEXT_SIZE 256
#define W1_DEVICES_MAX 64

struct w1_bus;

struct w1_bus_ops {
	int (*list)(struct w1_bus *bus, char (*ret_names)[W1_NAME_SIZE], size_t *ret_count,
		    struct error *err);
	int (*read)(struct w1_bus *bus, const char *name, char ret_text[W1_TEXT_SIZE],
		    struct error *err);
	void (*close)(struct w1_bus *bus);
};

/* The head of each implementation's own struct. */
struct w1_bus {
	const struct w1_bus_ops *ops;
	bool simulated;
};

/*
 * The devices that are there, up to W1_DEVICES_MAX (room for as many names), in no order.
 * ERROR_NOT_FOUND where the machine has no such bus, with a text that says what to do.
 */
int w1_bus_list(struct w1_bus *bus, char (*ret_names)[W1_NAME_SIZE], size_t *ret_count,
		struct error *err);

/*
 * The text of a device's w1_slave, ended by a 0 byte. ERROR_INVALID for what is no name,
 * ERROR_NOT_FOUND, ERROR_TIMEOUT, ERROR_TOO_LARGE, ERROR_SYSTEM.
 */
int w1_bus_read(struct w1_bus *bus, const char *name, char ret_text[W1_TEXT_SIZE],
		struct error *err);

/* NULL is allowed. */
void w1_bus_close(struct w1_bus *bus);

/* The kernel's files under `root`, which is copied and need not be there yet. ERROR_NO_MEMORY. */
int w1_files_open(const char *root, struct w1_bus **ret_bus, struct error *err);

#endif
