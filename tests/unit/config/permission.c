#include "config/permission.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/error.h"
#include "expect.h"

static struct permission parse(const char *text)
{
	struct problem_list problems;
	struct permission permission;
	int ret;

	problem_list_init(&problems);
	ret = permission_parse(text, strlen(text), "p.toml", &permission, &problems);
	assert_problems(&problems, "");
	assert_int_equal(ret, 0);
	return permission;
}

static void refuse(const char *text, const char *expected)
{
	struct problem_list problems;
	struct permission permission = {.i2c_count = 7};

	problem_list_init(&problems);
	assert_int_equal(permission_parse(text, strlen(text), "p.toml", &permission, &problems),
			 ERROR_MALFORMED);
	assert_int_equal(permission.i2c_count, 7);
	assert_problems(&problems, expected);
	problem_list_finish(&problems);
}

static void test_nothing_is_asked_for_by_default(void **state)
{
	struct permission permission = parse("");

	(void)state;
	assert_int_equal(permission.i2c_count, 0);
	assert_int_equal(permission.gpio_count, 0);
	assert_int_equal(permission.spi_count, 0);
	assert_int_equal(permission.uart_count, 0);
	assert_false(permission.leds || permission.buzzer || permission.fan);
	assert_false(permission_has_i2c(&permission, 0));
	assert_false(permission_has_gpio(&permission, 0));
	assert_false(permission_has_spi(&permission, ""));
	assert_false(permission_has_uart(&permission, ""));
}

static void test_all_keys(void **state)
{
	struct permission permission = parse("allow_i2c = [0x3C, \"0x77\", 0x3C]\n"
					     "allow_gpio = [4, 0, 255, 4]\n"
					     "allow_spi = [\"spi0.1\", \"spi0.1\"]\n"
					     "allow_uart = [\"ttyUSB0\"]\n"
					     "allow_leds = true\n"
					     "allow_buzzer = true\n"
					     "allow_fan = true\n");

	(void)state;
	assert_int_equal(permission.i2c_count, 2);
	assert_true(permission_has_i2c(&permission, 0x3c));
	assert_true(permission_has_i2c(&permission, 0x77));
	assert_false(permission_has_i2c(&permission, 0x76));
	assert_int_equal(permission.gpio_count, 3);
	assert_true(permission_has_gpio(&permission, 255));
	assert_false(permission_has_gpio(&permission, 5));
	assert_false(permission_has_gpio(&permission, 256 + 4));
	assert_int_equal(permission.spi_count, 1);
	assert_true(permission_has_spi(&permission, "spi0.1"));
	assert_false(permission_has_spi(&permission, "spi0.0"));
	assert_true(permission_has_uart(&permission, "ttyUSB0"));
	assert_true(permission.leds && permission.buzzer && permission.fan);
}

static void test_true_means_the_usual_device(void **state)
{
	struct permission permission = parse("allow_spi = true\nallow_uart = true\n");

	(void)state;
	assert_int_equal(permission.spi_count, 1);
	assert_true(permission_has_spi(&permission, "spi0.0"));
	assert_int_equal(permission.uart_count, 1);
	assert_true(permission_has_uart(&permission, "serial0"));
	permission = parse("allow_spi = false\nallow_uart = []\n");
	assert_int_equal(permission.spi_count, 0);
	assert_int_equal(permission.uart_count, 0);
}

