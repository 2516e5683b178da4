/*
 * The doctor's checks whether this kernel has what wall two needs (src/guest/lockdown.h), and as
 * whom guests run. They do not lock down this process. Main thread, before other threads exist,
 * since one check forks.
 */
#ifndef HARVESTER_CLI_DOCTOR_SANDBOX_H
#define HARVESTER_CLI_DOCTOR_SANDBOX_H

#include "cli/doctor/list.h"
#include "cli/doctor/service.h"

/*
 * If the service is installed, the control group and the user are the service's. Otherwise they are
 * those of this process, for a node that the same person starts would have the same.
 */
void doctor_check_sandbox(struct doctor_list *list, const struct doctor_service *service);

#endif
