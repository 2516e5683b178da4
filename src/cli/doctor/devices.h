/*
 * The buses of this machine, as files below /dev, and who may use them. Loop or main thread.
 */
#ifndef HARVESTER_CLI_DOCTOR_DEVICES_H
#define HARVESTER_CLI_DOCTOR_DEVICES_H

#include "cli/doctor/list.h"

/* `folder`: "/dev". A check each: i2c, spi, gpio, serial. Warnings at most. */
void doctor_check_buses(struct doctor_list *list, const char *folder);

/* In which of the groups i2c, spi, gpio and dialout this process is, and how to get into the
 * others. */
void doctor_check_groups(struct doctor_list *list);

/* The name of this process' user, or its number. */
void doctor_user_name(char *ret_name, size_t size);

#endif
