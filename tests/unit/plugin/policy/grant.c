#include "plugin/policy/grant.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/random.h"
#include "config/config.h"

static struct config *configure(const char *text)
{
	struct config *config = NULL;

	assert_int_equal(config_parse(text, strlen(text), "c.toml", &config, NULL), 0);
	return config;
}

static struct permission ask(const char *text)
{
	struct permission permission;

	assert_int_equal(permission_parse(text, strlen(text), "p.toml", &permission, NULL), 0);
	return permission;
}

static struct permission resolve(const char *config_text, const char *request_text)
{
	struct permission request = ask(request_text), grant;
	struct config *config = configure(config_text);

	grant_resolve(&request, config, "p", &grant);
	config_destroy(config);
	return grant;
}

static void assert_grant(const char *config_text, const char *request_text, const char *expected)
{
	struct permission grant = resolve(config_text, request_text);
	struct buffer text;

	buffer_init(&text, 65536);
	permission_print(&grant, &text);
	assert_string_equal(text.data, expected);
	buffer_finish(&text);
}

#define LIMITS "memory_mb = 64\nstate_kb = 64\nhost_calls_per_poll = 10000\n"
#define TIMES "deadline_seconds = 10\npoll_interval_seconds = 10\n"

static void test_granted_as_asked(void **state)
{
	(void)state;
	assert_grant("", "", LIMITS TIMES);
	assert_grant("",
		     "allow_fan = true\nallow_buzzer = true\nallow_leds = true\n"
		     "allow_uart = [\"ttyUSB0\", \"serial0\"]\nallow_spi = true\n"
		     "allow_gpio_out = [22]\nallow_gpio_in = [5]\nallow_gpio = [23, 4]\n"
		     "share_gpio = [4]\nallow_i2c = [0x77, 0x3c]\nshare_i2c = [0x3c]\n"
		     "i2c_bus = [1]\nmemory_mb = 512\nstate_kb = 1024\n"
		     "host_calls_per_poll = 100000\ndeadline_seconds = 3600\n"
		     "poll_interval_seconds = 0.05\n",
		     "allow_i2c = [0x3C, 0x77]\nshare_i2c = [0x3C]\ni2c_bus = [1]\n"
		     "allow_gpio = [4, 23]\nallow_gpio_in = [5]\nallow_gpio_out = [22]\n"
		     "share_gpio = [4]\nallow_spi = [\"spi0.0\"]\n"
		     "allow_uart = [\"serial0\", \"ttyUSB0\"]\nallow_leds = true\n"
		     "allow_buzzer = true\nallow_fan = true\nmemory_mb = 512\nstate_kb = 1024\n"
		     "host_calls_per_poll = 100000\ndeadline_seconds = 3600\n"
		     "poll_interval_seconds = 0.05\n");
}

static void test_narrowed_for_one_plugin(void **state)
{
	(void)state;
	assert_grant("[plugins.p.grant]\nallow_i2c = [0x77, 0x10]\nallow_gpio_in = [4]\n"
		     "allow_spi = false\nallow_leds = false\nshare_i2c = []\nmemory_mb = 32\n"
		     "deadline_seconds = 2\npoll_interval_seconds = 60\n",
		     "allow_i2c = [0x76, 0x77]\nshare_i2c = \"*\"\nallow_gpio = [4, 5]\n"
		     "allow_spi = true\nallow_leds = true\nallow_fan = true\n",
		     "allow_i2c = [0x77]\nallow_gpio_in = [4]\nallow_fan = true\nmemory_mb = 32\n"
		     "state_kb = 64\nhost_calls_per_poll = 10000\ndeadline_seconds = 2\n"
		     "poll_interval_seconds = 60\n");
	/* Two that have nothing in common; and never more than was asked. */
	assert_grant("[plugins.p.grant]\nallow_gpio_in = [4]\nallow_buzzer = true\n"
		     "memory_mb = 512\n",
		     "allow_gpio_out = [4]\n", LIMITS TIMES);
	/* The rules of another. */
	assert_grant("[plugins.q.grant]\nallow_i2c = []\n", "allow_i2c = [0x77]\n",
		     "allow_i2c = [0x77]\n" LIMITS TIMES);
}

