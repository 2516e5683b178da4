/*
 * The doctor's checks of this machine's hardware: gpio chips, the lines that the configuration uses
 * and who holds them, a scan of the granted i2c addresses, and the kernel's own sensors. Main
 * thread.
 */
#ifndef HARVESTER_CLI_DOCTOR_HARDWARE_H
#define HARVESTER_CLI_DOCTOR_HARDWARE_H

#include "cli/doctor/list.h"

struct config;

struct doctor_hardware {
	const struct config *config;
	const char *plugins_folder; /* the plugins whose addresses are scanned; need not exist */
	const char *data_folder;    /* has the approvals; need not exist */
	const char *root;	    /* "", or in tests a folder that is used instead of / */
};

/*
 * Add the check "i2c-scan": test which chips answer at the addresses that the configuration or an
 * approved plugin uses; no other address is accessed. As i2cdetect does, it sends an empty write,
 * or reads a byte at 0x30 to 0x37 and 0x50 to 0x5f, where a write could change a memory chip.
 */
void doctor_check_i2c(struct doctor_list *list, const struct doctor_hardware *hardware);

/*
 * Add the checks "gpio-chips", and "gpio-lines" of the chip that the node uses: whether the node's
 * own lines are free, and who holds which line.
 */
void doctor_check_gpio(struct doctor_list *list, const struct doctor_hardware *hardware);

/* Add the checks "thermal" and "iio": the sensors that the kernel reads itself. `root` as above. */
void doctor_check_sensors(struct doctor_list *list, const char *root);

#endif
