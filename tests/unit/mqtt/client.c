#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"
#include "mqtt/client.h"
#include "mqtt/connection.h"

static const char file[] = "file";

/* In a folder of its own, so that tests do not meet. */
static int setup(void **state)
{
	char folder[] = "/tmp/client-XXXXXX";

	assert_int_equal(mosquitto_lib_init(), 0);
	assert_non_null(mkdtemp(folder));
	assert_int_equal(chdir(folder), 0);
	*state = strdup(folder);
	return 0;
}

static int teardown(void **state)
{
	unlink(file);
	rmdir(*state);
	free(*state);
	return mosquitto_lib_cleanup();
}

static void put(size_t size)
{
	FILE *stream = fopen(file, "w");

	assert_non_null(stream);
	for (; size; size--)
		fputc('x', stream);
	fclose(stream);
}

static struct mqtt_connection_config make_config(void)
{
	return (struct mqtt_connection_config){.client_id = "test", .availability_topic = "a"};
}

static void assert_made(const struct mqtt_connection_config *config, int version)
{
	struct mosquitto *client = NULL;
	struct error err = {0};

	if (mqtt_client_create(config, version, NULL, &client, &err))
		fail_msg("%s", err.text);
	assert_non_null(client);
	mosquitto_destroy(client);
}

static void assert_refused(const struct mqtt_connection_config *config, int code,
			   const char *expected)
{
	struct mosquitto *client = NULL;
	struct error err = {0};

	assert_int_equal(mqtt_client_create(config, 5, NULL, &client, &err), code);
	assert_null(client);
	if (!strstr(err.text, expected))
		fail_msg("\"%s\" is not in \"%s\"", expected, err.text);
}

static void test_both_versions(void **state)
{
	const struct mqtt_connection_config config = make_config();

	(void)state;
	assert_made(&config, 5);
	assert_made(&config, 4);
}

static void test_the_limit_of_a_password(void **state)
{
	struct mqtt_connection_config config = make_config();

	(void)state;
	config.username = "me";
	config.password_file = file;
	assert_refused(&config, ERROR_NOT_FOUND, "password_file under [mqtt]: ");
	put(0);
	assert_made(&config, 5);
	put(MQTT_PASSWORD_MAX);
	assert_made(&config, 5);
	put(MQTT_PASSWORD_MAX + 1);
	assert_refused(&config, ERROR_TOO_LARGE, "password_file under [mqtt]: ");
}

static void test_files_of_tls_that_cannot_be_read(void **state)
{
	struct mqtt_connection_config config = make_config();

	(void)state;
	config.is_tls = true;
	assert_made(&config, 5);
	config.tls_ca = file;
	assert_refused(&config, ERROR_INVALID, "the file of tls_ca under [mqtt]: No such file");
	put(1);
	assert_made(&config, 5); /* what is in it shows in the handshake */
	config.tls_certificate = "nowhere";
	config.tls_key = file;
	assert_refused(&config, ERROR_INVALID,
		       "the file of tls_certificate under [mqtt]: No such file");
	config.tls_certificate = file;
	config.tls_key = "nowhere";
	assert_refused(&config, ERROR_INVALID, "the file of tls_key under [mqtt]: No such file");
}

/* The library would take such a topic for a pattern. */
static void test_a_setting_that_the_library_refuses(void **state)
{
	struct mqtt_connection_config config = make_config();

	(void)state;
	config.availability_topic = "a/#";
	assert_refused(&config, ERROR_INVALID, "cannot prepare the MQTT connection: ");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_both_versions),
		TEST(test_the_limit_of_a_password),
		TEST(test_files_of_tls_that_cannot_be_read),
		TEST(test_a_setting_that_the_library_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
