#include <stdlib.h>

#include "config/config.h"
#include "expect.h"

static void test_values(void **state)
{
	struct config *config;

	(void)state;
	assert_int_equal(config_demonstration(&config), 0);
	assert_null(config->path);
	assert_int_equal(config->hardware.backend, BACKEND_SIM);
	assert_true(config->permissions.auto_approve);
	assert_true(config->polling.interval_seconds == 2);
	assert_int_equal(config->hardware.faults_count, 2);
	assert_string_equal(config->hardware.faults[0].device, "dht22");
	assert_string_equal(config->hardware.faults[0].kind, "checksum");
	assert_true(config->hardware.faults[0].duration_seconds == 6);
	assert_true(config->hardware.faults[0].every_seconds == 120);
	config_destroy(config);
}

/* What is built in is config/demo.toml as it is now. */
static void test_same_as_the_file(void **state)
{
	struct config *built_in, *from_file;
	char path[4096];

	(void)state;
	snprintf(path, sizeof(path), "%s/config/demo.toml", getenv("PROJECT_ROOT"));
	assert_int_equal(config_load(path, &from_file, NULL), 0);
	assert_int_equal(config_demonstration(&built_in), 0);
	assert_true(built_in->polling.interval_seconds == from_file->polling.interval_seconds);
	assert_int_equal(built_in->hardware.seed, from_file->hardware.seed);
	assert_int_equal(built_in->hardware.faults_count, from_file->hardware.faults_count);
	assert_int_equal(built_in->plugins_count, from_file->plugins_count);
	assert_string_equal(built_in->cluster.node_id, from_file->cluster.node_id);
	assert_string_equal(built_in->http.listen, from_file->http.listen);
	config_destroy(built_in);
	config_destroy(from_file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_same_as_the_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
