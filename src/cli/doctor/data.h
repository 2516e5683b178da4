/*
 * Who may read the data folder: it holds passwords' hashes, tokens and what every sensor measured.
 */
#ifndef HARVESTER_CLI_DOCTOR_DATA_H
#define HARVESTER_CLI_DOCTOR_DATA_H

#include "cli/doctor/list.h"

/* One check, "data": a warning with the chmod to run if others may look into the folder. */
void doctor_check_data(struct doctor_list *list, const char *folder);

#endif
