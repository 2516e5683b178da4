#include "config/sensor_keys.h"

#include <stdlib.h>

#include "parse.h"

static void test_all_keys(void **state)
{
	struct config *config =
		parse("[cluster]\nnode_id = \"home\"\n"
		      "[sensors.\"cellar:pump\"]\n"
		      "name = \"Pump\"\nroom = \"Cellar\"\norder = 3\nhidden = true\n"
		      "main = \"power\"\n"
		      "[sensors.\"cellar:pump\".fields.power]\n"
		      "name = \"Power\"\nunit = \"W\"\nquantity = \"power\"\n"
		      "shown_unit = \"kW\"\ndecimals = 2\nkeep_raw = true\n");
	const struct config_sensor *sensor = config_find_sensor(config, "cellar", "pump");
	const struct config_field *field = config_find_field(sensor, "power");

	(void)state;
	assert_string_equal(sensor->name, "Pump");
	assert_string_equal(sensor->room, "Cellar");
	assert_int_equal(sensor->order, 3);
	assert_true(sensor->hidden);
	assert_string_equal(sensor->main_field, "power");
	assert_string_equal(field->label, "Power");
	assert_string_equal(field->unit, "W");
	assert_string_equal(field->quantity, "power");
	assert_string_equal(field->shown_unit, "kW");
	assert_int_equal(field->decimals, 2);
	assert_true(field->keep_raw);
	assert_null(config_find_field(sensor, "voltage"));
	assert_null(config_find_field(NULL, "power"));
	assert_null(config_find_sensor(config, "home", "pump"));
	config_destroy(config);
}

/* A sensor of this node has either name; "NODE:SENSOR" counts if both are there. */
static void test_names_of_own_sensors(void **state)
{
	struct config *config = parse("[cluster]\nnode_id = \"home\"\n"
				      "[sensors.attic]\norder = 1\n"
				      "[sensors.\"home:attic\"]\norder = 2\n"
				      "[sensors.cellar]\n");

	(void)state;
	assert_int_equal(config_find_sensor(config, "home", "attic")->order, 2);
	assert_int_equal(config_find_sensor(config, "home", "cellar")->order, CONFIG_NOT_SET);
	assert_null(config_find_sensor(config, "away", "cellar"));
	config_destroy(config);
}

/* The sections of the two devices hold both: the device's key and the sensor's. */
static void test_devices(void **state)
{
	struct config *config = parse("[cluster]\nnode_id = \"home\"\n"
				      "[sensors.dht22]\ngpio_pin = 7\nname = \"Kitchen\"\n"
				      "[sensors.dht22.fields.temperature]\nshown_unit = \"°F\"\n"
				      "[sensors.bme680]\ni2c_address = 0x76\nroom = \"Attic\"\n");
	const struct config_sensor *sensor = config_find_sensor(config, "home", "dht22");

	(void)state;
	assert_int_equal(config->sensors.dht22_pin, 7);
	assert_int_equal(config->sensors.bme680_address, 0x76);
	assert_int_equal(config->sensors.count, 2);
	assert_string_equal(sensor->name, "Kitchen");
	assert_string_equal(config_find_field(sensor, "temperature")->shown_unit, "°F");
	assert_string_equal(config_find_sensor(config, "home", "bme680")->room, "Attic");
	config_destroy(config);
}

static void test_refused(void **state)
{
	(void)state;
	refuse("[sensors.dht22]\ngpio_pim = 4\n",
	       "c.toml:2:1: unknown key sensors.dht22.gpio_pim, did you mean gpio_pin?\n");
	refuse("[sensors.attic]\ngpio_pin = 4\n",
	       "c.toml:2:1: unknown key sensors.attic.gpio_pin, known here: name, room, order, "
	       "hidden, main, fields\n");
	refuse("[sensors.\"a b\"]\n",
	       "c.toml:1:10: sensors.a b: expected SENSOR, or NODE:SENSOR for a sensor of another "
	       "node: letters, digits and \"-_.:\"\n");
	refuse("[sensors.a]\nname = \"<b>\"\n",
	       "c.toml:2:8: sensors.a.name: expected a name of 1 to 64 bytes without control "
	       "characters, \"<\" and \">\", found the string \"<b>\"\n");
	refuse("[sensors.a]\norder = 10000\n", "c.toml:2:9: sensors.a.order: expected an integer "
					       "from 0 to 9999, found the integer 10000\n");
	refuse("[sensors.a.fields.t]\nunit = \"C\"\n",
	       "c.toml:2:8: sensors.a.fields.t.unit: expected a unit that docs/UNITS.md lists, "
	       "such "
	       "as \"°C\", found the string \"C\"\n");
	refuse("[sensors.a.fields.t]\nquantity = \"warmth\"\n",
	       "c.toml:2:12: sensors.a.fields.t.quantity: expected a quantity that docs/UNITS.md "
	       "lists, such as \"temperature\", found the string \"warmth\"\n");
}

static void test_units_that_do_not_fit(void **state)
{
	(void)state;
	refuse("[sensors.a.fields.t]\nunit = \"hPa\"\nquantity = \"temperature\"\n",
	       "c.toml:1:19: sensors.a.fields.t.unit: \"hPa\" is no unit of the quantity "
	       "temperature: use \"°C\", \"°F\", \"K\"\n");
	refuse("[sensors.a.fields.t]\nunit = \"hPa\"\nshown_unit = \"K\"\n",
	       "c.toml:1:19: sensors.a.fields.t.shown_unit: \"hPa\" cannot be shown as \"K\": "
	       "choose "
	       "a unit of the same row of docs/UNITS.md\n");
}

static void test_two_sensors_of_one_name(void **state)
{
	(void)state;
	config_destroy(parse("[sensors.a]\nname = \"N\"\nroom = \"R\"\n"
			     "[sensors.b]\nname = \"N\"\n[sensors.c]\n[sensors.d]\n"));
	refuse("[sensors.a]\nname = \"N\"\nroom = \"R\"\n"
	       "[sensors.b]\nname = \"N\"\nroom = \"R\"\n",
	       "c.toml:4:10: sensors.b: has the name \"N\" of sensors.a in the same room: give one "
	       "of the two another name\n");
}

/* 1024 sensors are taken, one more is refused; likewise 64 fields. */
static void test_numbers(void **state)
{
	char *text = calloc(1, 65536);
	size_t used = 0;

	(void)state;
	for (int i = 0; i < CONFIG_SENSORS_MAX; i++)
		used += (size_t)snprintf(text + used, 65536 - used, "[sensors.s%d]\n", i);
	config_destroy(parse(text));
	snprintf(text + used, 65536 - used, "[sensors.more]\n");
	refuse(text, "c.toml:1025:10: sensors: more than 1024 sensors: remove some\n");
	used = 0;
	for (int i = 0; i < CONFIG_FIELDS_MAX; i++)
		used += (size_t)snprintf(text + used, 65536 - used, "[sensors.s.fields.f%d]\n", i);
	config_destroy(parse(text));
	snprintf(text + used, 65536 - used, "[sensors.s.fields.more]\n");
	refuse(text, "c.toml:65:19: sensors.s.fields: more than 64 fields: remove some\n");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_keys),
		cmocka_unit_test(test_names_of_own_sensors),
		cmocka_unit_test(test_devices),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_units_that_do_not_fit),
		cmocka_unit_test(test_two_sensors_of_one_name),
		cmocka_unit_test(test_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