static void test_denied(void **state)
{
	(void)state;
	assert_grant(
		"[permissions]\ndeny_i2c = [0x77]\ndeny_gpio = [4]\ndeny_spi = \"*\"\n"
		"[plugins.p.grant]\nallow_i2c = [0x76, 0x77]\nallow_gpio = [4, 5, 6]\n"
		"allow_spi = true\ndeny_gpio = [5]\ndeny_uart = [\"serial0\"]\n",
		"allow_i2c = [0x76, 0x77]\nallow_gpio = [4, 5, 6]\nallow_spi = true\n"
		"allow_uart = [\"serial0\", \"ttyS1\"]\n",
		"allow_i2c = [0x76]\nallow_gpio = [6]\nallow_uart = [\"ttyS1\"]\n" LIMITS TIMES);
	assert_grant("[permissions]\ndeny_i2c = \"*\"\ndeny_gpio = \"*\"\ndeny_uart = \"*\"\n",
		     "allow_i2c = \"*\"\nallow_gpio = \"*\"\nallow_uart = true\n", LIMITS TIMES);
}

static void test_policy_limits(void **state)
{
	(void)state;
	assert_grant("[permissions]\nmax_memory_mb = 16\nmax_state_kb = 0\n"
		     "max_host_calls_per_poll = 5\nmax_deadline_seconds = 1.5\n"
		     "min_poll_interval_seconds = 30\n[plugins.p]\ninterval_seconds = 1\n"
		     "deadline_seconds = 100\n[plugins.p.grant]\nmemory_mb = 32\n",
		     "memory_mb = 128\n",
		     "memory_mb = 16\nstate_kb = 0\nhost_calls_per_poll = 5\n"
		     "deadline_seconds = 1.5\npoll_interval_seconds = 30\n");
}

static void test_whose_times(void **state)
{
	(void)state;
	/* [plugins.NAME], then the request, then [polling]. */
	assert_grant("[polling]\ninterval_seconds = 7\ndeadline_seconds = 8\n", "",
		     LIMITS "deadline_seconds = 8\npoll_interval_seconds = 7\n");
	assert_grant("[polling]\ninterval_seconds = 7\ndeadline_seconds = 8\n",
		     "deadline_seconds = 20\npoll_interval_seconds = 0.5\n",
		     LIMITS "deadline_seconds = 20\npoll_interval_seconds = 0.5\n");
	assert_grant("[plugins.p]\ninterval_seconds = 3\ndeadline_seconds = 2\n",
		     "deadline_seconds = 20\npoll_interval_seconds = 0.5\n",
		     LIMITS "deadline_seconds = 2\npoll_interval_seconds = 3\n");
	assert_grant("[plugins.p]\ninterval_seconds = 3\n[plugins.p.grant]\n"
		     "poll_interval_seconds = 5\n",
		     "", LIMITS "deadline_seconds = 10\npoll_interval_seconds = 5\n");
}

static void test_buses(void **state)
{
	(void)state;
	assert_grant("[plugins.p.grant]\ni2c_bus = [1, 3]\n",
		     "allow_i2c = [0x77]\ni2c_bus = [3, 4]\n",
		     "allow_i2c = [0x77]\ni2c_bus = [3]\n" LIMITS TIMES);
	/* No bus that both name, no address. */
	assert_grant("[plugins.p.grant]\ni2c_bus = [1]\n", "allow_i2c = [0x77]\ni2c_bus = [3]\n",
		     LIMITS TIMES);
	/* The usual one needs no name, and is checked by its number. */
	assert_grant("[plugins.p.grant]\ni2c_bus = [1]\n", "allow_i2c = [0x77]\n",
		     "allow_i2c = [0x77]\n" LIMITS TIMES);
	assert_grant("[hardware]\ni2c_bus = 2\n[plugins.p.grant]\ni2c_bus = [1]\n",
		     "allow_i2c = [0x77]\n", LIMITS TIMES);
}