static void test_problems(void **state)
{
	(void)state;
	refuse("allow_12c = []", "p.toml:1:1: unknown key allow_12c, did you mean allow_i2c?\n");
	refuse("allow_i2c = 0x3C\nallow_gpio = true\nallow_spi = 1\nallow_leds = \"yes\"\n",
	       "p.toml:1:13: allow_i2c: expected an array of i2c addresses, or \"*\" for all, "
	       "found the integer "
	       "60\n"
	       "p.toml:2:14: allow_gpio: expected an array of GPIO lines, or \"*\" for all, found "
	       "the boolean "
	       "true\n"
	       "p.toml:3:13: allow_spi: expected true, false or an array of names, found the "
	       "integer 1\n"
	       "p.toml:4:14: allow_leds: expected true or false, found the string \"yes\"\n");
	refuse("allow_i2c = [0x07, 0x78, \"3C\"]\nallow_gpio = [-1, 256, \"4\"]\n",
	       "p.toml:1:14: allow_i2c: expected an i2c address from 0x08 to 0x77 (0x3C or "
	       "\"0x3C\"), found the integer 7\n"
	       "p.toml:1:20: allow_i2c: expected an i2c address from 0x08 to 0x77 (0x3C or "
	       "\"0x3C\"), found the integer 120\n"
	       "p.toml:1:26: allow_i2c: expected an i2c address from 0x08 to 0x77 (0x3C or "
	       "\"0x3C\"), found the string \"3C\"\n"
	       "p.toml:2:15: allow_gpio: expected a GPIO line from 0 to 255, found the integer -1\n"
	       "p.toml:2:19: allow_gpio: expected a GPIO line from 0 to 255, found the integer "
	       "256\n"
	       "p.toml:2:24: allow_gpio: expected a GPIO line from 0 to 255, found the string "
	       "\"4\"\n");
	refuse("allow_spi = [0]\nallow_uart = [\"sda\"]\n",
	       "p.toml:1:14: allow_spi: expected the name of an spi device, such as \"spi0.0\", "
	       "found the integer 0\n"
	       "p.toml:2:15: allow_uart: expected the name of a serial port, such as \"serial0\" "
	       "or "
	       "\"ttyUSB0\", found the string \"sda\"\n");
	refuse("allow_uart = [\"ttyxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"]",
	       "p.toml:1:15: allow_uart: expected the name of a serial port, such as \"serial0\" "
	       "or "
	       "\"ttyUSB0\", found the string \"ttyxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"\n");
}

static void test_limit_of_names(void **state)
{
	struct permission permission;
	struct buffer text;

	(void)state;
	buffer_init(&text, 4096);
	assert_int_equal(buffer_append_text(&text, "allow_spi = ["), 0);
	for (int i = 0; i < PERMISSION_ENTRIES_MAX; i++)
		assert_int_equal(buffer_printf(&text, "'spi0.%d',", i), 0);
	assert_int_equal(buffer_append_text(&text, "]"), 0);
	permission = parse(text.data);
	assert_int_equal(permission.spi_count, PERMISSION_ENTRIES_MAX);
	text.size--;
	assert_int_equal(buffer_append_text(&text, "\n'spi0.64']"), 0);
	refuse(text.data, "p.toml:2:1: allow_spi: more than 64 values: remove some\n");
	buffer_finish(&text);
	refuse("allow_i2c = [0x77]\ni2c_bus = [1, 2, 3, 4, 5, 6, 7, 8, 1,\n9]\n",
	       "p.toml:3:1: i2c_bus: more than 8 values: remove some\n");
}

static void test_everything_is_written_as_a_star(void **state)
{
	struct permission permission = parse("allow_i2c = \"*\"\nallow_gpio_in = \"*\"\n"
					     "share_i2c = \"*\"\nshare_gpio = []\n");

	(void)state;
	assert_int_equal(permission.i2c_count, PERMISSION_I2C_MAX);
	assert_int_equal(permission.i2c[0], 0x08);
	assert_int_equal(permission.i2c[PERMISSION_I2C_MAX - 1], 0x77);
	assert_int_equal(permission.gpio_count, PERMISSION_GPIO_MAX);
	assert_int_equal(permission_gpio_direction(&permission, 255), PERMISSION_IN);
	assert_int_equal(permission_gpio_direction(&permission, 256), 0);
	assert_int_equal(permission.share_i2c_count, PERMISSION_I2C_MAX);
	/* All that was asked for, and no more. */
	permission = parse("share_i2c = \"*\"\nallow_i2c = [0x77]\nshare_gpio = \"*\"\n");
	assert_int_equal(permission.share_i2c_count, 1);
	assert_true(permission_shares_i2c(&permission, 0x77));
	assert_int_equal(permission.share_gpio_count, 0);
	refuse("allow_i2c = [\"*\"]\nallow_gpio = \"**\"\nallow_spi = \"*\"\nallow_uart = [\"*\"]",
	       "p.toml:1:14: allow_i2c: expected an i2c address from 0x08 to 0x77 (0x3C or "
	       "\"0x3C\"), found the string \"*\"\n"
	       "p.toml:2:14: allow_gpio: expected an array of GPIO lines, or \"*\" for all, found "
	       "the string \"**\"\n"
	       "p.toml:3:13: allow_spi: expected true, false or an array of names, found the "
	       "string \"*\"\n"
	       "p.toml:4:15: allow_uart: expected the name of a serial port, such as \"serial0\" "
	       "or \"ttyUSB0\", found the string \"*\"\n");
}

