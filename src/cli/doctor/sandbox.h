/*
 * Does this kernel have the parts of wall two (src/guest/lockdown.h)? Asked without taking part in
 * any of them: nothing of this process is locked. Main thread, before there are others.
 */
#ifndef HARVESTER_CLI_DOCTOR_SANDBOX_H
#define HARVESTER_CLI_DOCTOR_SANDBOX_H

#include "cli/doctor/list.h"

void doctor_check_sandbox(struct doctor_list *list);

#endif
