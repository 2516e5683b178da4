/* Internal to hardware/linux: a requested gpio line. */
#ifndef HARVESTER_HARDWARE_LINUX_GPIO_H
#define HARVESTER_HARDWARE_LINUX_GPIO_H

#include "hardware/bus/gpio.h"

/* Implements gpio_chip_ops.request(). chip_fd is borrowed; chip_name is for error texts. */
int linux_gpio_line_request(int chip_fd, const char *chip_name, unsigned offset,
			    const struct gpio_line_config *config, struct gpio_line **ret_line,
			    struct error *err);

#endif