static void test_directions(void **state)
{
	struct permission permission = parse("allow_gpio_out = [17, 4]\n"
					     "allow_gpio = [22]\n"
					     "allow_gpio_in = [4, 5, 22]\n");

	(void)state;
	assert_int_equal(permission.gpio_count, 4);
	assert_int_equal(permission_gpio_direction(&permission, 17), PERMISSION_OUT);
	assert_int_equal(permission_gpio_direction(&permission, 4), PERMISSION_IN_OUT);
	assert_int_equal(permission_gpio_direction(&permission, 5), PERMISSION_IN);
	assert_int_equal(permission_gpio_direction(&permission, 22), PERMISSION_IN_OUT);
	assert_int_equal(permission_gpio_direction(&permission, 6), 0);
	assert_true(permission_has_gpio(&permission, 17));
	/* What was made without a direction has both. */
	permission.gpio_direction[5] = 0;
	assert_int_equal(permission_gpio_direction(&permission, 5), PERMISSION_IN_OUT);
}

static void test_buses(void **state)
{
	struct permission permission = parse("");

	(void)state;
	assert_true(permission_has_i2c_bus(&permission, 1, 1));
	assert_false(permission_has_i2c_bus(&permission, 0, 1));
	permission = parse("i2c_bus = [3, 0]");
	assert_true(permission_has_i2c_bus(&permission, 0, 1));
	assert_true(permission_has_i2c_bus(&permission, 3, 1));
	assert_false(permission_has_i2c_bus(&permission, 1, 1));
	refuse("i2c_bus = []", "p.toml:1:11: i2c_bus: expected an array of i2c bus numbers, such "
			       "as [1], found an array\n");
	refuse("i2c_bus = [-1, 256, \"1\"]",
	       "p.toml:1:12: i2c_bus: expected the number of an i2c bus, 0 to 255, found the "
	       "integer -1\n"
	       "p.toml:1:16: i2c_bus: expected the number of an i2c bus, 0 to 255, found the "
	       "integer 256\n"
	       "p.toml:1:21: i2c_bus: expected the number of an i2c bus, 0 to 255, found the "
	       "string \"1\"\n");
}

static void test_sharing(void **state)
{
	struct permission permission = parse("share_i2c = [0x77]\nallow_i2c = [0x76, 0x77]\n"
					     "allow_gpio_in = [4]\nshare_gpio = [4]\n");

	(void)state;
	assert_true(permission_shares_i2c(&permission, 0x77));
	assert_false(permission_shares_i2c(&permission, 0x76));
	assert_true(permission_shares_gpio(&permission, 4));
	refuse("share_gpio = [4]\nshare_i2c = [0x77, 0x3c]\nallow_i2c = [0x77]\n",
	       "p.toml:2:1: share_i2c: 0x3C is not in allow_i2c: add it there too, or remove it "
	       "here\np.toml:1:1: share_gpio: 4 is not in allow_gpio: add it there too, or remove "
	       "it here\n");
}

