#include "capability/alias.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "config/config.h"

/* "serial0" leads to "ttyAMA0", and "spi" to "spi0.0". */
static bool is_same(struct backend *backend, enum bus_kind kind, const char *a, const char *b)
{
	const char *link = kind == BUS_UART ? "serial0" : "spi";
	const char *device = kind == BUS_UART ? "ttyAMA0" : "spi0.0";

	(void)backend;
	return (!strcmp(a, link) && !strcmp(b, device)) || (!strcmp(b, link) && !strcmp(a, device));
}

static const struct backend_ops ops = {.is_same = is_same};
static struct backend backend = {.ops = &ops, .name = "fake"};

static struct config *parse(const char *text)
{
	struct config *config = NULL;

	assert_int_equal(config_parse(text, strlen(text), "c.toml", &config, NULL), 0);
	return config;
}

static void a_device_is_withheld_under_each_name(void **state)
{
	struct config *config = parse("[permissions]\ndeny_uart = [\"ttyAMA0\"]\n");

	(void)state;
	assert_string_equal(capability_alias_find(&backend, config, "gps", BUS_UART, "serial0"),
			    "ttyAMA0");
	assert_string_equal(capability_alias_find(&backend, config, "gps", BUS_UART, "ttyAMA0"),
			    "ttyAMA0");
	assert_null(capability_alias_find(&backend, config, "gps", BUS_UART, "ttyUSB0"));
	assert_null(capability_alias_find(&backend, config, "gps", BUS_SPI, "spi"));
	config_destroy(config);
}

/* The rules for one plugin count for this plugin alone. */
static void a_device_is_withheld_from_one_plugin(void **state)
{
	struct config *config = parse("[plugins.lamp.grant]\ndeny_spi = [\"spi0.0\"]\n");

	(void)state;
	assert_string_equal(capability_alias_find(&backend, config, "lamp", BUS_SPI, "spi"),
			    "spi0.0");
	assert_null(capability_alias_find(&backend, config, "gps", BUS_SPI, "spi"));
	config_destroy(config);
}

static void a_shown_grant_names_what_is_the_same(void **state)
{
	struct config *config = parse("[permissions]\ndeny_uart = [\"ttyAMA0\"]\n"
				      "deny_spi = [\"spi0.0\"]\n");
	struct permission grant;
	json_t *texts;

	(void)state;
	permission_init(&grant);
	permission_add_uart(&grant, "serial0");
	permission_add_uart(&grant, "ttyUSB0");
	permission_add_spi(&grant, "spi");
	texts = capability_alias_remove(&backend, config, "gps", &grant);
	assert_int_equal(json_array_size(texts), 2);
	assert_string_equal(json_string_value(json_array_get(texts, 0)),
			    "spi spi (the same as spi0.0)");
	assert_string_equal(json_string_value(json_array_get(texts, 1)),
			    "uart serial0 (the same as ttyAMA0)");
	assert_int_equal(grant.spi_count, 0);
	assert_int_equal(grant.uart_count, 1);
	assert_string_equal(grant.uart[0], "ttyUSB0");
	json_decref(texts);
	config_destroy(config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_device_is_withheld_under_each_name),
		cmocka_unit_test(a_device_is_withheld_from_one_plugin),
		cmocka_unit_test(a_shown_grant_names_what_is_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
