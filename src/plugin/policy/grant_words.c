/* Requests and grants as JSON and as texts for people. */
#include <stdio.h>
#include <string.h>

#include "config/schema.h"
#include "plugin/policy/grant.h"

static json_t *addresses_to_json(const uint16_t *list, size_t count)
{
	json_t *json = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(json, json_sprintf("0x%02X", list[i]));
	return json;
}

static json_t *numbers_to_json(const uint16_t *list, size_t count)
{
	json_t *json = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(json, json_integer(list[i]));
	return json;
}

static json_t *lines_to_json(const struct permission *permission, unsigned direction)
{
	json_t *json = json_array();

	for (size_t i = 0; i < permission->gpio_count; i++)
		if (permission_gpio_direction(permission, permission->gpio[i]) == direction)
			json_array_append_new(json, json_integer(permission->gpio[i]));
	return json;
}

static json_t *safe_lines_to_json(const struct permission *permission, unsigned level)
{
	json_t *json = json_array();

	for (unsigned line = 0; line < PERMISSION_GPIO_MAX; line++)
		if (permission->safe_gpio[line] == level)
			json_array_append_new(json, json_integer(line));
	return json;
}

static json_t *names_to_json(const char (*names)[PERMISSION_NAME_MAX + 1], size_t count)
{
	json_t *json = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(json, json_string(names[i]));
	return json;
}

static json_t *seconds_to_json(double seconds)
{
	return seconds > 0 ? json_real(seconds) : json_null();
}

json_t *grant_to_json(const struct permission *permission)
{
	return json_pack(
		"{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:b, s:b, s:b, "
		"s:I, s:I, s:I, s:o, s:o}",
		"i2c", addresses_to_json(permission->i2c, permission->i2c_count), "i2c_bus",
		numbers_to_json(permission->i2c_bus, permission->i2c_bus_count), "share_i2c",
		addresses_to_json(permission->share_i2c, permission->share_i2c_count), "gpio",
		numbers_to_json(permission->gpio, permission->gpio_count), "gpio_in",
		lines_to_json(permission, PERMISSION_IN), "gpio_out",
		lines_to_json(permission, PERMISSION_OUT), "share_gpio",
		numbers_to_json(permission->share_gpio, permission->share_gpio_count), "safe_low",
		safe_lines_to_json(permission, PERMISSION_LEVEL_LOW), "safe_high",
		safe_lines_to_json(permission, PERMISSION_LEVEL_HIGH), "spi",
		names_to_json(permission->spi, permission->spi_count), "uart",
		names_to_json(permission->uart, permission->uart_count), "w1",
		names_to_json(permission->w1, permission->w1_count), "leds", permission->leds,
		"buzzer", permission->buzzer, "fan", permission->fan, "safe_fan",
		permission->safe_fan, "memory_mb", (json_int_t)permission->memory_mb, "state_kb",
		(json_int_t)permission->state_kb, "host_calls_per_poll",
		(json_int_t)permission->host_calls_per_poll, "deadline_seconds",
		seconds_to_json(permission->deadline_seconds), "poll_interval_seconds",
		seconds_to_json(permission->poll_interval_seconds));
}

/* Counts the texts separately, so that one lost when out of memory is noticed. */
struct words {
	json_t *texts;
	size_t count;
};

/* Takes ownership of `text`, which may be NULL (out of memory). */
static void add(struct words *words, json_t *text)
{
	words->count++;
	json_array_append_new(words->texts, text);
}

/* For each number 0..255 a code for what is missing (0: nothing); a run of equal codes becomes one
 * text. */
struct gaps {
	uint8_t codes[PERMISSION_GPIO_MAX];
};

static void append_run(struct words *words, unsigned first, unsigned last, const char *prefix,
		       bool hex, const char *suffix)
{
	char number[2][16];

	snprintf(number[0], sizeof(number[0]), hex ? "0x%02X" : "%u", first);
	snprintf(number[1], sizeof(number[1]), hex ? "0x%02X" : "%u", last);
	if (first == last)
		add(words, json_sprintf("%s%s%s", prefix, number[0], suffix));
	else
		add(words, json_sprintf("%s%s to %s%s", prefix, number[0], number[1], suffix));
}

#define RUN_MIN 3 /* two neighbours become two texts */

static void append_gaps(struct words *words, const struct gaps *gaps, const char *prefix, bool hex,
			const char *const *suffixes)
{
	for (unsigned first = 0, end; first < PERMISSION_GPIO_MAX; first = end) {
		unsigned code = gaps->codes[first];

		for (end = first + 1; end < PERMISSION_GPIO_MAX && gaps->codes[end] == code;)
			end++;
		if (!code)
			continue;
		if (end - first < RUN_MIN)
			end = first + 1;
		append_run(words, first, end - 1, prefix, hex, suffixes[code]);
	}
}

static void compare_i2c(struct words *words, const struct permission *request,
			const struct permission *grant)
{
	static const char *const plain[] = {NULL, ""};
	struct gaps missing = {0}, unshared = {0};

	for (size_t i = 0; i < request->i2c_count; i++) {
		uint16_t address = request->i2c[i];

		if (address > UINT8_MAX) { /* no permission file can request it */
			add(words, json_sprintf("i2c 0x%03X", address));
			continue;
		}
		missing.codes[address] = !permission_has_i2c(grant, address);
		unshared.codes[address] = !missing.codes[address] &&
					  permission_shares_i2c(request, address) &&
					  !permission_shares_i2c(grant, address);
	}
	append_gaps(words, &missing, "i2c ", true, plain);
	append_gaps(words, &unshared, "to share i2c ", true, plain);
	/* An empty list means the usual bus, whose number is not known here. */
	if (request->i2c_count && !request->i2c_bus_count && grant->i2c_bus_count)
		add(words, json_string("the usual i2c bus"));
	for (size_t i = 0; i < request->i2c_bus_count; i++) {
		unsigned bus = request->i2c_bus[i];

		if (!grant->i2c_bus_count || !permission_has_i2c_bus(grant, bus, bus))
			add(words, json_sprintf("i2c bus %u", bus));
	}
}

