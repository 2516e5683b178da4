#include "config/config.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "parse.h"

static void test_unknown_keys(void **state)
{
	(void)state;
	refuse("[pooling]\n", "c.toml:1:2: unknown section pooling, did you mean polling?\n");
	refuse("polling = 3", "c.toml:1:11: polling: expected a table, found the integer 3\n");
	refuse("[polling]\ninterval_secnods = 1\n",
	       "c.toml:2:1: unknown key polling.interval_secnods, did you mean "
	       "interval_seconds?\n");
	refuse("[polling]\nfoo = 1\n", "c.toml:2:1: unknown key polling.foo, known here: "
				       "interval_seconds, deadline_seconds\n");
	/* A sensor may have any name, but only the two devices have keys of their own. */
	refuse("[sensors.dht23]\ngpio_pin = 4\n",
	       "c.toml:2:1: unknown key sensors.dht23.gpio_pin, known here: name, room, order, "
	       "hidden, main, fields\n");
	refuse("[fan]\n\"\\u001b[31m\" = 1\n",
	       "c.toml:2:1: unknown key fan.?[31m, known here: gpio_pin, threshold_on, "
	       "threshold_off, active_low, min_off_seconds\n");
}

static void test_wrong_types(void **state)
{
	(void)state;
	refuse("[polling]\ninterval_seconds = \"ten\"\n",
	       "c.toml:2:20: polling.interval_seconds: expected a number from 0.005 to 86400, "
	       "found "
	       "the string \"ten\"\n");
	refuse("[leds]\ncount = 1.5\nbrightness = [1]\n",
	       "c.toml:2:9: leds.count: expected an integer from 0 to 445, found the number 1.5\n"
	       "c.toml:3:14: leds.brightness: expected an integer from 0 to 255, found an array\n");
	refuse("[sandbox]\nrequired = 2026-01-31\n",
	       "c.toml:2:12: sandbox.required: expected true or false, found the date or time "
	       "2026-01-31\n");
	refuse("logging.timezone = true",
	       "c.toml:1:20: logging.timezone: expected a string of at most 255 bytes, found the "
	       "boolean true\n");
}

