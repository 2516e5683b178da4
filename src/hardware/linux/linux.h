/*
 * The Linux backend: i2c-dev, spidev, the gpio character device (version 2) and serial ports, a
 * peer of bus/sim. Nothing is opened before it is asked for, and what is missing stays missing:
 * there is no fall to simulation.
 *
 * Documentation/userspace-api/gpio/chardev.rst, Documentation/i2c/dev-interface.rst and
 * Documentation/spi/spidev.rst of the kernel.
 */
#ifndef HARVESTER_HARDWARE_LINUX_LINUX_H
#define HARVESTER_HARDWARE_LINUX_LINUX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct backend;
struct error;

struct linux_options {
	const char *root; /* "" or a folder that stands for / in tests */
	/*
	 * The gpio chip: its label ("pinctrl-bcm2711"), name ("gpiochip0") or number ("0"). NULL:
	 * the one of a Raspberry Pi, by its label; else gpiochip0.
	 */
	const char *gpio_chip;
};

/* The options are copied. ERROR_NO_MEMORY. */
int linux_backend_create(const struct linux_options *options, struct backend **ret_backend,
			 struct error *err);

#define LINUX_GPIO_CHIPS_MAX 32 /* numbers that are tried: gpiochip0 to gpiochip31 */

struct linux_gpio_chip_info {
	char name[32];	/* "gpiochip0" */
	char label[32]; /* "pinctrl-bcm2711" */
	unsigned line_count;
};

struct linux_gpio_line_info {
	char name[32];	   /* "GPIO17"; "" for none */
	char consumer[32]; /* who holds it; "" where nobody does, or does not say */
	bool is_held;
};

/*
 * Look without holding anything, for `harvester doctor`. ERROR_NOT_FOUND: no such chip or line;
 * else as when it is opened.
 */
int linux_gpio_look_at_chip(const char *root, unsigned number,
			    struct linux_gpio_chip_info *ret_info, struct error *err);
int linux_gpio_look_at_line(const char *root, unsigned number, unsigned offset,
			    struct linux_gpio_line_info *ret_info, struct error *err);

/* The number of the chip that `wanted` names (as linux_options.gpio_chip, NULL too). */
int linux_gpio_find_chip(const char *root, const char *wanted, unsigned *ret_number,
			 struct error *err);

#endif
