#include "config/permission_keys.h"

#include <string.h>

#include "base/error.h"
#include "config/rules.h"

#define EVERYTHING "*"
#define BUS_MAX 255

static bool is_everything(const struct toml_node *node)
{
	return node->kind == TOML_STRING && !strcmp(node->text, EVERYTHING);
}

typedef void add_number(struct permission *permission, unsigned number);

static void read_addresses(struct schema_reader *reader, struct toml_node *node, const char *path,
			   struct permission *permission, add_number *add)
{
	uint16_t address;

	for (address = SCHEMA_I2C_FIRST; is_everything(node) && address <= SCHEMA_I2C_LAST;)
		add(permission, address++);
	if (node->kind != TOML_ARRAY && !is_everything(node))
		schema_refuse(reader, node, path, "an array of i2c addresses, or \"*\" for all");
	for (struct toml_node *item = node->first; item; item = item->next) {
		if (schema_to_address(item, &address))
			add(permission, address);
		else
			schema_refuse(reader, item, path,
				      "an i2c address from 0x08 to 0x77 (0x3C or \"0x3C\")");
	}
}

static void read_lines(struct schema_reader *reader, struct toml_node *node, const char *path,
		       struct permission *permission, add_number *add)
{
	for (unsigned line = 0; is_everything(node) && line < PERMISSION_GPIO_MAX;)
		add(permission, line++);
	if (node->kind != TOML_ARRAY && !is_everything(node))
		schema_refuse(reader, node, path, "an array of GPIO lines, or \"*\" for all");
	for (struct toml_node *item = node->first; item; item = item->next) {
		if (item->kind == TOML_INTEGER && item->integer >= 0 &&
		    item->integer < PERMISSION_GPIO_MAX)
			add(permission, (unsigned)item->integer);
		else
			schema_refuse(reader, item, path, "a GPIO line from 0 to 255");
	}
}

struct name_kind {
	const char *usual; /* the name that `true` stands for */
	bool (*valid)(const char *text);
	const char *expected;
	bool (*add)(struct permission *permission, const char *name);
};

static const struct name_kind spi_names = {"spi0.0", rule_is_spi, RULE_SPI, permission_add_spi};
static const struct name_kind uart_names = {"serial0", rule_is_uart, RULE_UART,
					    permission_add_uart};

static void read_name_items(struct schema_reader *reader, struct toml_node *node, const char *path,
			    struct permission *permission, const struct name_kind *kind)
{
	for (struct toml_node *item = node->first; item; item = item->next) {
		if (item->kind != TOML_STRING || !kind->valid(item->text) ||
		    strlen(item->text) > PERMISSION_NAME_MAX) {
			schema_refuse(reader, item, path, kind->expected);
		} else if (!kind->add(permission, item->text)) {
			schema_complain(reader, item, "%s: more than %d values: remove some", path,
					PERMISSION_ENTRIES_MAX);
			return;
		}
	}
}

static void read_names(struct schema_reader *reader, struct toml_node *node, const char *path,
		       struct permission *permission, const struct name_kind *kind)
{
	if (node->kind == TOML_BOOLEAN && node->boolean)
		kind->add(permission, kind->usual);
	else if (node->kind != TOML_BOOLEAN && node->kind != TOML_ARRAY)
		schema_refuse(reader, node, path, "true, false or an array of names");
	else
		read_name_items(reader, node, path, permission, kind);
}

static bool is_w1(const char *text)
{
	return !strcmp(text, EVERYTHING) || rule_is_w1(text);
}

/* Accepts "*" for every id, since ids differ from machine to machine. */
static void read_w1(struct schema_reader *reader, struct toml_node *node, const char *path,
		    void *target)
{
	static const struct name_kind kind = {EVERYTHING, is_w1, RULE_W1 ", or \"*\"",
					      permission_add_w1};

	if (is_everything(node))
		permission_add_w1(target, EVERYTHING);
	else if (node->kind != TOML_ARRAY)
		schema_refuse(reader, node, path, "an array of 1-wire ids, or \"*\" for all");
	else
		read_name_items(reader, node, path, target, &kind);
}

