#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "config/config.h"
#include "config/problem.h"

/* What is wrong with the text; "" if nothing is. The caller frees it. */
static char *problem_of(const char *text)
{
	struct problem_list problems = {0};
	struct config *config = NULL;
	char *found;

	if (!config_parse(text, strlen(text), "c.toml", &config, &problems))
		config_destroy(config);
	found = strdup(problems.count ? problems.items[0].text : "");
	problem_list_finish(&problems);
	return found;
}

static void assert_problem(const char *text, const char *expected)
{
	char *found = problem_of(text);

	if (*expected ? !strstr(found, expected) : *found != '\0')
		fail_msg("of %s: %s", text, found);
	free(found);
}

static void test_addresses(void **state)
{
	struct config_mqtt_address address;

	(void)state;
	assert_int_equal(config_mqtt_address("mqtt://pi.local", &address), 0);
	assert_string_equal(address.host, "pi.local");
	assert_int_equal(address.port, 1883);
	assert_false(address.is_tls);
	assert_int_equal(config_mqtt_address("mqtts://[fe80::1]:65535", &address), 0);
	assert_string_equal(address.host, "fe80::1");
	assert_int_equal(address.port, 65535);
	assert_true(address.is_tls);
	assert_int_equal(config_mqtt_address("mqtt://h:65536", &address), ERROR_MALFORMED);
	assert_int_equal(config_mqtt_address("mqtt://h:0", &address), ERROR_MALFORMED);
	assert_int_equal(config_mqtt_address("mqtt://", &address), ERROR_MALFORMED);
	assert_int_equal(config_mqtt_address("mqtt://h/x", &address), ERROR_MALFORMED);
	assert_int_equal(config_mqtt_address("mqtt://u@h", &address), ERROR_MALFORMED);
	assert_int_equal(config_mqtt_address("http://h", &address), ERROR_MALFORMED);
	assert_int_equal(config_mqtt_address("mqtt://[::1", &address), ERROR_MALFORMED);
}

static void test_passwords_in_clear(void **state)
{
	(void)state;
	assert_problem("[mqtt]\nurl = \"mqtt://pi\"\nusername = \"u\"\npassword_file = \"p\"\n",
		       "allow_plain_password");
	assert_problem("[mqtt]\nurl = \"mqtt://pi\"\nusername = \"u\"\npassword_file = \"p\"\n"
		       "allow_plain_password = true\n",
		       "");
	assert_problem("[mqtt]\nurl = \"mqtts://pi\"\nusername = \"u\"\npassword_file = \"p\"\n",
		       "");
	assert_problem("[mqtt]\nurl = \"mqtt://127.0.0.1\"\nusername = \"u\"\n"
		       "password_file = \"p\"\n",
		       "");
}

static void test_keys_that_do_not_fit(void **state)
{
	(void)state;
	assert_problem("[mqtt]\ndiscovery = true\n", "set url");
	assert_problem("[mqtt]\nurl = \"mqtt://pi\"\nusername = \"u\"\n", "both, or neither");
	assert_problem("[mqtt]\nurl = \"mqtt://pi\"\ntls_ca = \"c\"\n", "mqtts://");
	assert_problem("[mqtt]\nurl = \"mqtts://pi\"\ntls_key = \"c\"\n", "both, or neither");
	assert_problem("[mqtt]\nurl = \"pi\"\n", "expected the URL of a broker");
	assert_problem("[mqtt]\nurl = \"mqtt://pi\"\ntopic_prefix = \"a/+\"\n", "topic_prefix");
	assert_problem("[mqtt]\nurl = \"mqtt://pi\"\ntopic_prefix = \"/a\"\n", "topic_prefix");
	assert_problem("[mqtt]\nurl = \"mqtt://pi\"\ntopic_prefix = \"a/b\"\n", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_passwords_in_clear),
		cmocka_unit_test(test_keys_that_do_not_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