static void test_long_values_are_cut(void **state)
{
	struct buffer text;

	(void)state;
	buffer_init(&text, 1024);
	assert_int_equal(buffer_append_text(&text, "logging.timezone = \""), 0);
	for (int i = 0; i < 255; i++)
		assert_int_equal(buffer_append_text(&text, "x"), 0);
	assert_int_equal(buffer_append_text(&text, "\""), 0);
	config_destroy(parse(text.data));

	text.size--;
	assert_int_equal(buffer_append_text(&text, "x\""), 0);
	refuse(text.data, "c.toml:1:20: logging.timezone: expected a string of at most 255 bytes, "
			  "found the string \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
			  "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"…\n");
	/* 63 bytes and a character of two that would end behind the limit */
	refuse("cluster.role = "
	       "\"yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyéz\"",
	       "c.toml:1:16: cluster.role: expected \"standalone\", \"hub\" or \"spoke\", found "
	       "the "
	       "string \"yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\"…\n");
	buffer_finish(&text);
}

static void test_cross_checks(void **state)
{
	(void)state;
	config_destroy(parse("[cluster]\nrole = \"spoke\"\n")); /* its invitation names the hub */
	config_destroy(parse("cluster.role = \"hub\""));
	refuse("[fan]\nthreshold_on = 40\n",
	       "c.toml:2:1: fan.threshold_off (50) must be less than fan.threshold_on (40)\n");
	refuse("[history]\nkeep_raw_days = 181\n",
	       "c.toml:2:1: history.keep_minute_days (180) must be at least history.keep_raw_days "
	       "(181)\n");
	refuse("[history]\nmax_mb = 7\n", "c.toml:2:10: history.max_mb: expected an integer from 8 "
					  "to 1048576, found the integer 7\n");
	refuse("[fan]\nthreshold_on = 50\nthreshold_off = 50\n",
	       "c.toml:3:1: fan.threshold_off (50) must be less than fan.threshold_on (50)\n");
	refuse("[buzzer]\ngpio_pin = 4\n",
	       "c.toml:2:1: buzzer.gpio_pin: use another line; GPIO 4 is already used by "
	       "sensors.dht22 (its default; set gpio_pin = -1 there if it is not connected)\n");
	refuse("[sensors.dht22]\ngpio_pin = 27\n",
	       "c.toml:2:1: sensors.dht22.gpio_pin: use another line; GPIO 27 is already used by "
	       "fan (its default; set gpio_pin = -1 there if it is not connected)\n");
	refuse("[buzzer]\ngpio_pin = 5\n[fan]\ngpio_pin = 5\n",
	       "c.toml:4:1: fan.gpio_pin: use another line; GPIO 5 is already used by buzzer\n");
	refuse("leds.gpio_pin = 4",
	       "c.toml:1:6: leds.gpio_pin: use another line; GPIO 4 is already used by "
	       "sensors.dht22 (its default; set gpio_pin = -1 there if it is not connected)\n");
	config_destroy(parse("[leds]\ncount = 0\ngpio_pin = 4\n"));
	config_destroy(parse("buzzer.gpio_pin = -1\nfan.gpio_pin = -1\n"));
}

static void test_refused_keys_are_told_once(void **state)
{
	(void)state;
	refuse("[fan]\nthreshold_on = \"70\"\nthreshold_off = 65\n",
	       "c.toml:2:16: fan.threshold_on: expected a number from -40 to 150, found the string "
	       "\"70\"\n");
	refuse("[cluster]\nrole = \"spoke\"\nhub_url = \"hub\"\n",
	       "c.toml:3:11: cluster.hub_url: expected a URL that begins with http:// or https://, "
	       "found the string \"hub\"\n");
	refuse("[sensors.dht22]\ngpio_pin = \"5\"\n[buzzer]\ngpio_pin = 4\n",
	       "c.toml:2:12: sensors.dht22.gpio_pin: expected a GPIO line from 0 to 255, or -1 for "
	       "none, found the string \"5\"\n");
}

static void test_all_problems_up_to_a_limit(void **state)
{
	struct problem_list problems;
	struct config *config;
	struct buffer text;

	(void)state;
	buffer_init(&text, 65536);
	REPEAT(&text, 0, PROBLEMS_MAX + 7, "zzz%d = 1\n");
	problem_list_init(&problems);
	assert_int_equal(config_parse(text.data, text.size, "c.toml", &config, &problems),
			 ERROR_MALFORMED);
	assert_int_equal(problems.count, PROBLEMS_MAX);
	assert_int_equal(problems.dropped, 7);
	assert_memory_equal(problems.items[99].text, "c.toml:100:1: ", 14);
	/* Nobody has to want to know why. */
	assert_int_equal(config_parse(text.data, text.size, "c.toml", &config, NULL),
			 ERROR_MALFORMED);
	problem_list_finish(&problems);
	buffer_finish(&text);
}

static void test_size_limit(void **state)
{
	char *text = malloc(CONFIG_FILE_SIZE_MAX + 1);
	struct config *config;

	(void)state;
	memset(text, '\n', CONFIG_FILE_SIZE_MAX + 1);
	assert_int_equal(config_parse(text, CONFIG_FILE_SIZE_MAX, "c.toml", &config, NULL), 0);
	config_destroy(config);
	refuse_sized(text, CONFIG_FILE_SIZE_MAX + 1, ERROR_TOO_LARGE,
		     "c.toml: the file has more than 1048576 bytes: make it smaller\n");
	free(text);
}

static void assert_load_fails(const char *path, int code, const char *why)
{
	struct problem_list problems;
	struct config *config;
	char expected[256];

	problem_list_init(&problems);
	assert_int_equal(config_load(path, &config, &problems), code);
	snprintf(expected, sizeof(expected), "%s: %s\n", path, why);
	assert_problems(&problems, expected);
	problem_list_finish(&problems);
}

static void test_files_that_cannot_be_read(void **state)
{
	char folder[] = "/tmp/harvester-config-XXXXXX", path[64];

	(void)state;
	assert_non_null(mkdtemp(folder));
	assert_load_fails(folder, ERROR_INVALID, "this is a folder: give the path of a file");
	snprintf(path, sizeof(path), "%s/none.toml", folder);
	assert_load_fails(path, ERROR_NOT_FOUND,
			  "cannot find this file (check its path, and who may read its folder): No "
			  "such file or directory");
	/* To open it would wait for a writer. */
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_load_fails(path, ERROR_INVALID,
			  "this is not a regular file: put a regular file in its place");
	unlink(path);
	rmdir(folder);
}

static void test_profiles_are_valid(void **state)
{
	const char *root = getenv("PROJECT_ROOT");
	struct problem_list problems;
	struct config *config;
	struct dirent *entry;
	char path[4096];
	size_t checked = 0;
	DIR *folder;

	(void)state;
	assert_non_null(root);
	snprintf(path, sizeof(path), "%s/config", root);
	folder = opendir(path);
	assert_non_null(folder);
	problem_list_init(&problems);
	while ((entry = readdir(folder))) {
		if (!strstr(entry->d_name, ".toml"))
			continue;
		snprintf(path, sizeof(path), "%s/config/%s", root, entry->d_name);
		config_load(path, &config, &problems);
		assert_problems(&problems, "");
		config_destroy(config);
		checked++;
	}
	closedir(folder);
	assert_true(checked >= 5);
}

static void test_places_of_what_names_a_plugin(void **state)
{
	struct config *config = parse("[plugins.a]\n"
				      "led = 1\n"
				      "[plugins.b.settings]\n"
				      "[plugins]\n"
				      "c.led = 2\n"
				      "[dashboard]\n"
				      "plugin = \"page\"\n");

	(void)state;
	assert_int_equal(config_find_plugin(config, "a")->line, 1);
	assert_int_equal(config_find_plugin(config, "a")->column, 10);
	assert_int_equal(config_find_plugin(config, "b")->line, 3);
	assert_int_equal(config_find_plugin(config, "b")->column, 10);
	assert_int_equal(config_find_plugin(config, "c")->line, 5);
	assert_int_equal(config_find_plugin(config, "c")->column, 1);
	assert_int_equal(config->dashboard.plugin_line, 7);
	assert_int_equal(config->dashboard.plugin_column, 10);
	config_destroy(config);

	/* Nobody wrote the default. */
	config = parse("[dashboard]\n");
	assert_int_equal(config->dashboard.plugin_line, 0);
	config_destroy(config);
}

static void test_destroy_takes_null(void **state)
{
	(void)state;
	config_destroy(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unknown_keys),
		cmocka_unit_test(test_wrong_types),
		cmocka_unit_test(test_long_values_are_cut),
		cmocka_unit_test(test_cross_checks),
		cmocka_unit_test(test_refused_keys_are_told_once),
		cmocka_unit_test(test_all_problems_up_to_a_limit),
		cmocka_unit_test(test_size_limit),
		cmocka_unit_test(test_files_that_cannot_be_read),
		cmocka_unit_test(test_profiles_are_valid),
		cmocka_unit_test(test_places_of_what_names_a_plugin),
		cmocka_unit_test(test_destroy_takes_null),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