static void test_all_lines_are_all_but_the_hosts(void **state)
{
	struct permission grant = resolve("leds.gpio_pin = 10", "allow_gpio = \"*\"\n");

	(void)state;
	assert_int_equal(grant.gpio_count, 253);
	assert_false(permission_has_gpio(&grant, 10));
	assert_false(permission_has_gpio(&grant, 17));
	assert_false(permission_has_gpio(&grant, 27));
	grant = resolve("leds.count = 0\nbuzzer.gpio_pin = -1\nfan.gpio_pin = 0",
			"allow_gpio = \"*\"\n");
	assert_int_equal(grant.gpio_count, 255);
	assert_false(permission_has_gpio(&grant, 0));
}

static void assert_difference(const struct permission *request, const struct permission *grant,
			      const char *expected)
{
	json_t *texts = grant_difference(request, grant);
	char line[1024];

	grant_join(texts, line, sizeof(line));
	assert_string_equal(line, expected);
	json_decref(texts);
}

static void test_difference(void **state)
{
	struct permission request = ask("allow_i2c = [0x76, 0x77]\nshare_i2c = \"*\"\n"
					"allow_gpio = [4, 5, 6, 7, 9]\nallow_gpio_in = [10]\n"
					"share_gpio = [9]\nallow_spi = true\nallow_uart = true\n"
					"allow_leds = true\nallow_buzzer = true\nallow_fan = true\n"
					"memory_mb = 128\nstate_kb = 65\n"
					"host_calls_per_poll = 10001\ndeadline_seconds = 30\n"
					"poll_interval_seconds = 0.5\n");
	struct permission grant = ask("allow_i2c = [0x77]\nallow_gpio_in = [4]\nallow_gpio = [9]\n"
				      "allow_gpio_out = [7, 10]\ndeadline_seconds = 5\n"
				      "poll_interval_seconds = 10\n");

	(void)state;
	assert_difference(&request, NULL,
			  "i2c 0x76, i2c 0x77, GPIO4 to 7, GPIO9, GPIO10 as input, spi spi0.0, "
			  "uart serial0, LEDs, buzzer, fan, 128 MB of memory instead of 64 MB, 65 "
			  "kB of state instead of 64 kB, 10001 host calls a poll instead of 10000, "
			  "calls of 30 s instead of the usual time, a poll every 0.5 s instead of "
			  "the usual time");
	assert_difference(&request, &grant,
			  "i2c 0x76, to share i2c 0x77, GPIO4 as output, GPIO5, GPIO6, GPIO7 as "
			  "input, GPIO10 as input, to share GPIO9, spi spi0.0, uart serial0, LEDs, "
			  "buzzer, fan, 128 MB of memory instead of 64 MB, 65 kB of state instead "
			  "of 64 kB, 10001 host calls a poll instead of 10000, calls of 30 s "
			  "instead of 5 s, a poll every 0.5 s instead of 10 s");
	assert_difference(&request, &request, "nothing");
	assert_false(grant_covers(&grant, &request));
	assert_true(grant_covers(&request, &request));
	request = ask("allow_i2c = \"*\"\nallow_gpio = \"*\"\n");
	assert_difference(&request, NULL, "i2c 0x08 to 0x77, GPIO0 to 255");
}

static void test_difference_of_safe_states(void **state)
{
	struct permission request =
		ask("allow_gpio = [4, 5, 6, 7]\nallow_fan = true\nsafe_low = [4, 5]\n"
		    "safe_high = [6, 7]\nsafe_fan = true\n");
	struct permission grant = ask("allow_gpio = [4, 5, 6, 7]\nallow_fan = true\n"
				      "safe_low = [4, 6]\nsafe_high = [7]\n");

	(void)state;
	assert_difference(
		&request, &grant,
		"GPIO5 low while it does not run, GPIO6 high while it does not run, fan on "
		"while it does not run");
	assert_difference(&request, &request, "nothing");
	/* To leave the outputs alone needs no approval. */
	request = ask("allow_gpio = [4, 5, 6, 7]\nallow_fan = true\n");
	assert_true(grant_covers(&grant, &request));
}

