#include "hardware/driver/system_info.h"

#include <ftw.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"
#include "near.h"

struct fixture {
	char root[64];
	struct system_info *info;
	struct error err;
};

static int setup(void **state)
{
	static struct fixture fixture;

	snprintf(fixture.root, sizeof(fixture.root), "/tmp/system-info-XXXXXX");
	if (!mkdtemp(fixture.root))
		return -1;
	*state = &fixture;
	return system_info_create(fixture.root, &fixture.info, NULL);
}

static int remove_entry(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	system_info_destroy(f->info);
	return nftw(f->root, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

/* A file below the root, with the folders that it needs. */
static void put(struct fixture *f, const char *path, const char *text)
{
	char whole[256];
	FILE *file;

	snprintf(whole, sizeof(whole), "%s%s", f->root, path);
	for (char *slash = strchr(whole + strlen(f->root) + 1, '/'); slash;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(whole, 0700);
		*slash = '/';
	}
	file = fopen(whole, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void test_memory(void **state)
{
	struct fixture *f = *state;
	uint32_t used = 7, total = 7;

	put(f, "/proc/meminfo",
	    "MemTotal:        3884136 kB\nMemFree:          123456 kB\nMemAvailable:    2893776 "
	    "kB\n");
	assert_int_equal(system_info_memory(f->info, &used, &total, NULL), 0);
	assert_int_equal(total, 3793);
	assert_int_equal(used, 967);
}

static void test_memory_malformed(void **state)
{
	static const char *const texts[] = {
		"",
		"MemTotal: 100 kB\n",
		"MemTotal: 100 kB\nMemAvailable: 101 kB\n",
		"MemTotal: many\nMemAvailable: 101 kB\n",
		"XMemTotal: 100 kB\nMemAvailable: 10 kB\n",
	};
	struct fixture *f = *state;
	uint32_t used = 7, total = 7;

	assert_int_equal(system_info_memory(f->info, &used, &total, NULL), ERROR_NOT_FOUND);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		put(f, "/proc/meminfo", texts[i]);
		assert_int_equal(system_info_memory(f->info, &used, &total, &f->err),
				 ERROR_MALFORMED);
	}
	assert_int_equal(used, 7);
	assert_int_equal(total, 7);
}

static double usage(struct fixture *f, const char *stat)
{
	double percent = -1;

	put(f, "/proc/stat", stat);
	assert_int_equal(system_info_cpu_usage(f->info, &percent, NULL), 0);
	return percent;
}

static void test_cpu_usage(void **state)
{
	struct fixture *f = *state;

	/* Since boot; guest time (the last two) is inside user and nice. */
	assert_near(usage(f, "cpu  100 50 50 700 100 0 0 0 90 40\ncpu0 1 1 1 1\n"), 20, 1e-9);
	/* 100 more, 25 of them idle or waiting. */
	assert_near(usage(f, "cpu  150 50 75 720 105 0 0 0 0 0\n"), 75, 1e-9);
	/* Too soon for a figure. */
	assert_near(usage(f, "cpu  150 50 75 729 105 0 0 0 0 0\n"), 75, 1e-9);
	assert_near(usage(f, "cpu  150 50 75 730 105 0 0 0 0 0\n"), 0, 1e-9);
	/* Idle steps back. */
	assert_near(usage(f, "cpu  250 50 75 720 105 0 0 0 0 0\n"), 100, 1e-9);
	/* Everything steps back. */
	assert_near(usage(f, "cpu  1 1 1 1 1 0 0 0 0 0\n"), 100, 1e-9);
}

static void test_cpu_usage_malformed(void **state)
{
	static const char *const texts[] = {"", "cpu", "cpu 1 2 3\n", "intr 1 2 3 4 5\n"};
	struct fixture *f = *state;
	double percent = 7;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		put(f, "/proc/stat", texts[i]);
		assert_int_equal(system_info_cpu_usage(f->info, &percent, &f->err),
				 ERROR_MALFORMED);
	}
	assert_near(percent, 7, 0);
}

static void test_no_sensor(void **state)
{
	struct fixture *f = *state;
	double temperature_c = 7;

	assert_int_equal(system_info_cpu_temperature(f->info, &temperature_c, &f->err),
			 ERROR_NO_SENSOR);
	assert_string_equal(f->err.text,
			    "this machine has no CPU temperature sensor in /sys/class/thermal or "
			    "/sys/class/hwmon: load its kernel driver if it has one");
	/* Others' sensors, and ones that cannot be right. */
	put(f, "/sys/class/thermal/thermal_zone0/type", "iwlwifi_1\n");
	put(f, "/sys/class/thermal/thermal_zone0/temp", "41000\n");
	put(f, "/sys/class/thermal/cooling_device0/type", "cpu\n");
	put(f, "/sys/class/thermal/cooling_device0/temp", "41000\n");
	put(f, "/sys/class/thermal/thermal_zone1/type", "cpu-thermal\n");
	put(f, "/sys/class/thermal/thermal_zone1/temp", "150001\n");
	put(f, "/sys/class/thermal/thermal_zone2/type", "cpu-thermal\n");
	put(f, "/sys/class/thermal/thermal_zone2/temp", "-40001\n");
	put(f, "/sys/class/thermal/thermal_zone3/type", "cpu-thermal\n");
	put(f, "/sys/class/thermal/thermal_zone3/temp", "warm\n");
	put(f, "/sys/class/thermal/thermal_zone4/type", "cpu-thermal\n");
	assert_int_equal(system_info_cpu_temperature(f->info, &temperature_c, NULL),
			 ERROR_NO_SENSOR);
	assert_near(temperature_c, 7, 0);
}

static void test_thermal_zone(void **state)
{
	struct fixture *f = *state;
	double temperature_c;

	put(f, "/sys/class/hwmon/hwmon0/name", "coretemp\n");
	put(f, "/sys/class/hwmon/hwmon0/temp1_input", "61000\n");
	assert_int_equal(system_info_cpu_temperature(f->info, &temperature_c, NULL), 0);
	assert_near(temperature_c, 61, 0);
	/* A thermal zone comes first, and the lowest number of those. */
	put(f, "/sys/class/thermal/thermal_zone10/type", "x86_pkg_temp\n");
	put(f, "/sys/class/thermal/thermal_zone10/temp", "48123\n");
	assert_int_equal(system_info_cpu_temperature(f->info, &temperature_c, NULL), 0);
	assert_near(temperature_c, 48.123, 1e-9);
	put(f, "/sys/class/thermal/thermal_zone9/type", "cpu-thermal\n");
	put(f, "/sys/class/thermal/thermal_zone9/temp", "-2500\n");
	assert_int_equal(system_info_cpu_temperature(f->info, &temperature_c, NULL), 0);
	assert_near(temperature_c, -2.5, 1e-9);
}

/* The machine that the test runs on: whatever it says can be. */
static void test_this_machine(void **state)
{
	struct system_info *info;
	FILE *file = fopen("/proc/uptime", "r");
	uint32_t used, total;
	uint64_t seconds;
	double value;

	(void)state;
	assert_int_equal(system_info_create("", &info, NULL), 0);
	assert_int_equal(system_info_memory(info, &used, &total, NULL), 0);
	assert_true(used > 0 && used <= total);
	assert_int_equal(system_info_cpu_usage(info, &value, NULL), 0);
	assert_true(value >= 0 && value <= 100);
	assert_non_null(file);
	assert_int_equal(fscanf(file, "%" SCNu64, &seconds), 1);
	fclose(file);
	assert_in_range(system_info_uptime(), seconds, seconds + 60);
	if (system_info_cpu_temperature(info, &value, NULL) == 0)
		assert_true(value >= -40 && value <= 150);
	system_info_destroy(info);
	system_info_destroy(NULL);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_memory),
		TEST(test_memory_malformed),
		TEST(test_cpu_usage),
		TEST(test_cpu_usage_malformed),
		TEST(test_no_sensor),
		TEST(test_thermal_zone),
		cmocka_unit_test(test_this_machine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
