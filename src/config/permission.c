#include "config/permission.h"

#include <string.h>

#include "base/error.h"
#include "config/rules.h"
#include "config/schema.h"

#define GPIO_MAX 255

static bool is_full(struct schema_reader *reader, struct toml_node *node, const char *path,
		    size_t count)
{
	if (count < PERMISSION_ENTRIES_MAX)
		return false;
	schema_complain(reader, node, "%s: more than %d entries", path, PERMISSION_ENTRIES_MAX);
	return true;
}

static void read_i2c(struct schema_reader *reader, struct toml_node *node, const char *path,
		     void *target)
{
	struct permission *permission = target;
	uint16_t address;

	if (node->kind != TOML_ARRAY) {
		schema_refuse(reader, node, path, "an array of i2c addresses");
		return;
	}
	for (struct toml_node *item = node->first; item; item = item->next) {
		if (!schema_to_address(item, &address))
			schema_refuse(reader, item, path,
				      "an i2c address from 0x08 to 0x77 (0x3C or \"0x3C\")");
		else if (permission_has_i2c(permission, address))
			continue;
		else if (is_full(reader, item, path, permission->i2c_count))
			return;
		else
			permission->i2c[permission->i2c_count++] = address;
	}
}

static void read_gpio(struct schema_reader *reader, struct toml_node *node, const char *path,
		      void *target)
{
	struct permission *permission = target;

	if (node->kind != TOML_ARRAY) {
		schema_refuse(reader, node, path, "an array of GPIO lines");
		return;
	}
	for (struct toml_node *item = node->first; item; item = item->next) {
		if (item->kind != TOML_INTEGER || item->integer < 0 || item->integer > GPIO_MAX)
			schema_refuse(reader, item, path, "a GPIO line from 0 to 255");
		else if (permission_has_gpio(permission, (unsigned)item->integer))
			continue;
		else if (is_full(reader, item, path, permission->gpio_count))
			return;
		else
			permission->gpio[permission->gpio_count++] = (uint8_t)item->integer;
	}
}

struct name_list {
	char (*names)[PERMISSION_NAME_MAX + 1];
	size_t *count;
	const char *usual; /* what `true` means */
	bool (*valid)(const char *text);
	const char *expected;
};

static bool has_name(const char (*names)[PERMISSION_NAME_MAX + 1], size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(names[i], name))
			return true;
	return false;
}

static void add_name(const struct name_list *list, const char *name)
{
	snprintf(list->names[(*list->count)++], PERMISSION_NAME_MAX + 1, "%s", name);
}

static void read_names(struct schema_reader *reader, struct toml_node *node, const char *path,
		       const struct name_list *list)
{
	if (node->kind == TOML_BOOLEAN) {
		if (node->boolean)
			add_name(list, list->usual);
		return;
	}
	if (node->kind != TOML_ARRAY) {
		schema_refuse(reader, node, path, "true, false or an array of names");
		return;
	}
	for (struct toml_node *item = node->first; item; item = item->next) {
		if (item->kind != TOML_STRING || !list->valid(item->text) ||
		    strlen(item->text) > PERMISSION_NAME_MAX)
			schema_refuse(reader, item, path, list->expected);
		else if (has_name(list->names, *list->count, item->text))
			continue;
		else if (is_full(reader, item, path, *list->count))
			return;
		else
			add_name(list, item->text);
	}
}

static void read_spi(struct schema_reader *reader, struct toml_node *node, const char *path,
		     void *target)
{
	struct permission *permission = target;
	const struct name_list list = {permission->spi, &permission->spi_count, "spi0.0",
				       rule_is_spi, RULE_SPI};

	read_names(reader, node, path, &list);
}

static void read_uart(struct schema_reader *reader, struct toml_node *node, const char *path,
		      void *target)
{
	struct permission *permission = target;
	const struct name_list list = {permission->uart, &permission->uart_count, "serial0",
				       rule_is_uart, RULE_UART};

	read_names(reader, node, path, &list);
}

#define AT(field) .offset = offsetof(struct permission, field)

static const struct schema_key permission_keys[] = {
	{.name = "allow_i2c", .kind = SCHEMA_CUSTOM, .read = read_i2c},
	{.name = "allow_gpio", .kind = SCHEMA_CUSTOM, .read = read_gpio},
	{.name = "allow_spi", .kind = SCHEMA_CUSTOM, .read = read_spi},
	{.name = "allow_uart", .kind = SCHEMA_CUSTOM, .read = read_uart},
	{.name = "allow_leds", .kind = SCHEMA_BOOLEAN, AT(leds)},
	{.name = "allow_buzzer", .kind = SCHEMA_BOOLEAN, AT(buzzer)},
	{.name = "allow_fan", .kind = SCHEMA_BOOLEAN, AT(fan)},
	{0},
};

/* `text` NULL: from the file `name`. */
static int read_permission(const char *name, const char *text, size_t size,
			   struct permission *ret_permission, struct problem_list *problems)
{
	struct permission permission = {0};
	const struct schema_file file = {
		.name = name,
		.size_max = PERMISSION_FILE_SIZE_MAX,
		.keys = permission_keys,
		.target = &permission,
		.problems = problems,
	};
	int ret = text ? schema_parse(&file, text, size) : schema_load(&file, true);

	if (!ret)
		*ret_permission = permission;
	return ret;
}

int permission_load(const char *path, struct permission *ret_permission,
		    struct problem_list *problems)
{
	return read_permission(path, NULL, 0, ret_permission, problems);
}

int permission_parse(const char *text, size_t size, const char *name,
		     struct permission *ret_permission, struct problem_list *problems)
{
	return read_permission(name, text, size, ret_permission, problems);
}

bool permission_has_i2c(const struct permission *permission, uint16_t address)
{
	for (size_t i = 0; i < permission->i2c_count; i++)
		if (permission->i2c[i] == address)
			return true;
	return false;
}

bool permission_has_gpio(const struct permission *permission, unsigned line)
{
	for (size_t i = 0; i < permission->gpio_count; i++)
		if (permission->gpio[i] == line)
			return true;
	return false;
}

bool permission_has_spi(const struct permission *permission, const char *name)
{
	return has_name(permission->spi, permission->spi_count, name);
}

bool permission_has_uart(const struct permission *permission, const char *name)
{
	return has_name(permission->uart, permission->uart_count, name);
}
