/* Writes a permission as the text of a permission file, in canonical form. */
#include <stdlib.h>

#include "base/buffer.h"
#include "config/permission.h"

/* Write `key = [1, 2]`; nothing for an empty list; "*" for a list of `all` numbers. all: 0 if the
 * key does not accept "*". */
static void print_numbers(struct buffer *text, const char *key, bool hex, const uint16_t *list,
			  size_t count, size_t all)
{
	if (!count)
		return;
	if (count == all) {
		buffer_printf(text, "%s = \"*\"\n", key);
		return;
	}
	buffer_printf(text, "%s = [", key);
	for (size_t i = 0; i < count; i++) {
		if (i)
			buffer_append_text(text, ", ");
		if (hex)
			buffer_printf(text, "0x%02X", list[i]);
		else
			buffer_printf(text, "%u", list[i]);
	}
	buffer_append_text(text, "]\n");
}

static void print_lines(struct buffer *text, const char *key, const struct permission *permission,
			unsigned direction)
{
	uint16_t lines[PERMISSION_GPIO_MAX];
	size_t count = 0;

	for (size_t i = 0; i < permission->gpio_count; i++)
		if (permission_gpio_direction(permission, permission->gpio[i]) == direction)
			lines[count++] = permission->gpio[i];
	print_numbers(text, key, false, lines, count, PERMISSION_GPIO_MAX);
}

static void print_safe_lines(struct buffer *text, const char *key,
			     const struct permission *permission, unsigned level)
{
	uint16_t lines[PERMISSION_GPIO_MAX];
	size_t count = 0;

	for (uint16_t line = 0; line < PERMISSION_GPIO_MAX; line++)
		if (permission->safe_gpio[line] == level)
			lines[count++] = line;
	print_numbers(text, key, false, lines, count, PERMISSION_GPIO_MAX);
}

static void print_names(struct buffer *text, const char *key,
			const char (*names)[PERMISSION_NAME_MAX + 1], size_t count)
{
	for (size_t i = 0; i < count; i++)
		buffer_printf(text, "%s%s\"%s\"", i ? ", " : key, i ? "" : " = [", names[i]);
	if (count)
		buffer_append_text(text, "]\n");
}

/* Write the fewest digits that read back as the same number; nothing for 0, the default. */
static void print_seconds(struct buffer *text, const char *key, double seconds)
{
	char number[32];

	if (seconds <= 0)
		return;
	snprintf(number, sizeof(number), "%.15g", seconds);
	if (strtod(number, NULL) < seconds || strtod(number, NULL) > seconds)
		snprintf(number, sizeof(number), "%.17g", seconds);
	buffer_printf(text, "%s = %s\n", key, number);
}

static void print_flag(struct buffer *text, const char *key, bool flag)
{
	if (flag)
		buffer_printf(text, "%s = true\n", key);
}

void permission_print(const struct permission *permission, struct buffer *text)
{
	print_numbers(text, "allow_i2c", true, permission->i2c, permission->i2c_count,
		      PERMISSION_I2C_MAX);
	print_numbers(text, "share_i2c", true, permission->share_i2c, permission->share_i2c_count,
		      PERMISSION_I2C_MAX);
	print_numbers(text, "i2c_bus", false, permission->i2c_bus, permission->i2c_bus_count, 0);
	print_lines(text, "allow_gpio", permission, PERMISSION_IN_OUT);
	print_lines(text, "allow_gpio_in", permission, PERMISSION_IN);
	print_lines(text, "allow_gpio_out", permission, PERMISSION_OUT);
	print_numbers(text, "share_gpio", false, permission->share_gpio,
		      permission->share_gpio_count, PERMISSION_GPIO_MAX);
	print_safe_lines(text, "safe_low", permission, PERMISSION_LEVEL_LOW);
	print_safe_lines(text, "safe_high", permission, PERMISSION_LEVEL_HIGH);
	print_names(text, "allow_spi", permission->spi, permission->spi_count);
	print_names(text, "allow_uart", permission->uart, permission->uart_count);
	print_names(text, "allow_w1", permission->w1, permission->w1_count);
	print_flag(text, "allow_leds", permission->leds);
	print_flag(text, "allow_buzzer", permission->buzzer);
	print_flag(text, "allow_fan", permission->fan);
	print_flag(text, "safe_fan", permission->safe_fan);
	buffer_printf(text, "memory_mb = %u\n", permission->memory_mb);
	buffer_printf(text, "state_kb = %u\n", permission->state_kb);
	buffer_printf(text, "host_calls_per_poll = %u\n", permission->host_calls_per_poll);
	print_seconds(text, "deadline_seconds", permission->deadline_seconds);
	print_seconds(text, "poll_interval_seconds", permission->poll_interval_seconds);
}
