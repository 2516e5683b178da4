/*
 * The kernel modules that make a bus's device files: which of them this node needs, and whether
 * they are loaded. Main thread.
 */
#ifndef HARVESTER_CLI_DOCTOR_MODULES_H
#define HARVESTER_CLI_DOCTOR_MODULES_H

#include <stdbool.h>

#include "cli/doctor/list.h"

#define DOCTOR_MODULES 2

struct doctor_hardware;

struct doctor_module {
	const char *name;    /* static: "i2c-dev" */
	const char *files;   /* static: the pattern of its device files, "/dev/i2c-*" */
	char needed_by[160]; /* "bme680, [leds]"; "": this node does not need it */
	bool is_loaded;	     /* or built into the kernel */
	bool has_files;	     /* there is at least one device file */
};

/* Find what the configuration and the approved plugins need, and what this machine has. */
void doctor_find_modules(const struct doctor_hardware *hardware,
			 struct doctor_module ret_modules[DOCTOR_MODULES]);

/* Needed, but not loaded. */
bool doctor_module_is_missing(const struct doctor_module *module);

/* Add the check "modules", with a warning if a needed module is not loaded or has no device.
 * `fix_command` loads modules. */
void doctor_check_modules(struct doctor_list *list,
			  const struct doctor_module modules[DOCTOR_MODULES],
			  const char *fix_command);

#endif