/* Unlike the allow_ keys, the deny_ keys accept "*" for all names. */
static void read_denied_names(struct schema_reader *reader, struct toml_node *node,
			      const char *path, struct permission *permission,
			      const struct name_kind *kind)
{
	if (is_everything(node))
		kind->add(permission, EVERYTHING);
	else if (node->kind != TOML_ARRAY)
		schema_refuse(reader, node, path, "an array of names, or \"*\" for all");
	else
		read_name_items(reader, node, path, permission, kind);
}

static void read_i2c_bus(struct schema_reader *reader, struct toml_node *node, const char *path,
			 void *target)
{
	if (node->kind != TOML_ARRAY || !node->count) {
		schema_refuse(reader, node, path, "an array of i2c bus numbers, such as [1]");
		return;
	}
	for (struct toml_node *item = node->first; item; item = item->next) {
		if (item->kind != TOML_INTEGER || item->integer < 0 || item->integer > BUS_MAX) {
			schema_refuse(reader, item, path, "the number of an i2c bus, 0 to 255");
		} else if (!permission_add_i2c_bus(target, (unsigned)item->integer)) {
			schema_complain(reader, item, "%s: more than %d values: remove some", path,
					PERMISSION_BUSES_MAX);
			return;
		}
	}
}

static void add_line(struct permission *permission, unsigned line)
{
	permission_add_gpio(permission, line, PERMISSION_IN_OUT);
}

static void add_input(struct permission *permission, unsigned line)
{
	permission_add_gpio(permission, line, PERMISSION_IN);
}

static void add_output(struct permission *permission, unsigned line)
{
	permission_add_gpio(permission, line, PERMISSION_OUT);
}

/* Define the reader of one key: call `how` for the permission `where`. */
#define READER(name, how, where, what)                                                             \
	void name(struct schema_reader *reader, struct toml_node *node, const char *path,          \
		  void *target)                                                                    \
	{                                                                                          \
		how(reader, node, path, where, what);                                              \
	}
#define DENIED (&((struct permission_rules *)target)->denied)

/* clang-format off */
static READER(read_allow_i2c, read_addresses, target, permission_add_i2c)
static READER(read_share_i2c, read_addresses, target, permission_add_share_i2c)
static READER(read_allow_gpio, read_lines, target, add_line)
static READER(read_allow_gpio_in, read_lines, target, add_input)
static READER(read_allow_gpio_out, read_lines, target, add_output)
static READER(read_share_gpio, read_lines, target, permission_add_share_gpio)
static READER(read_allow_spi, read_names, target, &spi_names)
static READER(read_allow_uart, read_names, target, &uart_names)
READER(permission_read_deny_i2c, read_addresses, DENIED, permission_add_i2c)
READER(permission_read_deny_gpio, read_lines, DENIED, add_line)
READER(permission_read_deny_spi, read_denied_names, DENIED, &spi_names)
READER(permission_read_deny_uart, read_denied_names, DENIED, &uart_names)
/* clang-format on */

#define AT(field) .offset = offsetof(struct permission, field)
#define CUSTOM(key, reader)                                                                        \
	{                                                                                          \
		.name = key, .kind = SCHEMA_CUSTOM, .read = reader                                 \
	}
#define FLAG(key, field)                                                                           \
	{                                                                                          \
		.name = key, .kind = SCHEMA_BOOLEAN, AT(field)                                     \
	}
#define UNSIGNED(field, from, to)                                                                  \
	{                                                                                          \
		.name = #field, .kind = SCHEMA_UNSIGNED, AT(field), .low = from, .high = to        \
	}
#define SECONDS(field, from, to)                                                                   \
	{                                                                                          \
		.name = #field, .kind = SCHEMA_NUMBER, AT(field), .low = from, .high = to          \
	}

/* clang-format off */
#define PERMISSION_KEYS \
	CUSTOM("allow_i2c", read_allow_i2c), \
	CUSTOM("allow_gpio", read_allow_gpio), \
	CUSTOM("allow_gpio_in", read_allow_gpio_in), \
	CUSTOM("allow_gpio_out", read_allow_gpio_out), \
	CUSTOM("allow_spi", read_allow_spi), \
	CUSTOM("allow_uart", read_allow_uart), \
	CUSTOM("allow_w1", read_w1), \
	FLAG("allow_leds", leds), \
	FLAG("allow_buzzer", buzzer), \
	FLAG("allow_fan", fan), \
	CUSTOM("i2c_bus", read_i2c_bus), \
	CUSTOM("share_i2c", read_share_i2c), \
	CUSTOM("share_gpio", read_share_gpio), \
	UNSIGNED(memory_mb, PERMISSION_MEMORY_MB_MIN, PERMISSION_MEMORY_MB_MAX), \
	UNSIGNED(state_kb, 0, PERMISSION_STATE_KB_MAX), \
	UNSIGNED(host_calls_per_poll, 1, PERMISSION_HOST_CALLS_MAX), \
	SECONDS(deadline_seconds, PERMISSION_DEADLINE_SECONDS_MIN, \
		PERMISSION_DEADLINE_SECONDS_MAX), \
	SECONDS(poll_interval_seconds, PERMISSION_INTERVAL_SECONDS_MIN, \
		PERMISSION_INTERVAL_SECONDS_MAX)

