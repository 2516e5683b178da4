/* What `harvester doctor` says of buses that tests/kernel makes. */
#include "cli/doctor/hardware.h"

#include <sys/stat.h>
#include <unistd.h>

#include "../../hardware/linux/fixture.h"
#include "../plugin/folder.h"
#include "config/config.h"

static const struct doctor_check *find(const struct doctor_list *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++) {
		if (!strcmp(list->checks[i].name, name))
			return &list->checks[i];
	}
	fail_msg("no check %s", name);
	return NULL;
}

static struct config *parse(const char *text)
{
	struct config *config;

	assert_int_equal(config_parse(text, strlen(text), "c.toml", &config, NULL), 0);
	return config;
}

static void put(const struct folder *folder, const char *name, const char *text)
{
	FILE *file = fopen(at(folder, name), "we");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void expect(const struct doctor_list *list, const char *name, enum doctor_state state,
		   const char *text, const char *advice)
{
	assert_string_equal(find(list, name)->text, text);
	assert_string_equal(find(list, name)->advice, advice);
	assert_int_equal(find(list, name)->state, state);
}

/* Everything that the folder has, as this configuration sees it. */
static void look(const struct folder *folder, const char *text, struct doctor_list *ret_list)
{
	struct config *config = parse(text);
	const struct doctor_hardware hardware = {.config = config,
						 .plugins_folder = folder->path,
						 .data_folder = at(folder, "data"),
						 .root = ""};

	*ret_list = (struct doctor_list){0};
	doctor_check_i2c(ret_list, &hardware);
	doctor_check_gpio(ret_list, &hardware);
	config_destroy(config);
}

static void test_scan(void **state)
{
	const struct folder *folder = *state;
	struct doctor_list list;

	fixture_open(NULL, NULL, NULL);
	put(folder, "light.py", "");
	put(folder, "light.permission.toml", "allow_i2c = [0x23, 0x5C]\n");
	put(folder, "any.py", "");
	put(folder, "any.permission.toml", "allow_i2c = \"*\"\n");
	look(folder, "permissions.auto_approve = true", &list);
	expect(&list, "i2c-scan", DOCTOR_OK,
	       "bus 1, tested by an empty write or by reading a byte: 0x23 (light) answers; 0x5c "
	       "(light) "
	       "does "
	       "not answer; 0x77 ([sensors.bme680]) answers; not tested, since they may use every "
	       "address: any",
	       "");

	/* Nobody was approved: their addresses are let alone. */
	look(folder, "", &list);
	expect(&list, "i2c-scan", DOCTOR_OK,
	       "bus 1, tested by an empty write or by reading a byte: 0x77 ([sensors.bme680]) "
	       "answers",
	       "");
	assert_int_equal(access(at(folder, "data"), F_OK), -1);

	put(folder, "gone.py", "");
	put(folder, "gone.permission.toml", "allow_i2c = [0x52]\n");
	kernel_hold_address(fixture.kernel, 0x77);
	look(folder, "permissions.auto_approve = true\nplugins.any.enabled = false", &list);
	expect(&list, "i2c-scan", DOCTOR_WARNING,
	       "bus 1, tested by an empty write or by reading a byte: 0x23 (light) answers; 0x52 "
	       "(gone) "
	       "does "
	       "not answer; 0x5c (light) does not answer; 0x77 ([sensors.bme680]) is used by a "
	       "driver of the "
	       "kernel",
	       "no chip answers for [sensors.bme680], gone: check power, SDA, SCL and address "
	       "pins");

	look(folder, "hardware.i2c_bus = 3", &list);
	assert_int_equal(find(&list, "i2c-scan")->state, DOCTOR_WARNING);
	assert_memory_equal(find(&list, "i2c-scan")->text, "no /dev/i2c-3: ", 15);
	fixture_close();
}

static void test_lines(void **state)
{
	const struct folder *folder = *state;
	struct doctor_list list;

	fixture_open(NULL, NULL, NULL);
	look(folder, "", &list);
	expect(&list, "gpio-chips", DOCTOR_OK, "gpiochip0 [pinctrl-bcm2711] with 58 lines", "");
	expect(&list, "gpio-lines", DOCTOR_OK,
	       "gpiochip0: the node's own: GPIO4 (dht22) free; GPIO17 (buzzer) free; GPIO27 (fan) "
	       "free; held: "
	       "none",
	       "");
	kernel_hold_line(fixture.kernel, 17, "led0", false);
	kernel_hold_line(fixture.kernel, 42, "ACT", false);
	kernel_hold_line(fixture.kernel, 27, "harvester", false);
	look(folder, "sensors.dht22.gpio_pin = 60", &list);
	expect(&list, "gpio-lines", DOCTOR_WARNING,
	       "gpiochip0: the node's own: GPIO60 (dht22): cannot read line 60 of gpiochip0 "
	       "(use one of its lines, 0 to 57): Invalid argument; "
	       "GPIO17 "
	       "(buzzer) "
	       "held by led0; GPIO27 (fan) held by harvester; held: 17 led0, 27 "
	       "harvester, "
	       "42 ACT",
	       "use another line in the configuration, or stop what holds it (an overlay of the "
	       "device tree, another program)");
	look(folder, "hardware.gpio_chip = \"none-such\"", &list);
	expect(&list, "gpio-lines", DOCTOR_WARNING,
	       "no gpio chip with the label \"none-such\": `harvester doctor` lists the "
	       "chips of this machine",
	       "");
	fixture_close();
}

static void test_simulated(void **state)
{
	const struct folder *folder = *state;
	struct doctor_list list;

	look(folder, "hardware.backend = \"sim\"", &list);
	expect(&list, "i2c-scan", DOCTOR_OK, "not checked: i2c is simulated", "");
	expect(&list, "gpio-lines", DOCTOR_OK, "not checked: gpio is simulated", "");
}

static void test_sensors(void **state)
{
	static const char *const folders[] = {
		"sys",	   "sys/class",	  "sys/class/thermal",	 "sys/class/thermal/thermal_zone0",
		"sys/bus", "sys/bus/iio", "sys/bus/iio/devices", "sys/bus/iio/devices/iio:device0"};
	const struct folder *folder = *state;
	struct doctor_list list = {0};

	doctor_check_sensors(&list, folder->path);
	expect(&list, "thermal", DOCTOR_OK, "none on this machine", "");
	expect(&list, "iio", DOCTOR_OK, "none on this machine", "");
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		assert_int_equal(mkdir(at(folder, folders[i]), 0700), 0);
	put(folder, "sys/class/thermal/thermal_zone0/type", "cpu-thermal\n");
	list = (struct doctor_list){0};
	doctor_check_sensors(&list, folder->path);
	expect(&list, "thermal", DOCTOR_OK, "thermal_zone0 (cpu-thermal)", "");
	expect(&list, "iio", DOCTOR_OK, "iio:device0 (without a name)", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_scan, folder_setup, folder_teardown),
		cmocka_unit_test_setup_teardown(test_lines, folder_setup, folder_teardown),
		cmocka_unit_test_setup_teardown(test_simulated, folder_setup, folder_teardown),
		cmocka_unit_test_setup_teardown(test_sensors, folder_setup, folder_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
