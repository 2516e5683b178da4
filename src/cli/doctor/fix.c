#include "cli/doctor/fix.h"

#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/doctor/hardware.h"
#include "cli/doctor/plan.h"
#include "config/config.h"

static bool was_done(const struct doctor_plan *plan, const char *program)
{
	for (size_t i = 0; i < plan->count; i++) {
		const char *const *args = plan->steps[i].args;
		bool is_it = program ? args[0] && !strcmp(args[0], program) : !args[0];

		if (is_it && plan->steps[i].result == DOCTOR_DONE)
			return true;
	}
	return false;
}

static bool is_any_missing(const struct doctor_module modules[DOCTOR_MODULES])
{
	for (size_t i = 0; i < DOCTOR_MODULES; i++)
		if (doctor_module_is_missing(&modules[i]))
			return true;
	return false;
}

/* The unit's DeviceAllow= and a process's groups are both read when it starts. */
static void print_restart(const struct doctor_plan *plan, const struct doctor_setup *setup,
			  FILE *out)
{
	bool has_groups = was_done(plan, "usermod");

	if (!has_groups && !was_done(plan, "modprobe"))
		return;
	if (doctor_service_is_installed(&setup->service) &&
	    !strcmp(setup->service.user, setup->groups.user))
		fputs("To do: `sudo systemctl restart harvester`; a node that runs already does "
		      "not see the change\n",
		      out);
	else if (has_groups)
		text_printf(out,
			    "To do: log in again as %s, then start the node again; what runs "
			    "already is not in the new groups\n",
			    setup->groups.user);
}

void doctor_fix_print_rest(const struct doctor_plan *plan, const struct doctor_setup *setup,
			   const struct doctor_module now[DOCTOR_MODULES], FILE *out)
{
	print_restart(plan, setup, out);
	if (was_done(plan, NULL) && is_any_missing(now))
		fputs("To do: reboot; the modules in the new file are loaded then, if the kernel "
		      "has them\n",
		      out);
	for (size_t i = 0; i < DOCTOR_MODULES; i++) {
		if (now[i].needed_by[0] && now[i].is_loaded && !now[i].has_files)
			fprintf(out,
				"To do: there is no %s: enable the bus (on a Raspberry Pi in "
				"raspi-config), then reboot\n",
				now[i].files);
	}
}

/* Whether this process may do the steps and can ask. */
static int check_means(const char *fix_command, bool yes, struct error *err)
{
	if (geteuid())
		return error_set(err, ERROR_NOT_GRANTED,
				 "nothing was changed: only root may do this; run `sudo %s`",
				 fix_command);
	if (!yes && !isatty(STDIN_FILENO))
		return error_set(err, ERROR_INVALID,
				 "nothing was changed: there is no terminal to ask on; run `%s` in "
				 "a terminal, or give --yes to agree to all of it",
				 fix_command);
	return 0;
}

static int fix(const struct doctor_hardware *hardware, const struct doctor_setup *setup,
	       struct doctor_plan *plan, bool yes)
{
	struct doctor_module now[DOCTOR_MODULES];
	bool is_all_done = doctor_plan_run(plan, stdin, stdout, yes);

	doctor_find_modules(hardware, now);
	doctor_fix_print_rest(plan, setup, now, stdout);
	return is_all_done ? EXIT_DONE : EXIT_FAILED;
}

static void print_nothing_to_do(const struct doctor_hardware *hardware,
				const struct doctor_setup *setup, const struct doctor_plan *plan)
{
	puts("Nothing to put right: every module and group that this node needs is there.");
	if (!hardware->config->path)
		puts("This is about the built-in demonstration, which simulates all devices; for "
		     "your own node, give --config FILE.");
	doctor_fix_print_rest(plan, setup, setup->modules, stdout);
}

int doctor_fix(const struct doctor_hardware *hardware, const struct doctor_setup *setup,
	       const char *fix_command, bool yes)
{
	struct doctor_plan plan;
	struct error err = {0};
	int code = EXIT_FAILED, ret = doctor_plan_make(setup, hardware->root, &plan, &err);

	if (!ret && !plan.count) {
		print_nothing_to_do(hardware, setup, &plan);
		code = EXIT_DONE;
	} else if (!ret) {
		ret = check_means(fix_command, yes, &err);
		if (ret)
			doctor_plan_print(&plan, stdout);
		else
			code = fix(hardware, setup, &plan, yes);
	}
	fflush(stdout);
	if (ret)
		text_printf(stderr, "harvester doctor: %s\n", err.text);
	doctor_plan_finish(&plan);
	return code;
}