static void compare_gpio(struct words *words, const struct permission *request,
			 const struct permission *grant)
{
	static const char *const ways[] = {
		[PERMISSION_IN] = " as input",
		[PERMISSION_OUT] = " as output",
		[PERMISSION_IN_OUT] = "",
	};
	static const char *const plain[] = {NULL, ""};
	struct gaps missing = {0}, unshared = {0};

	for (size_t i = 0; i < request->gpio_count; i++) {
		unsigned line = request->gpio[i];

		missing.codes[line] = (uint8_t)(permission_gpio_direction(request, line) &
						~permission_gpio_direction(grant, line));
		unshared.codes[line] = permission_gpio_direction(grant, line) &&
				       permission_shares_gpio(request, line) &&
				       !permission_shares_gpio(grant, line);
	}
	append_gaps(words, &missing, "GPIO", false, ways);
	append_gaps(words, &unshared, "to share GPIO", false, plain);
}

/* How the outputs are while the plugin does not run. */
static void compare_safe_states(struct words *words, const struct permission *request,
				const struct permission *grant)
{
	static const char *const levels[] = {
		[PERMISSION_LEVEL_LOW] = " low while it does not run",
		[PERMISSION_LEVEL_HIGH] = " high while it does not run",
	};
	struct gaps missing = {0};

	for (unsigned line = 0; line < PERMISSION_GPIO_MAX; line++)
		if (request->safe_gpio[line] != grant->safe_gpio[line])
			missing.codes[line] = request->safe_gpio[line];
	append_gaps(words, &missing, "GPIO", false, levels);
	if (request->safe_fan && !grant->safe_fan)
		add(words, json_string("fan on while it does not run"));
}

static void compare_devices(struct words *words, const struct permission *request,
			    const struct permission *grant)
{
	for (size_t i = 0; i < request->spi_count; i++)
		if (!permission_has_spi(grant, request->spi[i]))
			add(words, json_sprintf("spi %s", request->spi[i]));
	for (size_t i = 0; i < request->uart_count; i++)
		if (!permission_has_uart(grant, request->uart[i]))
			add(words, json_sprintf("uart %s", request->uart[i]));
	for (size_t i = 0; i < request->w1_count; i++)
		if (!permission_has_w1(grant, request->w1[i]))
			add(words, json_sprintf("1-wire %s", request->w1[i]));
	if (request->leds && !grant->leds)
		add(words, json_string("LEDs"));
	if (request->buzzer && !grant->buzzer)
		add(words, json_string("buzzer"));
	if (request->fan && !grant->fan)
		add(words, json_string("fan"));
}

static void compare_limits(struct words *words, const struct permission *request,
			   const struct permission *grant)
{
	if (request->memory_mb > grant->memory_mb)
		add(words, json_sprintf("%u MB of memory instead of %u MB", request->memory_mb,
					grant->memory_mb));
	if (request->state_kb > grant->state_kb)
		add(words, json_sprintf("%u kB of state instead of %u kB", request->state_kb,
					grant->state_kb));
	if (request->host_calls_per_poll > grant->host_calls_per_poll)
		add(words, json_sprintf("%u host calls a poll instead of %u",
					request->host_calls_per_poll, grant->host_calls_per_poll));
}

/* json_sprintf() is used elsewhere, but its formats lack %g. */
static void append_seconds(struct words *words, const char *format, double asked, double given)
{
	char text[128];

	if (given > 0)
		snprintf(text, sizeof(text), "%s %g s instead of %g s", format, asked, given);
	else
		snprintf(text, sizeof(text), "%s %g s instead of the usual time", format, asked);
	add(words, json_string(text));
}

/* A time of 0 was not requested, so it cannot be missing. */
static void compare_times(struct words *words, const struct permission *request,
			  const struct permission *grant)
{
	double deadline = request->deadline_seconds, interval = request->poll_interval_seconds;

	if (deadline > 0 && deadline > grant->deadline_seconds)
		append_seconds(words, "calls of", deadline, grant->deadline_seconds);
	if (interval > 0 &&
	    (grant->poll_interval_seconds <= 0 || interval < grant->poll_interval_seconds))
		append_seconds(words, "a poll every", interval, grant->poll_interval_seconds);
}

json_t *grant_difference(const struct permission *request, const struct permission *grant)
{
	struct words words = {.texts = json_array()};
	struct permission nothing;

	permission_init(&nothing);
	if (!grant)
		grant = &nothing;
	compare_i2c(&words, request, grant);
	compare_gpio(&words, request, grant);
	compare_devices(&words, request, grant);
	compare_safe_states(&words, request, grant);
	compare_limits(&words, request, grant);
	compare_times(&words, request, grant);
	if (words.texts && json_array_size(words.texts) == words.count)
		return words.texts;
	json_decref(words.texts);
	return NULL;
}

void grant_join(const json_t *texts, char *ret_line, size_t size)
{
	const json_t *text;
	size_t used = 0, i;

	snprintf(ret_line, size, "nothing");
	json_array_foreach(texts, i, text)
	{
		if (used < size)
			used += (size_t)snprintf(ret_line + used, size - used, "%s%s",
						 i ? ", " : "", json_string_value(text));
	}
}