static void test_difference_of_buses(void **state)
{
	struct permission usual = ask("allow_i2c = [0x77]\n");
	struct permission third = ask("allow_i2c = [0x77]\ni2c_bus = [3]\n");
	struct permission none = ask("");

	(void)state;
	assert_difference(&third, &usual, "i2c bus 3");
	assert_difference(&usual, &third, "the usual i2c bus");
	assert_difference(&third, &none, "i2c 0x77, i2c bus 3");
	assert_difference(&none, &third, "nothing");
}

#define ONE "28-000000000001"
#define TWO "28-000000000002"

static void test_w1(void **state)
{
	(void)state;
	assert_grant("[permissions]\n", "allow_w1 = [\"" TWO "\", \"" ONE "\"]\n",
		     "allow_w1 = [\"" ONE "\", \"" TWO "\"]\n" LIMITS TIMES);
	assert_grant("[permissions]\n", "allow_w1 = \"*\"\n", "allow_w1 = [\"*\"]\n" LIMITS TIMES);
	assert_grant("[plugins.p.grant]\nallow_w1 = [\"" ONE "\"]\n", "allow_w1 = \"*\"\n",
		     "allow_w1 = [\"" ONE "\"]\n" LIMITS TIMES);
	assert_grant("[plugins.p.grant]\nallow_w1 = [\"" ONE "\"]\n",
		     "allow_w1 = [\"" ONE "\", \"" TWO "\"]\n",
		     "allow_w1 = [\"" ONE "\"]\n" LIMITS TIMES);
	assert_grant("[plugins.p.grant]\nallow_w1 = []\n", "allow_w1 = \"*\"\n", LIMITS TIMES);
}

static void test_difference_of_w1(void **state)
{
	struct permission all = ask("allow_w1 = \"*\"\n"), one = ask("allow_w1 = [\"" ONE "\"]\n");

	(void)state;
	assert_difference(&one, NULL, "1-wire " ONE);
	assert_difference(&one, &all, "nothing");
	assert_difference(&all, &one, "1-wire *");
}

static void test_join_is_cut(void **state)
{
	json_t *texts = json_pack("[s, s, s]", "abc", "def", "ghi");
	char line[8];

	(void)state;
	grant_join(texts, line, sizeof(line));
	assert_string_equal(line, "abc, de");
	json_decref(texts);
}

static void test_json(void **state)
{
	struct permission permission = ask("allow_i2c = [0x3c, 0x77]\nshare_i2c = [0x77]\n"
					   "i2c_bus = [1]\nallow_gpio = [4]\nallow_gpio_in = [5]\n"
					   "allow_gpio_out = [6]\nshare_gpio = [5]\n"
					   "allow_spi = true\nallow_uart = true\nallow_fan = true\n"
					   "safe_low = [6]\nsafe_high = [4]\nsafe_fan = true\n"
					   "deadline_seconds = 2.5\n");
	json_t *json = grant_to_json(&permission);
	char *text = json_dumps(json, JSON_COMPACT);

	(void)state;
	assert_string_equal(text,
			    "{\"i2c\":[\"0x3C\",\"0x77\"],\"i2c_bus\":[1],\"share_i2c\":[\"0x77\"],"
			    "\"gpio\":[4,5,6],\"gpio_in\":[5],\"gpio_out\":[6],\"share_gpio\":[5],"
			    "\"safe_low\":[6],\"safe_high\":[4],"
			    "\"spi\":[\"spi0.0\"],\"uart\":[\"serial0\"],\"w1\":[],\"leds\":false,"
			    "\"buzzer\":false,"
			    "\"fan\":true,\"safe_fan\":true,\"memory_mb\":64,\"state_kb\":64,"
			    "\"host_calls_per_poll\":10000,"
			    "\"deadline_seconds\":2.5,\"poll_interval_seconds\":null}");
	free(text);
	json_decref(json);
}

