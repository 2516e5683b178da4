#include "cli/doctor/modules.h"

#include <glob.h>
#include <limits.h>
#include <unistd.h>

#include "cli/doctor/grants.h"
#include "cli/doctor/hardware.h"
#include "config/config.h"

enum { I2C_DEV, SPIDEV };

static void add_grant(void *data, const char *name, const struct permission *grant)
{
	struct doctor_module *modules = data;

	if (grant->i2c_count)
		doctor_append(modules[I2C_DEV].needed_by, sizeof(modules[I2C_DEV].needed_by), ", ",
			      name);
	if (grant->spi_count)
		doctor_append(modules[SPIDEV].needed_by, sizeof(modules[SPIDEV].needed_by), ", ",
			      name);
}

/* Simulated buses need no module. */
static void find_needs(const struct doctor_hardware *hardware, struct doctor_module *modules)
{
	const struct config *config = hardware->config;

	doctor_each_grant(hardware, add_grant, modules);
	if (config->leds.count)
		doctor_append(modules[SPIDEV].needed_by, sizeof(modules[SPIDEV].needed_by), ", ",
			      "[leds]");
	if (config->hardware.i2c_backend == BACKEND_SIM)
		modules[I2C_DEV].needed_by[0] = '\0';
	if (config->hardware.spi_backend == BACKEND_SIM)
		modules[SPIDEV].needed_by[0] = '\0';
}

static bool matches(const char *root, const char *pattern)
{
	char path[PATH_MAX];
	glob_t found = {0};
	bool is_found;

	snprintf(path, sizeof(path), "%s%s", root, pattern);
	is_found = !glob(path, GLOB_NOSORT, NULL, &found) && found.gl_pathc;
	globfree(&found);
	return is_found;
}

void doctor_find_modules(const struct doctor_hardware *hardware,
			 struct doctor_module ret_modules[DOCTOR_MODULES])
{
	char class_folder[64];

	ret_modules[I2C_DEV] = (struct doctor_module){.name = "i2c-dev", .files = "/dev/i2c-*"};
	ret_modules[SPIDEV] = (struct doctor_module){.name = "spidev", .files = "/dev/spidev*"};
	find_needs(hardware, ret_modules);
	for (size_t i = 0; i < DOCTOR_MODULES; i++) {
		/* Both drivers make a class of their own name. Unlike /sys/module, it is also there
		 * if the driver is built into the kernel. */
		snprintf(class_folder, sizeof(class_folder), "/sys/class/%s", ret_modules[i].name);
		ret_modules[i].is_loaded = matches(hardware->root, class_folder);
		ret_modules[i].has_files = matches(hardware->root, ret_modules[i].files);
	}
}

bool doctor_module_is_missing(const struct doctor_module *module)
{
	return module->needed_by[0] && !module->is_loaded;
}

static void describe(const struct doctor_module *module, char *text, size_t size)
{
	char one[256];

	snprintf(one, sizeof(one), "%s: %s%s%s%s%s", module->name,
		 module->is_loaded ? "loaded" : "not loaded",
		 module->is_loaded && !module->has_files ? ", but there is no " : "",
		 module->is_loaded && !module->has_files ? module->files : "",
		 module->needed_by[0] ? "; needed by " : "; not needed", module->needed_by);
	doctor_append(text, size, ". ", one);
}

static void advise(const struct doctor_module *module, const char *fix_command, char *text,
		   size_t size)
{
	char one[320];

	if (!module->needed_by[0] || (module->is_loaded && module->has_files))
		return;
	if (module->is_loaded)
		snprintf(one, sizeof(one),
			 "for %s: enable the bus (on a Raspberry Pi in raspi-config), then reboot",
			 module->files);
	else
		snprintf(one, sizeof(one), "`sudo %s` loads %s, now and at each boot", fix_command,
			 module->name);
	doctor_append(text, size, "; ", one);
}

void doctor_check_modules(struct doctor_list *list,
			  const struct doctor_module modules[DOCTOR_MODULES],
			  const char *fix_command)
{
	char text[512] = "", advice[512] = "";
	struct doctor_check *check;

	for (size_t i = 0; i < DOCTOR_MODULES; i++) {
		describe(&modules[i], text, sizeof(text));
		advise(&modules[i], fix_command, advice, sizeof(advice));
	}
	check = doctor_add(list, "modules", advice[0] ? DOCTOR_WARNING : DOCTOR_OK, "%s", text);
	if (advice[0])
		doctor_advise(check, "%s", advice);
}