static void test_safe_states(void **state)
{
	struct permission permission = parse("safe_low = [4]\nsafe_high = [5, 6]\nsafe_fan = true\n"
					     "allow_gpio = [4, 5]\nallow_gpio_out = [6, 7]\n"
					     "allow_fan = true\n");

	(void)state;
	assert_int_equal(permission.safe_gpio[4], PERMISSION_LEVEL_LOW);
	assert_int_equal(permission.safe_gpio[5], PERMISSION_LEVEL_HIGH);
	assert_int_equal(permission.safe_gpio[6], PERMISSION_LEVEL_HIGH);
	assert_int_equal(permission.safe_gpio[7], PERMISSION_LEVEL_NONE);
	assert_true(permission.safe_fan);
	refuse("safe_low = [4]\nsafe_high = [4, 5]\nallow_gpio = [4]\nallow_gpio_in = [5]\n"
	       "safe_fan = true\n",
	       "p.toml:2:1: safe_high: 4 is in safe_low too: remove it from one of them\n"
	       "p.toml:2:1: safe_high: 5 is not in allow_gpio or allow_gpio_out: add it there too, "
	       "or remove it here\n"
	       "p.toml:5:1: safe_fan: allow_fan is missing: add allow_fan = true, or remove "
	       "this\n");
	refuse("safe_low = [256]\n", "p.toml:1:13: safe_low: expected a GPIO line from 0 to 255, "
				     "found the integer 256\n");
}

static void test_numbers(void **state)
{
	struct permission permission = parse("");

	(void)state;
	assert_int_equal(permission.memory_mb, 64);
	assert_int_equal(permission.state_kb, 64);
	assert_int_equal(permission.host_calls_per_poll, 10000);
	assert_true(permission.deadline_seconds == 0);
	assert_true(permission.poll_interval_seconds == 0);
	permission = parse("memory_mb = 8\nstate_kb = 0\nhost_calls_per_poll = 1\n"
			   "deadline_seconds = 0.05\npoll_interval_seconds = 0.005\n");
	assert_int_equal(permission.memory_mb, 8);
	assert_int_equal(permission.state_kb, 0);
	assert_int_equal(permission.host_calls_per_poll, 1);
	assert_true(permission.deadline_seconds == 0.05);
	assert_true(permission.poll_interval_seconds == 0.005);
	permission = parse("memory_mb = 512\nstate_kb = 1024\nhost_calls_per_poll = 100000\n"
			   "deadline_seconds = 3600\npoll_interval_seconds = 86400\n");
	assert_int_equal(permission.memory_mb, 512);
	assert_int_equal(permission.state_kb, 1024);
	assert_int_equal(permission.host_calls_per_poll, 100000);
	refuse("memory_mb = 7\nstate_kb = -1\nhost_calls_per_poll = 0\ndeadline_seconds = 0.04\n"
	       "poll_interval_seconds = 0\n",
	       "p.toml:1:13: memory_mb: expected an integer from 8 to 512, found the integer 7\n"
	       "p.toml:2:12: state_kb: expected an integer from 0 to 1024, found the integer -1\n"
	       "p.toml:3:23: host_calls_per_poll: expected an integer from 1 to 100000, found the "
	       "integer 0\n"
	       "p.toml:4:20: deadline_seconds: expected a number from 0.05 to 3600, found the "
	       "number 0.04\n"
	       "p.toml:5:25: poll_interval_seconds: expected a number from 0.005 to 86400, found "
	       "the integer 0\n");
	refuse("memory_mb = 513\nstate_kb = 1025\nhost_calls_per_poll = 100001\n"
	       "deadline_seconds = 3601\npoll_interval_seconds = inf\n",
	       "p.toml:1:13: memory_mb: expected an integer from 8 to 512, found the integer 513\n"
	       "p.toml:2:12: state_kb: expected an integer from 0 to 1024, found the integer 1025\n"
	       "p.toml:3:23: host_calls_per_poll: expected an integer from 1 to 100000, found the "
	       "integer 100001\n"
	       "p.toml:4:20: deadline_seconds: expected a number from 0.05 to 3600, found the "
	       "integer 3601\n"
	       "p.toml:5:25: poll_interval_seconds: expected a number from 0.005 to 86400, found "
	       "the number inf\n");
}