static void test_missing_lines(void **state)
{
	static const struct {
		const char *interface, *line, *grant;
	} cases[] = {
		{"i2c", "allow_i2c = [ADDRESS]", "allow_i2c = [8]"},
		{"gpio", "allow_gpio = [LINE]", "allow_gpio_in = [0]"},
		{"spi", "allow_spi = true", "allow_spi = true"},
		{"uart", "allow_uart = true", "allow_uart = [\"ttyS0\"]"},
		{"one-wire", "allow_w1 = [ID]", "allow_w1 = \"*\""},
		{"led-controller", "allow_leds = true", "allow_leds = true"},
		{"buzzer-controller", "allow_buzzer = true", "allow_buzzer = true"},
		{"fan-controller", "allow_fan = true", "allow_fan = true"},
	};
	static const char *const free_for_all[] = {"gpio-provider", "log",	   "settings",
						   "state",	    "system-info", "unknown"};
	struct permission nothing = ask("");

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct permission grant = ask(cases[i].grant);

		assert_string_equal(grant_missing_line(&nothing, cases[i].interface),
				    cases[i].line);
		assert_null(grant_missing_line(&grant, cases[i].interface));
	}
	for (size_t i = 0; i < sizeof(free_for_all) / sizeof(free_for_all[0]); i++)
		assert_null(grant_missing_line(&nothing, free_for_all[i]));
}

/* Properties */

static bool chance(struct random *random)
{
	return random_u64(random) % 2;
}

static void fill_lists(struct random *random, struct permission *permission)
{
	unsigned line;
	char name[16];

	for (unsigned i = 0; i < 6; i++) {
		/* Few different ones, so that they meet. */
		permission_add_i2c(permission, 0x70 + (unsigned)(random_u64(random) % 8));
		permission_add_share_i2c(permission, 0x70 + (unsigned)(random_u64(random) % 8));
		permission_add_gpio(permission, 14 + (unsigned)(random_u64(random) % 8),
				    1 + (unsigned)(random_u64(random) % 3));
		permission_add_share_gpio(permission, 14 + (unsigned)(random_u64(random) % 8));
		line = 14 + (unsigned)(random_u64(random) % 8);
		if (permission_gpio_direction(permission, line) & PERMISSION_OUT)
			permission->safe_gpio[line] = (uint8_t)(random_u64(random) % 3);
		snprintf(name, sizeof(name), "spi0.%u", (unsigned)(random_u64(random) % 8));
		permission_add_spi(permission, name);
		snprintf(name, sizeof(name), "ttyS%u", (unsigned)(random_u64(random) % 8));
		permission_add_uart(permission, name);
		snprintf(name, sizeof(name), "28-%012x", (unsigned)(random_u64(random) % 8));
		permission_add_w1(permission, random_u64(random) % 16 ? name : "*");
	}
	for (unsigned i = 0; i < random_u64(random) % 3; i++)
		permission_add_i2c_bus(permission, (unsigned)(random_u64(random) % 3));
}

static void fill_limits(struct random *random, struct permission *permission)
{
	permission->leds = chance(random);
	permission->buzzer = chance(random);
	permission->fan = chance(random);
	permission->safe_fan = permission->fan && chance(random);
	permission->memory_mb = 8 + (unsigned)(random_u64(random) % 505);
	permission->state_kb = (unsigned)(random_u64(random) % 1025);
	permission->host_calls_per_poll = 1 + (unsigned)(random_u64(random) % 100000);
	permission->deadline_seconds = 0.05 + 30 * random_unit(random);
	permission->poll_interval_seconds = 0.05 + 30 * random_unit(random);
}

static void clear_lists(struct permission *permission)
{
	permission->i2c_count = permission->share_i2c_count = permission->i2c_bus_count = 0;
	permission->gpio_count = permission->share_gpio_count = 0;
	permission->spi_count = permission->uart_count = permission->w1_count = 0;
}

static void fill_rules(struct random *random, struct permission_rules *rules)
{
	permission_rules_init(rules);
	if (chance(random)) {
		clear_lists(&rules->most);
		fill_lists(random, &rules->most);
	}
	if (chance(random))
		fill_limits(random, &rules->most);
	if (chance(random))
		fill_lists(random, &rules->denied);
}

