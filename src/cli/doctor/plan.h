/*
 * The steps of `harvester doctor --fix`: a file to write, and programs to run. A plan changes
 * nothing until a person (or --yes) has agreed to each step. Main thread.
 */
#ifndef HARVESTER_CLI_DOCTOR_PLAN_H
#define HARVESTER_CLI_DOCTOR_PLAN_H

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/buffer.h"
#include "cli/doctor/setup.h"

#define DOCTOR_STEPS_MAX (1 + DOCTOR_MODULES + DOCTOR_GROUPS)
#define DOCTOR_MODULES_FILE "/etc/modules-load.d/harvester.conf"
#define DOCTOR_MODULES_FILE_SIZE_MAX 65536 /* bytes; a larger file is not changed */

enum doctor_result { DOCTOR_NOT_DONE, DOCTOR_DONE };

/* Runs a program if `args` has one, else writes the plan's file. */
struct doctor_step {
	const char *args[5]; /* the program and its arguments, then NULL; borrowed from the setup */
	enum doctor_result result;
};

struct doctor_plan {
	char path[PATH_MAX]; /* of the file */
	struct buffer file;  /* all of its new content */
	struct doctor_step steps[DOCTOR_STEPS_MAX];
	size_t count; /* 0: there is nothing to put right */
};

/*
 * Plan what `setup` lacks: the needed modules in DOCTOR_MODULES_FILE below `root` (its other lines
 * stay), a modprobe for each, and a usermod for each group. The caller calls doctor_plan_finish(),
 * also after a failure, and keeps `setup` until then. ERROR_TOO_LARGE, ERROR_INVALID (not a regular
 * file), ERROR_SYSTEM or ERROR_NO_MEMORY if the file that exists cannot be read.
 */
int doctor_plan_make(const struct doctor_setup *setup, const char *root,
		     struct doctor_plan *ret_plan, struct error *err);
void doctor_plan_finish(struct doctor_plan *plan);

/* Print what each step would write or run. */
void doctor_plan_print(const struct doctor_plan *plan, FILE *out);

/*
 * Print each step, ask on `in` whether to do it (with `yes`: do not ask), and do it. A step that
 * fails or is declined does not stop the next. Programs are looked up in PATH, without a shell.
 * Returns true if every step was done; prints on `out` why one was not.
 */
bool doctor_plan_run(struct doctor_plan *plan, FILE *in, FILE *out, bool yes);

#endif
