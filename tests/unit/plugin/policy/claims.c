#include "plugin/policy/claims.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "config/config.h"

struct fixture {
	struct config *config;
	struct claims *claims;
};

static int setup(void **state)
{
	static const char text[] = "leds.gpio_pin = 10";
	static struct fixture fixture;

	*state = &fixture;
	if (config_parse(text, sizeof(text) - 1, "c.toml", &fixture.config, NULL))
		return -1;
	return claims_create(fixture.config, &fixture.claims);
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	claims_destroy(f->claims);
	config_destroy(f->config);
	return 0;
}

static struct permission ask(const char *text)
{
	struct permission permission;

	assert_int_equal(permission_parse(text, strlen(text), "p.toml", &permission, NULL), 0);
	return permission;
}

static void take(struct fixture *f, const char *name, const char *grant)
{
	struct permission permission = ask(grant);
	struct error err = {0};
	int ret = claims_take(f->claims, name, &permission, &err);

	assert_string_equal(err.text, "");
	assert_int_equal(ret, 0);
}

static void assert_busy(struct fixture *f, const char *name, const char *grant,
			const char *expected)
{
	struct permission permission = ask(grant);
	struct error err = {0};

	assert_int_equal(claims_take(f->claims, name, &permission, &err), ERROR_BUSY);
	assert_string_equal(err.text, expected);
}

static void test_one_holder(void **state)
{
	struct fixture *f = *state;

	take(f, "a", "allow_gpio = [4, 5]\nallow_i2c = [0x77]\n");
	take(f, "b", "allow_gpio = [6]\nallow_i2c = [0x76]\n");
	take(f, "c", "");
	assert_busy(f, "c", "allow_gpio_in = [7, 5]\n",
		    "GPIO5 is held by plugin a alone: to share it, add `share_gpio = [5]` to the "
		    "permission.toml of both a and c");
	assert_busy(f, "c", "allow_i2c = [0x10, 0x77]\n",
		    "i2c 0x77 is held by plugin a alone: to share it, add `share_i2c = [0x77]` to "
		    "the permission.toml of both a and c");
	/* Nothing was kept of what failed. */
	take(f, "d", "allow_gpio = [7]\nallow_i2c = [0x10]\n");
	claims_release(f->claims, "a");
	take(f, "c", "allow_gpio = [5]\nallow_i2c = [0x77]\n");
	claims_release(f->claims, "a");
	claims_release(f->claims, "nobody");
}

static void test_sharing(void **state)
{
	struct fixture *f = *state;

	take(f, "a",
	     "allow_gpio = [4]\nshare_gpio = [4]\nallow_i2c = [0x77]\n"
	     "share_i2c = [0x77]\n");
	take(f, "b",
	     "allow_gpio = [4]\nshare_gpio = [4]\nallow_i2c = [0x77]\n"
	     "share_i2c = [0x77]\n");
	assert_busy(f, "c", "allow_gpio = [4]\n",
		    "GPIO4 is held by plugin b, which shares it: add `share_gpio = [4]` to the "
		    "permission.toml of c too");
	assert_busy(f, "c", "allow_i2c = [0x77]\n",
		    "i2c 0x77 is held by plugin b, which shares it: add `share_i2c = [0x77]` to "
		    "the permission.toml of c too");
	take(f, "c", "allow_i2c = [0x3C]\n");
	assert_busy(f, "d", "allow_i2c = [0x3C]\nshare_i2c = [0x3C]\n",
		    "i2c 0x3C is held by plugin c alone: to share it, add `share_i2c = [0x3C]` to "
		    "the permission.toml of c too");
	/* Both have to let go. */
	claims_release(f->claims, "b");
	assert_busy(f, "c", "allow_gpio = [4]\n",
		    "GPIO4 is held by plugin a, which shares it: add `share_gpio = [4]` to the "
		    "permission.toml of c too");
	claims_release(f->claims, "a");
	take(f, "c", "allow_gpio = [4]\n");
}

static void test_buses(void **state)
{
	struct fixture *f = *state;

	/* The usual bus is 1. */
	take(f, "a", "allow_i2c = [0x77]\n");
	take(f, "b", "allow_i2c = [0x77]\ni2c_bus = [3, 4]\n");
	assert_busy(f, "c", "allow_i2c = [0x77]\ni2c_bus = [0, 1]\n",
		    "i2c 0x77 is held by plugin a alone: to share it, add `share_i2c = [0x77]` to "
		    "the permission.toml of both a and c");
	assert_busy(f, "c", "allow_i2c = [0x77]\ni2c_bus = [4, 5]\n",
		    "i2c 0x77 is held by plugin b alone: to share it, add `share_i2c = [0x77]` to "
		    "the permission.toml of both b and c");
	take(f, "c", "allow_i2c = [0x77]\ni2c_bus = [5]\n");
}

