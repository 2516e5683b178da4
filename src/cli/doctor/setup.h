/*
 * What `harvester doctor --fix` can put right: the modules, the groups, and the service that they
 * are for. Main thread.
 */
#ifndef HARVESTER_CLI_DOCTOR_SETUP_H
#define HARVESTER_CLI_DOCTOR_SETUP_H

#include "cli/doctor/groups.h"
#include "cli/doctor/modules.h"
#include "cli/doctor/service.h"

struct doctor_setup {
	struct doctor_service service;
	struct doctor_groups groups;
	struct doctor_module modules[DOCTOR_MODULES];
};

#endif
