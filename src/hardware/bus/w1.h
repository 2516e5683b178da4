/*
 * The 1-Wire bus, as the Linux kernel shows it: each device has a folder with a file w1_slave.
 * Reading the file starts a measurement, blocks until the measurement is done (750 ms for a DS18B20
 * at full resolution), and gives the answer as text. Call the functions on the bus's thread, one at
 * a time.
 */
#ifndef HARVESTER_HARDWARE_BUS_W1_H
#define HARVESTER_HARDWARE_BUS_W1_H

#include <stdbool.h>
#include <stddef.h>

struct error;

#define W1_ROOT "/sys/bus/w1/devices" /* where the kernel lists the devices */
#define W1_NAME_SIZE 16		      /* "28-0316a2794bff" */
/* bytes of a w1_slave file; its two lines take less than 100 */
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

/* The first member of each implementation's own struct. */
struct w1_bus {
	const struct w1_bus_ops *ops;
	bool simulated;
};

/*
 * List the names of the devices on the bus, in no order. ret_names has room for W1_DEVICES_MAX
 * names; further devices are left out.
 * - ERROR_NOT_FOUND: the machine has no 1-Wire bus; the text says what to do.
 * - ERROR_SYSTEM: the folder cannot be read.
 */
int w1_bus_list(struct w1_bus *bus, char (*ret_names)[W1_NAME_SIZE], size_t *ret_count,
		struct error *err);

/*
 * Read the text of a device's w1_slave file, which ends with a 0 byte. Blocks.
 * - ERROR_INVALID: `name` does not have the form of a device's name.
 * - ERROR_NOT_FOUND: the device is not on the bus.
 * - ERROR_TOO_LARGE: the file has W1_TEXT_SIZE bytes or more.
 * - ERROR_SYSTEM: the file cannot be read for another reason.
 */
int w1_bus_read(struct w1_bus *bus, const char *name, char ret_text[W1_TEXT_SIZE],
		struct error *err);

/* NULL is allowed. */
void w1_bus_close(struct w1_bus *bus);

/*
 * Open the bus of the kernel's files below `root`. The path is copied, and need not exist yet.
 * ERROR_NO_MEMORY.
 */
int w1_files_open(const char *root, struct w1_bus **ret_bus, struct error *err);

#endif