static void fill_request(struct random *random, struct permission *request)
{
	permission_init(request);
	if (chance(random))
		fill_lists(random, request);
	if (chance(random))
		fill_limits(random, request);
	if (!(random_u64(random) % 8))
		for (unsigned line = 0; line < PERMISSION_GPIO_MAX; line++)
			permission_add_gpio(request, line, PERMISSION_IN_OUT);
}

static void assert_lists_within(const struct permission *grant, const struct permission *request,
				const struct permission *most)
{
	for (unsigned i = 0; i < 256; i++) {
		unsigned direction = permission_gpio_direction(grant, i);
		uint16_t address = (uint16_t)i;

		assert_int_equal(direction & ~permission_gpio_direction(request, i), 0);
		assert_int_equal(direction & ~permission_gpio_direction(most, i), 0);
		assert_true(!grant->safe_gpio[i] || direction & PERMISSION_OUT);
		assert_true(!grant->safe_gpio[i] || grant->safe_gpio[i] == request->safe_gpio[i]);
		if (permission_has_i2c(grant, address)) {
			assert_true(permission_has_i2c(request, address));
			assert_true(permission_has_i2c(most, address));
		}
		if (permission_shares_i2c(grant, address)) {
			assert_true(permission_shares_i2c(request, address));
			assert_true(permission_shares_i2c(most, address));
		}
		if (permission_shares_gpio(grant, i)) {
			assert_true(permission_shares_gpio(request, i));
			assert_true(permission_shares_gpio(most, i));
		}
		if (grant->i2c_count && permission_has_i2c_bus(grant, i, 1)) {
			assert_true(permission_has_i2c_bus(request, i, 1));
			assert_true(!most->i2c_bus_count || permission_has_i2c_bus(most, i, 1));
		}
	}
	for (size_t i = 0; i < grant->spi_count; i++) {
		assert_true(permission_has_spi(request, grant->spi[i]));
		assert_true(permission_has_spi(most, grant->spi[i]));
	}
	for (size_t i = 0; i < grant->uart_count; i++) {
		assert_true(permission_has_uart(request, grant->uart[i]));
		assert_true(permission_has_uart(most, grant->uart[i]));
	}
	for (size_t i = 0; i < grant->w1_count; i++) {
		assert_true(permission_has_w1(request, grant->w1[i]));
		assert_true(permission_has_w1(most, grant->w1[i]));
	}
}

static void assert_nothing_of(const struct permission *grant, const struct permission *denied)
{
	for (unsigned i = 0; i < 256; i++) {
		assert_false(permission_has_i2c(grant, (uint16_t)i) &&
			     permission_has_i2c(denied, (uint16_t)i));
		assert_false(permission_has_gpio(grant, i) && permission_has_gpio(denied, i));
	}
	for (size_t i = 0; i < grant->spi_count; i++)
		assert_false(permission_has_spi(denied, grant->spi[i]));
	for (size_t i = 0; i < grant->uart_count; i++)
		assert_false(permission_has_uart(denied, grant->uart[i]));
}

static void assert_limits_within(const struct permission *grant, const struct permission *request,
				 const struct permission *most)
{
	assert_true(grant->memory_mb <= request->memory_mb && grant->memory_mb <= most->memory_mb);
	assert_true(grant->state_kb <= request->state_kb && grant->state_kb <= most->state_kb);
	assert_true(grant->host_calls_per_poll <= request->host_calls_per_poll &&
		    grant->host_calls_per_poll <= most->host_calls_per_poll);
	assert_true(grant->deadline_seconds <= most->deadline_seconds);
	assert_true(grant->poll_interval_seconds >= most->poll_interval_seconds);
	assert_true(grant->leds <= request->leds && grant->leds <= most->leds);
	assert_true(grant->buzzer <= request->buzzer && grant->buzzer <= most->buzzer);
	assert_true(grant->fan <= request->fan && grant->fan <= most->fan);
	assert_true(grant->safe_fan <= grant->fan && grant->safe_fan <= request->safe_fan);
}

