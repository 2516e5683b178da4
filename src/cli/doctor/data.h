/*
 * The doctor's check of the data folder. It holds password hashes, tokens and all readings, so only
 * its user should be able to read it.
 */
#ifndef HARVESTER_CLI_DOCTOR_DATA_H
#define HARVESTER_CLI_DOCTOR_DATA_H

#include "cli/doctor/list.h"

/* Add the check "data": a warning, with the chmod to run, if other users may access the folder. */
void doctor_check_data(struct doctor_list *list, const char *folder);

#endif