/* Only the owner denies. */
static void test_unknown_keys_list_all_known(void **state)
{
	(void)state;
	refuse("xyz = 1",
	       "p.toml:1:1: unknown key xyz, known here: allow_i2c, allow_gpio, allow_gpio_in, "
	       "allow_gpio_out, allow_spi, allow_uart, allow_w1, allow_leds, allow_buzzer, "
	       "allow_fan, "
	       "i2c_bus, share_i2c, share_gpio, memory_mb, state_kb, host_calls_per_poll, "
	       "deadline_seconds, poll_interval_seconds, safe_low, safe_high, safe_fan\n");
}

static void test_w1(void **state)
{
	struct permission permission = parse("allow_w1 = [\"28-0316a2794bff\"]\n");

	(void)state;
	assert_true(permission_has_w1(&permission, "28-0316a2794bff"));
	assert_false(permission_has_w1(&permission, "28-000000000000"));
	permission = parse("allow_w1 = [\"28-0316a2794bff\", \"*\"]\n");
	assert_int_equal(permission.w1_count, 1);
	assert_true(permission_has_w1(&permission, "28-000000000000"));
	permission = parse("allow_w1 = \"*\"\n");
	assert_true(permission_has_w1(&permission, "28-000000000000"));
	permission = parse("");
	assert_int_equal(permission.w1_count, 0);
	refuse("allow_w1 = true\n",
	       "p.toml:1:12: allow_w1: expected an array of 1-wire ids, or \"*\" "
	       "for all, found the boolean true\n");
	refuse("allow_w1 = [\"../w1\"]\n",
	       "p.toml:1:13: allow_w1: expected the id of a 1-wire device, such as "
	       "\"28-0316a2794bff\", or \"*\", found the string \"../w1\"\n");
}

static void test_size_limit(void **state)
{
	char *text = malloc(PERMISSION_FILE_SIZE_MAX + 1);
	struct permission permission;

	(void)state;
	memset(text, '\n', PERMISSION_FILE_SIZE_MAX + 1);
	assert_int_equal(
		permission_parse(text, PERMISSION_FILE_SIZE_MAX, "p.toml", &permission, NULL), 0);
	assert_int_equal(
		permission_parse(text, PERMISSION_FILE_SIZE_MAX + 1, "p.toml", &permission, NULL),
		ERROR_TOO_LARGE);
	free(text);
}

static void test_files(void **state)
{
	char folder[] = "/tmp/harvester-permission-XXXXXX", path[64];
	struct problem_list problems;
	struct permission permission;
	FILE *file;

	(void)state;
	problem_list_init(&problems);
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/permission.toml", folder);
	assert_int_equal(permission_load(path, &permission, &problems), ERROR_NOT_FOUND);
	assert_problems(&problems, "");
	file = fopen(path, "we");
	assert_non_null(file);
	fputs("allow_fan = true\n", file);
	fclose(file);
	assert_int_equal(permission_load(path, &permission, &problems), 0);
	assert_true(permission.fan);
	unlink(path);
	assert_int_equal(permission_load(folder, &permission, &problems), ERROR_INVALID);
	assert_int_equal(problems.count, 1);
	rmdir(folder);
	problem_list_finish(&problems);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_is_asked_for_by_default),
		cmocka_unit_test(test_all_keys),
		cmocka_unit_test(test_true_means_the_usual_device),
		cmocka_unit_test(test_problems),
		cmocka_unit_test(test_limit_of_names),
		cmocka_unit_test(test_everything_is_written_as_a_star),
		cmocka_unit_test(test_directions),
		cmocka_unit_test(test_buses),
		cmocka_unit_test(test_sharing),
		cmocka_unit_test(test_safe_states),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_unknown_keys_list_all_known),
		cmocka_unit_test(test_w1),
		cmocka_unit_test(test_size_limit),
		cmocka_unit_test(test_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