static const struct schema_key permission_keys[] = {PERMISSION_KEYS, {0}};

static const struct schema_key rules_keys[] = {
	PERMISSION_KEYS,
	CUSTOM("deny_i2c", permission_read_deny_i2c),
	CUSTOM("deny_gpio", permission_read_deny_gpio),
	CUSTOM("deny_spi", permission_read_deny_spi),
	CUSTOM("deny_uart", permission_read_deny_uart),
	{0},
};
/* clang-format on */

void permission_read_rules(struct schema_reader *reader, struct toml_node *node, const char *path,
			   struct permission_rules *rules)
{
	struct permission *most = &rules->most;

	/* A list in the file replaces the default, which allows all. */
	if (toml_find(node, "allow_i2c"))
		most->i2c_count = 0;
	if (toml_find(node, "share_i2c"))
		most->share_i2c_count = 0;
	if (toml_find(node, "allow_gpio") || toml_find(node, "allow_gpio_in") ||
	    toml_find(node, "allow_gpio_out"))
		most->gpio_count = 0;
	if (toml_find(node, "share_gpio"))
		most->share_gpio_count = 0;
	if (toml_find(node, "allow_spi"))
		most->spi_count = 0;
	if (toml_find(node, "allow_uart"))
		most->uart_count = 0;
	if (toml_find(node, "allow_w1"))
		most->w1_count = 0;
	schema_read(reader, node, path, rules_keys, rules);
}

/* A shared device must be requested too. "*" means all that are requested. */
static void check_shares(struct schema_reader *reader, struct toml_node *root, void *target)
{
	const struct permission *permission = target;
	struct toml_node *i2c = toml_find(root, "share_i2c"), *gpio = toml_find(root, "share_gpio");

	for (size_t i = 0; i < permission->share_i2c_count && !is_everything(i2c); i++)
		if (!permission_has_i2c(permission, permission->share_i2c[i]))
			schema_complain(reader, i2c,
					"share_i2c: 0x%02X is not in allow_i2c: add it there too, "
					"or remove it here",
					permission->share_i2c[i]);
	for (size_t i = 0; i < permission->share_gpio_count && !is_everything(gpio); i++)
		if (!permission_has_gpio(permission, permission->share_gpio[i]))
			schema_complain(reader, gpio,
					"share_gpio: %u is not in allow_gpio: add it there too, or "
					"remove it here",
					permission->share_gpio[i]);
}

static void trim(uint16_t *list, size_t *count, const uint16_t *allowed, size_t allowed_count)
{
	size_t kept = 0;

	for (size_t i = 0; i < *count; i++)
		for (size_t j = 0; j < allowed_count; j++)
			if (list[i] == allowed[j])
				list[kept++] = list[i];
	*count = kept;
}

/* Read from `text`, or from the file `name` if `text` is NULL. */
static int read_permission(const char *name, const char *text, size_t size,
			   struct permission *ret_permission, struct problem_list *problems)
{
	struct permission permission;
	const struct schema_file file = {
		.name = name,
		.size_max = PERMISSION_FILE_SIZE_MAX,
		.keys = permission_keys,
		.check = check_shares,
		.target = &permission,
		.problems = problems,
	};
	int ret;

	permission_init(&permission);
	ret = text ? schema_parse(&file, text, size) : schema_load(&file, true);
	if (ret)
		return ret;
	trim(permission.share_i2c, &permission.share_i2c_count, permission.i2c,
	     permission.i2c_count);
	trim(permission.share_gpio, &permission.share_gpio_count, permission.gpio,
	     permission.gpio_count);
	*ret_permission = permission;
	return 0;
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
