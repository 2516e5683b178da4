/*
 * The doctor's checks whether this kernel has what wall two needs (src/guest/lockdown.h). They do
 * not lock down this process. Main thread, before other threads exist, since one check forks.
 */
#ifndef HARVESTER_CLI_DOCTOR_SANDBOX_H
#define HARVESTER_CLI_DOCTOR_SANDBOX_H

#include "cli/doctor/list.h"

void doctor_check_sandbox(struct doctor_list *list);

#endif
