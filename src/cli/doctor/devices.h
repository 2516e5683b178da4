/*
 * The doctor's checks of device files: which buses this machine has below /dev, and whether this
 * user may use them. Main thread.
 */
#ifndef HARVESTER_CLI_DOCTOR_DEVICES_H
#define HARVESTER_CLI_DOCTOR_DEVICES_H

#include "cli/doctor/list.h"

/* Add the checks "i2c", "spi", "gpio" and "serial", with warnings at most. `folder` is "/dev". */
void doctor_check_buses(struct doctor_list *list, const char *folder);

#endif
