/*
 * The devices that a configuration wants, looked at on this machine's buses: chips, lines and who
 * holds them, an i2c scan of granted addresses, and the sensors of the kernel. Main thread.
 */
#ifndef HARVESTER_CLI_DOCTOR_HARDWARE_H
#define HARVESTER_CLI_DOCTOR_HARDWARE_H

#include "cli/doctor/list.h"

struct config;

struct doctor_hardware {
	const struct config *config;
	const char *plugins_folder; /* whose grants are scanned; need not exist */
	const char *data_folder;    /* with the approvals; need not exist */
	const char *root;	    /* "" or a folder that stands for / in tests */
};

/*
 * A check, "i2c-scan". Asked are the addresses that the configuration or an approved plugin names,
 * no others, as i2cdetect does: with an empty write, or by reading a byte where that could change
 * something (0x30..0x37 and 0x50..0x5f, where memories live).
 */
void doctor_check_i2c(struct doctor_list *list, const struct doctor_hardware *hardware);

/* "gpio-chips", and "gpio-lines" of the chip that is used: the host's own, and those that are held.
 */
void doctor_check_gpio(struct doctor_list *list, const struct doctor_hardware *hardware);

/* "thermal" and "iio": what the kernel itself measures. `root` as above. */
void doctor_check_sensors(struct doctor_list *list, const char *root);

#endif
