#include "hardware/driver/w1.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "near.h"

#define GOOD "72 01 4b 46 7f ff 0e 10 57 : crc=57 YES\n72 01 4b 46 7f ff 0e 10 57 t=23125\n"
#define SECOND_LINE "72 01 4b 46 7f ff 0e 10 57 "
#define WITH(value) "72 01 4b 46 7f ff 0e 10 57 : crc=57 YES\n" SECOND_LINE value

static void test_good(void **state)
{
	double celsius;

	(void)state;
	assert_int_equal(w1_parse_temperature(GOOD, &celsius, NULL), 0);
	assert_near(celsius, 23.125, 1e-9);
	assert_int_equal(w1_parse_temperature(WITH("t=-55000\n"), &celsius, NULL), 0);
	assert_near(celsius, -55, 0);
	assert_int_equal(w1_parse_temperature(WITH("t=0\n"), &celsius, NULL), 0);
	assert_near(celsius, 0, 0);
}

static void test_refused(void **state)
{
	static const struct {
		const char *text;
		int code;
		const char *says;
	} cases[] = {
		{"", ERROR_MALFORMED,
		 "the sensor's w1_slave file does not have the form of a thermometer's: use a "
		 "DS18B20 or "
		 "one like it"},
		{"\n", ERROR_MALFORMED,
		 "the sensor's w1_slave file does not have the form of a thermometer's: use a "
		 "DS18B20 or "
		 "one like it"},
		{"YES\n t=1\n", ERROR_MALFORMED,
		 "the sensor's w1_slave file does not have the form of a thermometer's: use a "
		 "DS18B20 or "
		 "one like it"},
		{"crc=57 YES", ERROR_MALFORMED,
		 "the sensor's w1_slave file does not have the form of a thermometer's: use a "
		 "DS18B20 or "
		 "one like it"},
		{"t=1 crc=57 YES\n", ERROR_MALFORMED,
		 "the sensor's w1_slave file does not have the form of a thermometer's: use a "
		 "DS18B20 or "
		 "one like it"},
		{"ff ff ff ff ff ff ff ff ff : crc=c9 NO\n" SECOND_LINE "t=23125\n", ERROR_CHECKSUM,
		 "checksum mismatch: check the sensor's wire and pull-up resistor"},
		{"00 00 00 00 00 00 00 00 00 : crc=00 YES\n00 00 00 00 00 00 00 00 00 t=0\n",
		 ERROR_IMPLAUSIBLE, "the sensor answered only zeros: check its wire"},
		{WITH("t=\n"), ERROR_MALFORMED,
		 "the sensor's w1_slave file has no temperature: check that the device is a "
		 "thermometer"},
		{WITH("t=12"), ERROR_MALFORMED,
		 "the sensor's w1_slave file has no temperature: check that the device is a "
		 "thermometer"},
		{WITH("t=1x\n"), ERROR_MALFORMED,
		 "the sensor's w1_slave file has no temperature: check that the device is a "
		 "thermometer"},
		{WITH("t=99999999999999999999\n"), ERROR_MALFORMED,
		 "the sensor's w1_slave file has no temperature: check that the device is a "
		 "thermometer"},
		{WITH("t=85000\n"), ERROR_IMPLAUSIBLE,
		 "the sensor reports 85 °C, its value before the first measurement: check its "
		 "power"},
		{WITH("t=125001\n"), ERROR_IMPLAUSIBLE,
		 "125.001 °C is outside the sensor's range, -55 to 125 °C: check the sensor's wire "
		 "and pull-up resistor"},
		{WITH("t=-55001\n"), ERROR_IMPLAUSIBLE,
		 "-55.001 °C is outside the sensor's range, -55 to 125 °C: check the sensor's wire "
		 "and pull-up resistor"},
	};
	double celsius = 7;
	struct error err;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(w1_parse_temperature(cases[i].text, &celsius, &err),
				 cases[i].code);
		assert_string_equal(err.text, cases[i].says);
	}
	assert_near(celsius, 7, 0);
}

/* Every beginning of a good text. */
static void test_cut_short(void **state)
{
	char text[sizeof(GOOD)];
	double celsius;

	(void)state;
	for (size_t size = 0; size < sizeof(GOOD) - 1; size++) {
		memcpy(text, GOOD, size);
		text[size] = '\0';
		assert_int_not_equal(w1_parse_temperature(text, &celsius, NULL), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_cut_short),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
