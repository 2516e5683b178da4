#include "config/permission_place.h"

#include <stddef.h>

#include "base/buffer.h"
#include "config/permission.h"
#include "config/schema.h"

typedef bool is_number(const struct toml_node *item, unsigned number);

static bool is_address(const struct toml_node *item, unsigned number)
{
	uint16_t address;

	return schema_to_address(item, &address) && address == number;
}

static bool is_line(const struct toml_node *item, unsigned number)
{
	return item->kind == TOML_INTEGER && item->integer == number;
}

/* The item of `list` with this number; NULL if there is none. A string instead of a list is "*". */
static const struct toml_node *find_item(const struct toml_node *list, is_number *is,
					 unsigned number)
{
	if (!list || list->kind == TOML_STRING)
		return list;
	for (const struct toml_node *item = list->first; item; item = item->next)
		if (is(item, number))
			return item;
	return NULL;
}

static bool find(const char *path, const char *const *keys, is_number *is, unsigned number,
		 struct permission_place *ret_place)
{
	const struct toml_node *item = NULL;
	struct toml_node *root = NULL;
	struct toml_error error;
	struct buffer text;

	if (buffer_read_file(&text, path, PERMISSION_FILE_SIZE_MAX, NULL))
		return false;
	if (!toml_parse(text.data ? text.data : "", text.size, &root, &error))
		for (; *keys && !item; keys++)
			item = find_item(toml_find(root, *keys), is, number);
	if (item)
		*ret_place = (struct permission_place){item->line, item->column};
	toml_destroy(root);
	buffer_finish(&text);
	return item;
}

bool permission_place_i2c(const char *path, uint16_t address, struct permission_place *ret_place)
{
	static const char *const keys[] = {"allow_i2c", NULL};

	return find(path, keys, is_address, address, ret_place);
}

bool permission_place_gpio(const char *path, unsigned line, struct permission_place *ret_place)
{
	static const char *const keys[] = {"allow_gpio", "allow_gpio_in", "allow_gpio_out", NULL};

	return find(path, keys, is_line, line, ret_place);
}