static void test_lines_of_the_host(void **state)
{
	struct fixture *f = *state;

	assert_busy(f, "a", "allow_gpio = [4, 17]\nshare_gpio = [17]\n",
		    "GPIO17 drives the node's buzzer and cannot be granted to a plugin: take it "
		    "out of allow_gpio; to use the buzzer, add `allow_buzzer = true`");
	assert_busy(f, "a", "allow_gpio_in = [27]\n",
		    "GPIO27 drives the node's fan and cannot be granted to a plugin: take it "
		    "out of allow_gpio; to use the fan, add `allow_fan = true`");
	assert_busy(f, "a", "allow_gpio = [10]\n",
		    "GPIO10 drives the node's LED strip and cannot be granted to a plugin: take it "
		    "out of allow_gpio; to use the LED strip, add `allow_leds = true`");
	take(f, "b", "allow_gpio = [4]\n");
}

static void test_a_new_version_that_works(void **state)
{
	struct permission second = ask("allow_gpio = [5]\n");
	struct fixture *f = *state;

	take(f, "a", "allow_gpio = [4]\n");
	take(f, "a", "allow_gpio = [5]\n");
	/* Until it is clear which one runs, both are held. */
	assert_busy(f, "b", "allow_gpio = [4]\n",
		    "GPIO4 is held by plugin a alone: to share it, add `share_gpio = [4]` to the "
		    "permission.toml of both a and b");
	assert_busy(f, "b", "allow_gpio = [5]\n",
		    "GPIO5 is held by plugin a alone: to share it, add `share_gpio = [5]` to the "
		    "permission.toml of both a and b");
	claims_keep(f->claims, "a", &second);
	take(f, "b", "allow_gpio = [4]\n");
	assert_busy(f, "b", "allow_gpio = [5]\n",
		    "GPIO5 is held by plugin a alone: to share it, add `share_gpio = [5]` to the "
		    "permission.toml of both a and b");
}

static void test_a_new_version_that_fails(void **state)
{
	struct permission first = ask("allow_gpio = [4]\n");
	struct fixture *f = *state;

	take(f, "a", "allow_gpio = [4]\n");
	take(f, "a", "allow_gpio = [5]\n");
	take(f, "a", "allow_gpio = [6]\n"); /* in place of the second */
	take(f, "b", "allow_gpio = [5]\n");
	claims_keep(f->claims, "a", &first);
	take(f, "b", "allow_gpio = [6]\n");
	assert_busy(f, "c", "allow_gpio = [4]\n",
		    "GPIO4 is held by plugin a alone: to share it, add `share_gpio = [4]` to the "
		    "permission.toml of both a and c");
	claims_keep(f->claims, "nobody", &first);
	claims_release(f->claims, "a");
	take(f, "c", "allow_gpio = [4]\n");
}

static void test_versions_without_devices(void **state)
{
	struct permission none = ask(""), line = ask("allow_gpio = [4]\n");
	struct fixture *f = *state;

	take(f, "a", "");
	take(f, "a", "allow_gpio = [4]\n");
	assert_busy(f, "b", "allow_gpio = [4]\n",
		    "GPIO4 is held by plugin a alone: to share it, add `share_gpio = [4]` to the "
		    "permission.toml of both a and b");
	claims_keep(f->claims, "a", &none);
	take(f, "b", "allow_gpio = [4]\n");
	/* The line stays held until it is clear that the version without it runs. */
	take(f, "b", "");
	assert_busy(f, "a", "allow_gpio = [4]\n",
		    "GPIO4 is held by plugin b alone: to share it, add `share_gpio = [4]` to the "
		    "permission.toml of both b and a");
	claims_keep(f->claims, "b", &line);
	assert_busy(f, "a", "allow_gpio = [4]\n",
		    "GPIO4 is held by plugin b alone: to share it, add `share_gpio = [4]` to the "
		    "permission.toml of both b and a");
	claims_keep(f->claims, "b", &none);
	take(f, "a", "allow_gpio = [4]\n");
}

static void test_destroy_takes_null(void **state)
{
	(void)state;
	claims_destroy(NULL);
}

int main(void)
{
#define CLAIMS_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		CLAIMS_TEST(test_one_holder),
		CLAIMS_TEST(test_sharing),
		CLAIMS_TEST(test_buses),
		CLAIMS_TEST(test_lines_of_the_host),
		CLAIMS_TEST(test_a_new_version_that_works),
		CLAIMS_TEST(test_a_new_version_that_fails),
		CLAIMS_TEST(test_versions_without_devices),
		cmocka_unit_test(test_destroy_takes_null),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
