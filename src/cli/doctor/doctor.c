/* `harvester doctor`: checks this machine, and prints what is missing and what to do about it. */
#include <stdio.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/advice.h"
#include "base/error.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/doctor/data.h"
#include "cli/doctor/devices.h"
#include "cli/doctor/fix.h"
#include "cli/doctor/hardware.h"
#include "cli/doctor/list.h"
#include "cli/doctor/sandbox.h"
#include "cli/doctor/setup.h"
#include "cli/json_print.h"
#include "cli/load_config.h"
#include "cli/places.h"
#include "config/config.h"
#include "config/paths.h"
#include "hardware/driver/system_info.h"
#include "simulation/hardware.h"

static void check_kernel(struct doctor_list *list)
{
	struct utsname name;

	if (!uname(&name))
		doctor_add(list, "kernel", DOCTOR_OK, "%s %s, %s", name.sysname, name.release,
			   name.machine);
}

static void check_installation(struct doctor_list *list)
{
	static const char advice[] = "run `make build`, and keep what it builds in one folder";
	struct paths paths;

	paths_find(&paths);
	if (paths.guest_program[0] && !access(paths.guest_program, X_OK))
		doctor_add(list, "guest", DOCTOR_OK, "%s", paths.guest_program);
	else
		doctor_advise(doctor_add(list, "guest", DOCTOR_MISSING,
					 "harvester-guest is not in the same folder as harvester"),
			      "%s", advice);
	if (paths.runtime_artifact[0])
		doctor_add(list, "python", DOCTOR_OK, "%s", paths.runtime_artifact);
	else
		doctor_advise(doctor_add(list, "python", DOCTOR_MISSING,
					 "runtime.cwasm is not in the same folder as harvester, so "
					 ".py plugins "
					 "cannot run"),
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
		doctor_add(list, "cpu-temperature", DOCTOR_WARNING, "%s; plugins get NaN",
			   err.text);
	system_info_destroy(info);
}

static void check_configuration(struct doctor_list *list, const struct config *config,
				const struct problem_list *problems, const struct places *places)
{
	char names[64], command[ADVICE_SIZE];
	struct advice advice = {0};

	if (*places->config)
		advice_add(&advice, "--config", places->config);

	if (problems->count)
		doctor_advise(doctor_add(list, "hardware", DOCTOR_WARNING,
					 "the configuration has problems: %s",
					 problems->items[0].text),
			      "`%s` lists them all", advice_command(&advice, command, "check"));
	else if (hardware_simulated(config, names, sizeof(names)))
		doctor_add(list, "hardware", DOCTOR_WARNING, "simulated, as %s says: %s",
			   config->path ? config->path : "the built-in demonstration", names);
	else
		doctor_add(list, "hardware", DOCTOR_OK, "this machine's, as %s says", config->path);
}

static void check_node(struct doctor_list *list, const struct places *places)
{
	const struct run_answer *node = &places->node;

	if (node->root)
		doctor_add(list, "node", DOCTOR_OK, "%s runs, process %d, on %s://%s; data %s",
			   node->node, (int)node->pid, node->scheme, node->address, node->data);
	else
		doctor_add(list, "node", DOCTOR_OK, "no node runs on the data folder %s",
			   places->data);
}

/* "harvester doctor --fix", with the options that this command was given. */
static void write_fix_command(const struct command_options *options, char ret_text[ADVICE_SIZE])
{
	struct advice advice = {0};

	if (options->config)
		advice_add(&advice, "--config", options->config);
	if (options->plugins)
		advice_add(&advice, "--plugins", options->plugins);
	if (options->data)
		advice_add(&advice, "--data", options->data);
	advice_command(&advice, ret_text, "doctor --fix");
}

/* The rest of `setup`, of which the service has been found. */
static void find_setup(const struct doctor_hardware *hardware, const struct places *places,
		       struct doctor_setup *setup)
{
	char user[64];

	doctor_find_user(places->node.root ? places->node.pid : 0, &setup->service, user,
			 sizeof(user));
	doctor_find_groups(user, &setup->groups);
	doctor_find_modules(hardware, setup->modules);
}

static void check_devices(struct doctor_list *list, const struct doctor_hardware *hardware,
			  const struct doctor_setup *setup, const char *fix_command)
{
	doctor_check_buses(list, "/dev");
	doctor_check_modules(list, setup->modules, fix_command);
	doctor_check_groups(list, &setup->groups, fix_command);
	doctor_check_service(list, &setup->service);
	doctor_check_data(list, hardware->data_folder);
	doctor_check_i2c(list, hardware);
	doctor_check_gpio(list, hardware);
	doctor_check_sensors(list, hardware->root);
}

static void check_hardware(struct doctor_list *list, const struct command_options *options,
			   struct doctor_setup *setup)
{
	struct doctor_hardware hardware = {.root = ""};
	struct problem_list problems;
	struct config *config = NULL;
	struct places places;
	struct error err = {0};
	char fix_command[ADVICE_SIZE];

	places_find(options, PLACES_ANY, &places, &err);
	problem_list_init(&problems);
	if (load_config_quietly(places_config(&places), &config, &problems))
		config_demonstration(&config);
	check_configuration(list, config, &problems, &places);
	check_node(list, &places);
	problem_list_finish(&problems);
	hardware.config = config;
	hardware.plugins_folder = places.plugins;
	hardware.data_folder = places.data;
	find_setup(&hardware, &places, setup);
	write_fix_command(options, fix_command);
	check_devices(list, &hardware, setup, fix_command);
	config_destroy(config);
	places_finish(&places);
}

static int fix_node(const struct command_options *options, const struct config *config,
		    const struct places *places)
{
	const struct doctor_hardware hardware = {.config = config,
						 .plugins_folder = places->plugins,
						 .data_folder = places->data,
						 .root = ""};
	struct doctor_setup setup;
	char fix_command[ADVICE_SIZE];

	doctor_find_service(hardware.root, &setup.service);
	find_setup(&hardware, places, &setup);
	write_fix_command(options, fix_command);
	return doctor_fix(&hardware, &setup, fix_command, options->yes);
}

/* Unlike the checks, this changes the machine, so it guesses neither the node nor what a
 * configuration with problems means. */
static int fix(const struct command_options *options)
{
	struct config *config = NULL;
	struct places places;
	struct error err = {0};
	int code = EXIT_FAILED, ret = places_find(options, PLACES_EXACT, &places, &err);

	if (!ret)
		ret = load_config(places_config(&places), &config);
	if (!ret)
		code = fix_node(options, config, &places);
	else
		text_printf(stderr, "harvester doctor: nothing was changed: %s\n",
			    err.text[0] ? err.text : "correct the configuration first");
	config_destroy(config);
	places_finish(&places);
	return code;
}

static bool are_options_wrong(const struct command_options *options)
{
	if (options->fix && options->json)
		fputs("harvester doctor: --fix asks a person, so it does not go with --json\n",
		      stderr);
	else if (options->yes && !options->fix)
		fputs("harvester doctor: --yes agrees to what --fix does; give --fix too\n",
		      stderr);
	else
		return false;
	return true;
}

int command_doctor(const struct command_options *options)
{
	struct doctor_list list = {0};
	struct doctor_setup setup;
	json_t *json;

	if (are_options_wrong(options))
		return EXIT_USAGE;
	if (options->fix)
		return fix(options);
	doctor_find_service("", &setup.service);
	check_kernel(&list);
	doctor_check_sandbox(&list, &setup.service);
	check_installation(&list);
	check_temperature(&list);
	check_hardware(&list, options, &setup);
	if (!options->json) {
		doctor_print(&list, stdout);
		return doctor_is_well(&list) ? EXIT_DONE : EXIT_FAILED;
	}
	json = doctor_to_json(&list);
	if (!json)
		return EXIT_FAILED;
	json_print(json, JSON_INDENT(2));
	json_decref(json);
	return doctor_is_well(&list) ? EXIT_DONE : EXIT_FAILED;
}
