/*
 * The Linux backend: real devices through i2c-dev, spidev, the gpio character device (version 2)
 * and serial ports. It opens a device only when asked to. A missing device is an error; nothing is
 * ever simulated in its place.
 *
 * See Documentation/userspace-api/gpio/chardev.rst, Documentation/i2c/dev-interface.rst and
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
	 * the chip that has the label of a Raspberry Pi's, or gpiochip0 if there is none.
	 */
	const char *gpio_chip;
};

/* The options are copied. ERROR_NO_MEMORY. */
int linux_backend_create(const struct linux_options *options, struct backend **ret_backend,
			 struct error *err);

#define LINUX_GPIO_CHIPS_MAX 32 /* the search covers gpiochip0 to gpiochip31 */

struct linux_gpio_chip_info {
	char name[32];	/* "gpiochip0" */
	char label[32]; /* "pinctrl-bcm2711" */
	unsigned line_count;
};

struct linux_gpio_line_info {
	char name[32];	   /* "GPIO17"; "": it has no name */
	char consumer[32]; /* who holds it; "": nobody, or it gave no name */
	bool is_held;
};

/*
 * Describe a gpio chip or line without requesting it, for `harvester doctor`. ERROR_NOT_FOUND if
 * there is no such chip or line, ERROR_BUSY or ERROR_SYSTEM if the chip cannot be opened.
 */
int linux_gpio_look_at_chip(const char *root, unsigned number,
			    struct linux_gpio_chip_info *ret_info, struct error *err);
int linux_gpio_look_at_line(const char *root, unsigned number, unsigned offset,
			    struct linux_gpio_line_info *ret_info, struct error *err);

/*
 * Find the number of the chip that `wanted` names; see linux_options.gpio_chip, also for NULL.
 * ERROR_NOT_FOUND if no chip has that label.
 */
int linux_gpio_find_chip(const char *root, const char *wanted, unsigned *ret_number,
			 struct error *err);

#endif
