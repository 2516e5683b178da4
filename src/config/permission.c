#include "config/permission.h"

#include <string.h>

#include "config/schema.h"

#define EVERY_NAME "*"

typedef char permission_name[PERMISSION_NAME_MAX + 1];

void permission_init(struct permission *permission)
{
	*permission = (struct permission){
		.memory_mb = PERMISSION_MEMORY_MB_DEFAULT,
		.state_kb = PERMISSION_STATE_KB_DEFAULT,
		.host_calls_per_poll = PERMISSION_HOST_CALLS_DEFAULT,
	};
}

void permission_init_all(struct permission *permission)
{
	*permission = (struct permission){
		.spi = {EVERY_NAME},
		.spi_count = 1,
		.uart = {EVERY_NAME},
		.uart_count = 1,
		.w1 = {EVERY_NAME},
		.w1_count = 1,
		.leds = true,
		.buzzer = true,
		.fan = true,
		.memory_mb = PERMISSION_MEMORY_MB_MAX,
		.state_kb = PERMISSION_STATE_KB_MAX,
		.host_calls_per_poll = PERMISSION_HOST_CALLS_MAX,
		.deadline_seconds = PERMISSION_DEADLINE_SECONDS_MAX,
		.poll_interval_seconds = PERMISSION_INTERVAL_SECONDS_MIN,
	};
	for (unsigned address = SCHEMA_I2C_FIRST; address <= SCHEMA_I2C_LAST; address++) {
		permission_add_i2c(permission, address);
		permission_add_share_i2c(permission, address);
	}
	for (unsigned line = 0; line < PERMISSION_GPIO_MAX; line++) {
		permission_add_gpio(permission, line, PERMISSION_IN_OUT);
		permission_add_share_gpio(permission, line);
	}
}

void permission_rules_init(struct permission_rules *rules)
{
	permission_init_all(&rules->most);
	permission_init(&rules->denied);
}

static bool has_number(const uint16_t *list, size_t count, unsigned number)
{
	for (size_t i = 0; i < count; i++)
		if (list[i] == number)
			return true;
	return false;
}

/* Insert into a sorted list that has room, unless the number is there already. */
static void add_number(uint16_t *list, size_t *count, unsigned number)
{
	size_t at = *count;

	if (has_number(list, *count, number))
		return;
	for (; at > 0 && list[at - 1] > number; at--)
		list[at] = list[at - 1];
	list[at] = (uint16_t)number;
	(*count)++;
}

static bool has_name(const permission_name *names, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(names[i], name) || !strcmp(names[i], EVERY_NAME))
			return true;
	return false;
}

static bool add_name(permission_name *names, size_t *count, const char *name)
{
	size_t at = *count;

	if (has_name((const permission_name *)names, *count, name))
		return true;
	if (*count == PERMISSION_ENTRIES_MAX)
		return false;
	for (; at > 0 && strcmp(names[at - 1], name) > 0; at--)
		memcpy(names[at], names[at - 1], sizeof(*names));
	snprintf(names[at], sizeof(*names), "%s", name);
	(*count)++;
	return true;
}

bool permission_has_i2c(const struct permission *permission, uint16_t address)
{
	return has_number(permission->i2c, permission->i2c_count, address);
}

bool permission_has_gpio(const struct permission *permission, unsigned line)
{
	return has_number(permission->gpio, permission->gpio_count, line);
}

bool permission_has_spi(const struct permission *permission, const char *name)
{
	return has_name(permission->spi, permission->spi_count, name);
}

bool permission_has_uart(const struct permission *permission, const char *name)
{
	return has_name(permission->uart, permission->uart_count, name);
}

bool permission_has_w1(const struct permission *permission, const char *id)
{
	return has_name(permission->w1, permission->w1_count, id);
}

bool permission_shares_i2c(const struct permission *permission, uint16_t address)
{
	return has_number(permission->share_i2c, permission->share_i2c_count, address);
}

bool permission_shares_gpio(const struct permission *permission, unsigned line)
{
	return has_number(permission->share_gpio, permission->share_gpio_count, line);
}

bool permission_has_i2c_bus(const struct permission *permission, unsigned bus, unsigned usual)
{
	if (!permission->i2c_bus_count)
		return bus == usual;
	return has_number(permission->i2c_bus, permission->i2c_bus_count, bus);
}

unsigned permission_gpio_direction(const struct permission *permission, unsigned line)
{
	if (line >= PERMISSION_GPIO_MAX || !permission_has_gpio(permission, line))
		return 0;
	return permission->gpio_direction[line] ? permission->gpio_direction[line]
						: PERMISSION_IN_OUT;
}

static bool is_address(unsigned address)
{
	return address >= SCHEMA_I2C_FIRST && address <= SCHEMA_I2C_LAST;
}

void permission_add_i2c(struct permission *permission, unsigned address)
{
	if (is_address(address))
		add_number(permission->i2c, &permission->i2c_count, address);
}

void permission_add_share_i2c(struct permission *permission, unsigned address)
{
	if (is_address(address))
		add_number(permission->share_i2c, &permission->share_i2c_count, address);
}

void permission_add_share_gpio(struct permission *permission, unsigned line)
{
	if (line < PERMISSION_GPIO_MAX)
		add_number(permission->share_gpio, &permission->share_gpio_count, line);
}

void permission_add_gpio(struct permission *permission, unsigned line, unsigned direction)
{
	if (line >= PERMISSION_GPIO_MAX)
		return;
	direction |= permission_gpio_direction(permission, line);
	add_number(permission->gpio, &permission->gpio_count, line);
	permission->gpio_direction[line] = (uint8_t)direction;
}

bool permission_add_i2c_bus(struct permission *permission, unsigned bus)
{
	if (has_number(permission->i2c_bus, permission->i2c_bus_count, bus))
		return true;
	if (permission->i2c_bus_count == PERMISSION_BUSES_MAX)
		return false;
	add_number(permission->i2c_bus, &permission->i2c_bus_count, bus);
	return true;
}

bool permission_add_spi(struct permission *permission, const char *name)
{
	return add_name(permission->spi, &permission->spi_count, name);
}

bool permission_add_uart(struct permission *permission, const char *name)
{
	return add_name(permission->uart, &permission->uart_count, name);
}

bool permission_add_w1(struct permission *permission, const char *id)
{
	/* "*" replaces all other ids. */
	if (!strcmp(id, EVERY_NAME))
		permission->w1_count = 0;
	return add_name(permission->w1, &permission->w1_count, id);
}
