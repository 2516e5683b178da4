/*
 * `harvester doctor --fix`: puts right what can be put right, and asks before each step. Main
 * thread.
 */
#ifndef HARVESTER_CLI_DOCTOR_FIX_H
#define HARVESTER_CLI_DOCTOR_FIX_H

#include <stdbool.h>
#include <stdio.h>

#include "cli/doctor/setup.h"

struct doctor_hardware;
struct doctor_plan;
struct error;

/*
 * Do the steps of a plan for `setup`, and say what else is needed. `fix_command` is the command
 * that advice repeats; with `yes`, ask nothing. Prints on stdout and stderr. Returns the process's
 * exit code: 0 if there was nothing to do or all was done.
 */
int doctor_fix(const struct doctor_hardware *hardware, const struct doctor_setup *setup,
	       const char *fix_command, bool yes);

/*
 * Print what the person does after the steps: restart the node or log in again, reboot, enable a
 * bus. `now` are the modules after the steps.
 */
void doctor_fix_print_rest(const struct doctor_plan *plan, const struct doctor_setup *setup,
			   const struct doctor_module now[DOCTOR_MODULES], FILE *out);

#endif
