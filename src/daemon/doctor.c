/* `harvester doctor`: what this machine offers, what is missing, and what to do about it. */
#include <stdio.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/error.h"
#include "config/config.h"
#include "daemon/command.h"
#include "daemon/doctor_data.h"
#include "daemon/doctor_devices.h"
#include "daemon/doctor_hardware.h"
#include "daemon/doctor_list.h"
#include "daemon/doctor_sandbox.h"
#include "daemon/hardware.h"
#include "daemon/load.h"
#include "daemon/paths.h"
#include "driver/system_info.h"

static void check_kernel(struct doctor_list *list)
{
	struct utsname name;

	if (!uname(&name))
		doctor_add(list, "kernel", DOCTOR_OK, "%s %s, %s", name.sysname, name.release,
			   name.machine);
}

static void check_installation(struct doctor_list *list)
{
	static const char advice[] = "`make build`, and keep what it makes in one folder";
	struct paths paths;

	paths_find(&paths);
	if (paths.guest_program[0] && !access(paths.guest_program, X_OK))
		doctor_add(list, "guest", DOCTOR_OK, "%s", paths.guest_program);
	else
		doctor_advise(doctor_add(list, "guest", DOCTOR_MISSING,
					 "no harvester-guest beside this program"),
			      "%s", advice);
	if (paths.runtime_artifact[0])
		doctor_add(list, "python", DOCTOR_OK, "%s", paths.runtime_artifact);
	else
		doctor_advise(doctor_add(list, "python", DOCTOR_MISSING,
					 "no runtime.cwasm beside this program: no .py plugins"),
			      "%s", advice);
}

static void check_temperature(struct doctor_list *list)
{
	struct system_info *info = NULL;
	struct error err = {0};
	double temperature_c;
	int ret = system_info_create("", &info, &err);

	if (!ret)
		ret = system_info_cpu_temperature(info, &temperature_c, &err);
	if (!ret)
		doctor_add(list, "cpu-temperature", DOCTOR_OK, "%.1f °C", temperature_c);
	else
		doctor_add(list, "cpu-temperature", DOCTOR_WARNING,
			   "%s: plugins get NaN, not a made-up value", err.text);
	system_info_destroy(info);
}

static void check_configuration(struct doctor_list *list, const struct config *config,
				const struct problem_list *problems)
{
	char names[64];

	if (problems->count)
		doctor_advise(doctor_add(list, "hardware", DOCTOR_WARNING,
					 "the configuration has problems: %s",
					 problems->items[0].text),
			      "`harvester check` lists them all");
	else if (hardware_simulated(config, names, sizeof(names)))
		doctor_add(list, "hardware", DOCTOR_WARNING, "simulated, as %s says: %s",
			   config->path ? config->path : "the built-in demonstration", names);
	else
		doctor_add(list, "hardware", DOCTOR_OK, "this machine's, as %s says", config->path);
}

static void check_hardware(struct doctor_list *list, const struct command_options *options)
{
	struct doctor_hardware hardware = {
		.plugins_folder = options->plugins ? options->plugins : "plugins", .root = ""};
	struct problem_list problems;
	struct config *config = NULL;
	char data[PATH_MAX];

	problem_list_init(&problems);
	if (load_config_quietly(options->config, &config, &problems))
		config_demonstration(&config);
	check_configuration(list, config, &problems);
	problem_list_finish(&problems);
	doctor_check_buses(list, "/dev");
	doctor_check_groups(list);
	paths_data_folder(data, sizeof(data));
	hardware.config = config;
	hardware.data_folder = options->data ? options->data : data;
	doctor_check_data(list, hardware.data_folder);
	doctor_check_i2c(list, &hardware);
	doctor_check_gpio(list, &hardware);
	doctor_check_sensors(list, "");
	config_destroy(config);
}

int command_doctor(const struct command_options *options)
{
	struct doctor_list list = {0};
	json_t *json;

	check_kernel(&list);
	doctor_check_sandbox(&list);
	check_installation(&list);
	check_temperature(&list);
	check_hardware(&list, options);
	if (!options->json) {
		doctor_print(&list, stdout);
		return doctor_is_well(&list) ? EXIT_DONE : EXIT_FAILED;
	}
	json = doctor_to_json(&list);
	if (!json)
		return EXIT_FAILED;
	json_dumpf(json, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(json);
	return doctor_is_well(&list) ? EXIT_DONE : EXIT_FAILED;
}
