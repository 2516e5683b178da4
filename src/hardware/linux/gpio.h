/* Inside bus/linux: a line that is held. */
#ifndef HARVESTER_HARDWARE_LINUX_GPIO_H
#define HARVESTER_HARDWARE_LINUX_GPIO_H

#include "hardware/bus/gpio.h"

/* gpio_chip_ops.request() on a chip's descriptor; `chip_name` for texts. */
int linux_gpio_line_request(int chip_fd, const char *chip_name, unsigned offset,
			    const struct gpio_line_config *config, struct gpio_line **ret_line,
			    struct error *err);

#endif