/* And not narrower than need be. */
static void assert_nothing_lost(const struct permission *grant, const struct permission *request,
				const struct permission_rules *own,
				const struct permission_rules *policy)
{
	for (unsigned line = 0; line < 256; line++) {
		unsigned both = permission_gpio_direction(request, line) &
				permission_gpio_direction(&own->most, line);

		if (!permission_has_gpio(&own->denied, line) &&
		    !permission_has_gpio(&policy->denied, line) &&
		    request->gpio_count < PERMISSION_GPIO_MAX)
			assert_int_equal(permission_gpio_direction(grant, line), both);
	}
}

static void test_never_wider(void **state)
{
	struct config *config = configure("[plugins.p]\n");
	struct permission_rules *own = &config->plugins[0].grant;
	struct permission_rules *policy = &config->permissions.rules;
	uint64_t seed = (uint64_t)time(NULL);
	struct random random;
	size_t granted = 0;

	(void)state;
	print_message("seed %llu\n", (unsigned long long)seed);
	random_init(&random, seed);
	for (int round = 0; round < 300; round++) {
		struct permission request, grant, again;

		fill_request(&random, &request);
		fill_rules(&random, own);
		fill_rules(&random, policy);
		/* The policy has no lists of what it allows. */
		permission_init_all(&policy->most);
		if (chance(&random))
			fill_limits(&random, &policy->most);
		grant_resolve(&request, config, "p", &grant);
		assert_lists_within(&grant, &request, &own->most);
		assert_limits_within(&grant, &request, &own->most);
		assert_true(grant.memory_mb <= policy->most.memory_mb);
		assert_true(grant.deadline_seconds <= policy->most.deadline_seconds);
		assert_true(grant.poll_interval_seconds >= policy->most.poll_interval_seconds);
		if (request.deadline_seconds > 0) {
			assert_true(grant.deadline_seconds <= request.deadline_seconds);
			assert_true(grant.poll_interval_seconds >= request.poll_interval_seconds);
			assert_true(grant_covers(&request, &grant));
		}
		assert_nothing_of(&grant, &own->denied);
		assert_nothing_of(&grant, &policy->denied);
		assert_nothing_lost(&grant, &request, own, policy);
		grant_resolve(&grant, config, "p", &again);
		assert_true(grant_covers(&again, &grant) && grant_covers(&grant, &again));
		granted += grant.i2c_count + grant.gpio_count;
	}
	assert_true(granted > 100);
	config_destroy(config);
}

/* permission_print() and permission_parse() undo each other, and order does not count. */
static void test_canonical_text(void **state)
{
	uint64_t seed = (uint64_t)time(NULL);
	struct random random;

	(void)state;
	print_message("seed %llu\n", (unsigned long long)seed);
	random_init(&random, seed);
	for (int round = 0; round < 200; round++) {
		struct permission request, again;
		struct buffer text, second;

		fill_request(&random, &request);
		request.share_i2c_count = request.share_gpio_count = 0;
		buffer_init(&text, 65536);
		buffer_init(&second, 65536);
		permission_print(&request, &text);
		again = ask(text.data);
		assert_true(grant_covers(&request, &again) && grant_covers(&again, &request));
		assert_memory_equal(&again.deadline_seconds, &request.deadline_seconds,
				    sizeof(double));
		permission_print(&again, &second);
		assert_string_equal(text.data, second.data);
		buffer_finish(&text);
		buffer_finish(&second);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_granted_as_asked),
		cmocka_unit_test(test_narrowed_for_one_plugin),
		cmocka_unit_test(test_denied),
		cmocka_unit_test(test_policy_limits),
		cmocka_unit_test(test_whose_times),
		cmocka_unit_test(test_buses),
		cmocka_unit_test(test_all_lines_are_all_but_the_hosts),
		cmocka_unit_test(test_difference),
		cmocka_unit_test(test_difference_of_safe_states),
		cmocka_unit_test(test_difference_of_buses),
		cmocka_unit_test(test_w1),
		cmocka_unit_test(test_difference_of_w1),
		cmocka_unit_test(test_join_is_cut),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_missing_lines),
		cmocka_unit_test(test_never_wider),
		cmocka_unit_test(test_canonical_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
