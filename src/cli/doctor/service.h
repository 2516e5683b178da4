/*
 * The doctor's check of harvester.service, which the Debian package installs. Main thread.
 */
#ifndef HARVESTER_CLI_DOCTOR_SERVICE_H
#define HARVESTER_CLI_DOCTOR_SERVICE_H

#include <stdbool.h>

#include "cli/doctor/list.h"

struct error;

/* What systemd says of the unit: systemctl(1), `show`. Each is "" if unknown. */
struct doctor_service {
	bool has_systemd;
	int failed; /* 0, or why systemctl did not answer; `problem` says more */
	char problem[256];
	char load[32];	  /* LoadState: "loaded", "not-found", "masked", … */
	char file[32];	  /* UnitFileState: "enabled", "disabled", … */
	char active[32];  /* ActiveState: "active", "inactive", "failed", … */
	char user[64];	  /* User */
	char delegate[8]; /* Delegate: "yes", "no" */
	char group[256];  /* ControlGroup, while it runs: "/system.slice/harvester.service" */
};

/* Ask systemctl, if `root` ("" or in tests a folder) has /run/systemd/system. Blocks until it
 * answers. */
void doctor_find_service(const char *root, struct doctor_service *ret_service);

bool doctor_service_is_installed(const struct doctor_service *service);

/* Add the check "service"; none if systemd does not run here. */
void doctor_check_service(struct doctor_list *list, const struct doctor_service *service);

#endif
