/*
 * The doctor's checks of device files: which buses this machine has below /dev, and whether this
 * user may use them. Main thread.
 */
#ifndef HARVESTER_CLI_DOCTOR_DEVICES_H
#define HARVESTER_CLI_DOCTOR_DEVICES_H

#include "cli/doctor/list.h"

/* Add the checks "i2c", "spi", "gpio" and "serial", with warnings at most. `folder` is "/dev". */
void doctor_check_buses(struct doctor_list *list, const char *folder);

/* Add the check "groups": in which of the groups i2c, spi, gpio and dialout this process is, and
 * how to add its user to the others. */
void doctor_check_groups(struct doctor_list *list);

/* The name of this process's user, or the user id if it has no name. */
void doctor_user_name(char *ret_name, size_t size);

#endif
