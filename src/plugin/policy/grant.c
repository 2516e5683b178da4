#include "plugin/policy/grant.h"

#include <string.h>

#include "config/config.h"

static double larger(double a, double b)
{
	return a > b ? a : b;
}

static double smaller(double a, double b)
{
	return a < b ? a : b;
}

static unsigned least(unsigned a, unsigned b, unsigned c)
{
	unsigned least_of_two = a < b ? a : b;

	return least_of_two < c ? least_of_two : c;
}

/* The first value that is set, that is, not 0. */
static double first_of(double a, double b, double c)
{
	if (a > 0)
		return a;
	return b > 0 ? b : c;
}

/* Set the buses that remain; an empty list means the usual bus. False if none remains. */
static bool resolve_buses(const struct permission *request, const struct permission *most,
			  unsigned usual, struct permission *grant)
{
	if (!request->i2c_bus_count)
		return !most->i2c_bus_count || permission_has_i2c_bus(most, usual, usual);
	for (size_t i = 0; i < request->i2c_bus_count; i++)
		if (!most->i2c_bus_count ||
		    permission_has_i2c_bus(most, request->i2c_bus[i], usual))
			permission_add_i2c_bus(grant, request->i2c_bus[i]);
	return grant->i2c_bus_count > 0;
}

static void narrow_i2c(const struct permission *request, const struct permission_rules *rules,
		       const struct permission *denied, struct permission *grant)
{
	for (size_t i = 0; i < request->i2c_count; i++) {
		uint16_t address = request->i2c[i];

		if (!permission_has_i2c(&rules->most, address) ||
		    permission_has_i2c(&rules->denied, address) ||
		    permission_has_i2c(denied, address))
			continue;
		permission_add_i2c(grant, address);
		if (permission_shares_i2c(request, address) &&
		    permission_shares_i2c(&rules->most, address))
			permission_add_share_i2c(grant, address);
	}
}

static void narrow_gpio(const struct permission *request, const struct permission_rules *rules,
			const struct permission *denied, const struct config *config,
			struct permission *grant)
{
	bool is_all = request->gpio_count == PERMISSION_GPIO_MAX;

	for (size_t i = 0; i < request->gpio_count; i++) {
		unsigned line = request->gpio[i];
		unsigned direction = permission_gpio_direction(request, line) &
				     permission_gpio_direction(&rules->most, line);

		if (!direction || permission_has_gpio(&rules->denied, line) ||
		    permission_has_gpio(denied, line) ||
		    (is_all && grant_find_host_line(config, line)))
			continue;
		permission_add_gpio(grant, line, direction);
		if (permission_shares_gpio(request, line) &&
		    permission_shares_gpio(&rules->most, line))
			permission_add_share_gpio(grant, line);
		if (direction & PERMISSION_OUT)
			grant->safe_gpio[line] = request->safe_gpio[line];
	}
}

static void narrow_names(const struct permission *request, const struct permission_rules *rules,
			 const struct permission *denied, struct permission *grant)
{
	for (size_t i = 0; i < request->spi_count; i++) {
		const char *spi = request->spi[i];

		if (permission_has_spi(&rules->most, spi) &&
		    !permission_has_spi(&rules->denied, spi) && !permission_has_spi(denied, spi))
			permission_add_spi(grant, spi);
	}
	for (size_t i = 0; i < request->uart_count; i++) {
		const char *uart = request->uart[i];

		if (permission_has_uart(&rules->most, uart) &&
		    !permission_has_uart(&rules->denied, uart) &&
		    !permission_has_uart(denied, uart))
			permission_add_uart(grant, uart);
	}
}

/* The ids that are in both; "*" on one side allows all ids of the other. */
static void narrow_w1(const struct permission *request, const struct permission *most,
		      struct permission *grant)
{
	for (size_t i = 0; i < request->w1_count; i++)
		if (permission_has_w1(most, request->w1[i]))
			permission_add_w1(grant, request->w1[i]);
	for (size_t i = 0; i < most->w1_count; i++)
		if (permission_has_w1(request, most->w1[i]))
			permission_add_w1(grant, most->w1[i]);
}

