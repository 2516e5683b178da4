/* Which modules a node needs, on a machine that is a folder. */
#include "cli/doctor/modules.h"

#include "../../plugin/folder.h"
#include "cli/doctor/hardware.h"
#include "config/config.h"

static const char *fix = "harvester doctor --fix";

static void look(const struct folder *folder, const char *text, struct doctor_list *ret_list)
{
	struct doctor_module modules[DOCTOR_MODULES];
	struct config *config;

	assert_int_equal(config_parse(text, strlen(text), "c.toml", &config, NULL), 0);
	const struct doctor_hardware hardware = {.config = config,
						 .plugins_folder = at(folder, "plugins"),
						 .data_folder = at(folder, "data"),
						 .root = folder->path};

	doctor_find_modules(&hardware, modules);
	*ret_list = (struct doctor_list){0};
	doctor_check_modules(ret_list, modules, fix);
	config_destroy(config);
}

static void expect(const struct folder *folder, const char *config, enum doctor_state state,
		   const char *text, const char *advice)
{
	struct doctor_list list;

	look(folder, config, &list);
	assert_int_equal(list.count, 1);
	assert_string_equal(list.checks[0].name, "modules");
	assert_string_equal(list.checks[0].text, text);
	assert_string_equal(list.checks[0].advice, advice);
	assert_int_equal(list.checks[0].state, state);
}

static void make_plugins(const struct folder *folder)
{
	make_folder(folder, "plugins");
	make_file(folder, "plugins/air.py", "");
	make_file(folder, "plugins/air.permission.toml", "allow_i2c = [0x77]\n");
	make_file(folder, "plugins/adc.py", "");
	make_file(folder, "plugins/adc.permission.toml", "allow_spi = true\n");
	make_file(folder, "plugins/door.py", "");
	make_file(folder, "plugins/door.permission.toml", "allow_gpio = [4]\n");
}

static void test_needs(void **state)
{
	const struct folder *folder = *state;

	/* No plugin, no LEDs; then plugins that nobody approved. */
	expect(folder, "leds.count = 0", DOCTOR_OK,
	       "i2c-dev: not loaded; not needed. spidev: not loaded; not needed", "");
	make_plugins(folder);
	expect(folder, "leds.count = 0", DOCTOR_OK,
	       "i2c-dev: not loaded; not needed. spidev: not loaded; not needed", "");
	expect(folder, "leds.count = 3\npermissions.auto_approve = true", DOCTOR_WARNING,
	       "i2c-dev: not loaded; needed by air. spidev: not loaded; needed by adc, [leds]",
	       "`sudo harvester doctor --fix` loads i2c-dev, now and at each boot; `sudo harvester "
	       "doctor --fix` loads spidev, now and at each boot");
	expect(folder,
	       "leds.count = 0\npermissions.auto_approve = true\nplugins.adc.enabled = false\n"
	       "plugins.air.enabled = false",
	       DOCTOR_OK, "i2c-dev: not loaded; not needed. spidev: not loaded; not needed", "");
	expect(folder, "hardware.backend = \"sim\"\npermissions.auto_approve = true", DOCTOR_OK,
	       "i2c-dev: not loaded; not needed. spidev: not loaded; not needed", "");
}

static void test_loaded(void **state)
{
	const struct folder *folder = *state;
	static const char config[] = "leds.count = 0\npermissions.auto_approve = true\n"
				     "plugins.adc.enabled = false";

	make_plugins(folder);
	make_folder(folder, "sys");
	make_folder(folder, "sys/class");
	make_folder(folder, "sys/class/i2c-dev");
	expect(folder, config, DOCTOR_WARNING,
	       "i2c-dev: loaded, but there is no /dev/i2c-*; needed by air. spidev: not loaded; "
	       "not needed",
	       "for /dev/i2c-*: enable the bus (on a Raspberry Pi in raspi-config), then reboot");
	make_folder(folder, "dev");
	make_file(folder, "dev/i2c-1", "");
	expect(folder, config, DOCTOR_OK,
	       "i2c-dev: loaded; needed by air. spidev: not loaded; not needed", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_needs, folder_setup, folder_teardown),
		cmocka_unit_test_setup_teardown(test_loaded, folder_setup, folder_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