static void narrow_limits(const struct permission *request, const struct permission *most,
			  const struct permission *policy, struct permission *grant)
{
	grant->leds = request->leds && most->leds;
	grant->buzzer = request->buzzer && most->buzzer;
	grant->fan = request->fan && most->fan;
	grant->safe_fan = request->safe_fan && grant->fan;
	grant->memory_mb = least(request->memory_mb, most->memory_mb, policy->memory_mb);
	grant->state_kb = least(request->state_kb, most->state_kb, policy->state_kb);
	grant->host_calls_per_poll = least(request->host_calls_per_poll, most->host_calls_per_poll,
					   policy->host_calls_per_poll);
}

static void resolve_times(const struct permission *request, const struct config *config,
			  const struct config_plugin *own, const struct permission *most,
			  struct permission *grant)
{
	const struct permission *policy = &config->permissions.rules.most;
	double deadline = first_of(own ? own->deadline_seconds : 0, request->deadline_seconds,
				   config->polling.deadline_seconds);
	double interval = first_of(own ? own->interval_seconds : 0, request->poll_interval_seconds,
				   config->polling.interval_seconds);

	grant->deadline_seconds =
		smaller(deadline, smaller(most->deadline_seconds, policy->deadline_seconds));
	grant->poll_interval_seconds = larger(
		interval, larger(most->poll_interval_seconds, policy->poll_interval_seconds));
}

void grant_resolve(const struct permission *request, const struct config *config, const char *name,
		   struct permission *ret_grant)
{
	const struct config_plugin *own = config_find_plugin(config, name);
	const struct permission_rules *rules = &config->permissions.rules;
	const struct permission *denied = &config->permissions.rules.denied;
	struct permission grant;

	/* [permissions] has no allow lists, so without [plugins.NAME.grant] its rules serve for
	 * both. */
	if (own)
		rules = &own->grant;
	permission_init(&grant);
	if (resolve_buses(request, &rules->most, config->hardware.i2c_bus, &grant))
		narrow_i2c(request, rules, denied, &grant);
	narrow_gpio(request, rules, denied, config, &grant);
	narrow_names(request, rules, denied, &grant);
	narrow_w1(request, &rules->most, &grant);
	narrow_limits(request, &rules->most, &config->permissions.rules.most, &grant);
	resolve_times(request, config, own, &rules->most, &grant);
	*ret_grant = grant;
}

const struct grant_host_line *grant_find_host_line(const struct config *config, unsigned line)
{
	static const struct grant_host_line leds = {"LED strip", "allow_leds"};
	static const struct grant_host_line buzzer = {"buzzer", "allow_buzzer"};
	static const struct grant_host_line fan = {"fan", "allow_fan"};

	if (config->leds.count > 0 && config->leds.gpio_pin == (int)line)
		return &leds;
	if (config->buzzer.gpio_pin == (int)line)
		return &buzzer;
	return config->fan.gpio_pin == (int)line ? &fan : NULL;
}

const char *grant_missing_line(const struct permission *grant, const char *interface)
{
	const struct {
		const char *interface;
		bool is_granted;
		const char *line;
	} needs[] = {
		{"i2c", grant->i2c_count > 0, "allow_i2c = [ADDRESS]"},
		{"gpio", grant->gpio_count > 0, "allow_gpio = [LINE]"},
		{"spi", grant->spi_count > 0, "allow_spi = true"},
		{"uart", grant->uart_count > 0, "allow_uart = true"},
		{"one-wire", grant->w1_count > 0, "allow_w1 = [ID]"},
		{"led-controller", grant->leds, "allow_leds = true"},
		{"buzzer-controller", grant->buzzer, "allow_buzzer = true"},
		{"fan-controller", grant->fan, "allow_fan = true"},
	};

	/* gpio-provider is not listed: all plugins may read its time and temperature. */
	for (size_t i = 0; i < sizeof(needs) / sizeof(needs[0]); i++)
		if (!strcmp(needs[i].interface, interface))
			return needs[i].is_granted ? NULL : needs[i].line;
	return NULL;
}

bool grant_covers(const struct permission *wide, const struct permission *narrow)
{
	json_t *rest = grant_difference(narrow, wide);
	bool is_covered = rest && !json_array_size(rest);

	json_decref(rest);
	return is_covered;
}
