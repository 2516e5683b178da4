#include "config/schema.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "config/problem.h"
#include "config/suggest.h"

#define FOUND_SIZE 128
#define QUOTED_MAX 64 /* bytes of a value that a problem quotes */

/* How many bytes of `text` to quote, without cutting a character in two. */
static int quoted_size(const char *text)
{
	size_t size = strnlen(text, QUOTED_MAX + 1);

	if (size > QUOTED_MAX)
		for (size = QUOTED_MAX; size > 0 && (text[size] & 0xc0) == 0x80;)
			size--;
	return (int)size;
}

static void describe(const struct toml_node *node, char ret_text[FOUND_SIZE])
{
	switch (node->kind) {
	case TOML_TABLE:
		snprintf(ret_text, FOUND_SIZE, "a table");
		break;
	case TOML_ARRAY:
		snprintf(ret_text, FOUND_SIZE, "an array");
		break;
	case TOML_STRING:
		snprintf(ret_text, FOUND_SIZE, "the string \"%.*s\"%s", quoted_size(node->text),
			 node->text, node->text[quoted_size(node->text)] ? "…" : "");
		break;
	case TOML_INTEGER:
		snprintf(ret_text, FOUND_SIZE, "the integer %lld", (long long)node->integer);
		break;
	case TOML_FLOAT:
		snprintf(ret_text, FOUND_SIZE, "the number %.15g", node->number);
		break;
	case TOML_BOOLEAN:
		snprintf(ret_text, FOUND_SIZE, "the boolean %s", node->boolean ? "true" : "false");
		break;
	case TOML_DATE:
		snprintf(ret_text, FOUND_SIZE, "the date or time %s", node->text);
		break;
	}
}

void schema_refuse(struct schema_reader *reader, struct toml_node *node, const char *path,
		   const char *expected)
{
	char found[FOUND_SIZE];

	describe(node, found);
	reader->refused++;
	node->refused = true;
	problem_list_add(reader->problems, reader->file, node->line, node->column,
			 "%s: expected %s, found %s", path, expected, found);
}

void schema_complain(struct schema_reader *reader, struct toml_node *node, const char *format, ...)
{
	char what[512];
	va_list args;

	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	reader->refused++;
	node->refused = true;
	problem_list_add(reader->problems, reader->file, node->key_line, node->key_column, "%s",
			 what);
}

void schema_join(char ret_path[SCHEMA_PATH_SIZE], const char *path, const char *key)
{
	snprintf(ret_path, SCHEMA_PATH_SIZE, "%s%s%.*s%s", path, *path ? "." : "", quoted_size(key),
		 key, key[quoted_size(key)] ? "…" : "");
}

bool schema_to_address(const struct toml_node *node, uint16_t *ret_address)
{
	int64_t address = node->integer;
	char *end;

	if (node->kind == TOML_STRING) {
		if (strncmp(node->text, "0x", 2) || strlen(node->text) != 4)
			return false;
		address = strtol(node->text + 2, &end, 16);
		if (end != node->text + 4)
			return false;
	} else if (node->kind != TOML_INTEGER) {
		return false;
	}
	if (address < SCHEMA_I2C_FIRST || address > SCHEMA_I2C_LAST)
		return false;
	*ret_address = (uint16_t)address;
	return true;
}

void *schema_append(struct schema_reader *reader, void *items, size_t *count, size_t item_size)
{
	char *array;

	memcpy(&array, items, sizeof(array));
	array = reallocarray(array, *count + 1, item_size);
	if (!array) {
		reader->no_memory = true;
		return NULL;
	}
	memcpy(items, &array, sizeof(array));
	array += (*count)++ * item_size;
	memset(array, 0, item_size);
	return array;
}

static bool is_choice(const struct schema_key *key, const struct toml_node *node,
		      unsigned *ret_index)
{
	if (node->kind != TOML_STRING)
		return false;
	for (unsigned i = 0; key->choices[i]; i++) {
		if (!strcmp(key->choices[i], node->text)) {
			*ret_index = i;
			return true;
		}
	}
	return false;
}

static bool take_integer(const struct schema_key *key, const struct toml_node *node, void *place)
{
	if (node->kind != TOML_INTEGER || (double)node->integer < key->low ||
	    (double)node->integer > key->high)
		return false;
	if (key->kind == SCHEMA_INT)
		*(int *)place = (int)node->integer;
	else if (key->kind == SCHEMA_UNSIGNED)
		*(unsigned *)place = (unsigned)node->integer;
	else
		*(uint64_t *)place = (uint64_t)node->integer;
	return true;
}

static bool take_number(const struct schema_key *key, const struct toml_node *node, double *place)
{
	double number = node->kind == TOML_INTEGER ? (double)node->integer : node->number;

	if (node->kind != TOML_INTEGER && node->kind != TOML_FLOAT)
		return false;
	if (!isfinite(number) || number < key->low || number > key->high)
		return false;
	*place = number;
	return true;
}

static bool take_string(struct schema_reader *reader, const struct schema_key *key,
			const struct toml_node *node, char **place)
{
	unsigned index;
	char *copy;

	if (node->kind != TOML_STRING || strlen(node->text) > SCHEMA_TEXT_MAX)
		return false;
	if (key->choices && !is_choice(key, node, &index))
		return false;
	if (key->valid && !key->valid(node->text))
		return false;
	copy = strdup(node->text);
	if (!copy)
		reader->no_memory = true;
	else
		free(*place);
	*place = copy ? copy : *place;
	return true;
}

static bool take(struct schema_reader *reader, const struct schema_key *key,
		 const struct toml_node *node, void *place)
{
	switch (key->kind) {
	case SCHEMA_BOOLEAN:
		if (node->kind == TOML_BOOLEAN)
			*(bool *)place = node->boolean;
		return node->kind == TOML_BOOLEAN;
	case SCHEMA_INT:
	case SCHEMA_UNSIGNED:
	case SCHEMA_UINT64:
		return take_integer(key, node, place);
	case SCHEMA_NUMBER:
		return take_number(key, node, place);
	case SCHEMA_STRING:
		return take_string(reader, key, node, place);
	case SCHEMA_CHOICE:
		return is_choice(key, node, place);
	case SCHEMA_ADDRESS:
		return schema_to_address(node, place);
	case SCHEMA_TABLE:
	case SCHEMA_CUSTOM:
		break;
	}
	return false;
}

/* "a", "b" or "c" */
static void list_choices(const char *const *choices, char *ret_text, size_t size)
{
	size_t used = 0;

	for (size_t i = 0; choices[i] && used < size; i++) {
		const char *before = i == 0 ? "" : choices[i + 1] ? ", " : " or ";

		used += (size_t)snprintf(ret_text + used, size - used, "%s\"%s\"", before,
					 choices[i]);
	}
}

static void refuse_value(struct schema_reader *reader, const struct schema_key *key,
			 struct toml_node *node, const char *path)
{
	char expected[256];

	if (key->expected)
		snprintf(expected, sizeof(expected), "%s", key->expected);
	else if (key->choices)
		list_choices(key->choices, expected, sizeof(expected));
	else if (key->kind == SCHEMA_BOOLEAN)
		snprintf(expected, sizeof(expected), "true or false");
	else if (key->kind == SCHEMA_NUMBER)
		snprintf(expected, sizeof(expected), "a number from %g to %g", key->low, key->high);
	else if (key->kind == SCHEMA_ADDRESS)
		snprintf(expected, sizeof(expected),
			 "an i2c address from 0x%02x to 0x%02x (0x77 or \"0x77\")",
			 SCHEMA_I2C_FIRST, SCHEMA_I2C_LAST);
	else if (key->kind == SCHEMA_STRING)
		snprintf(expected, sizeof(expected), "a string of at most %d bytes",
			 SCHEMA_TEXT_MAX);
	else
		snprintf(expected, sizeof(expected), "an integer from %.0f to %.0f", key->low,
			 key->high);
	schema_refuse(reader, node, path, expected);
}

static void list_known(const struct schema_key *keys, char *ret_text, size_t size)
{
	size_t used = strlen(ret_text);

	for (; keys->name && used < size; keys++)
		used += (size_t)snprintf(ret_text + used, size - used, "%s%s", used ? ", " : "",
					 keys->name);
}

static void offer(struct suggestion *suggestion, const struct schema_key *keys)
{
	for (; keys->name; keys++)
		suggestion_offer(suggestion, keys->name);
}

static void complain_unknown(struct schema_reader *reader, const struct schema_key *keys,
			     const struct schema_key *others, struct toml_node *node,
			     const char *path)
{
	const char *what = node->kind == TOML_TABLE ? "section" : "key";
	struct suggestion suggestion;
	char known[448] = "";

	suggestion_init(&suggestion, node->key);
	offer(&suggestion, others);
	offer(&suggestion, keys);
	if (suggestion.best) {
		schema_complain(reader, node, "unknown %s %s, did you mean %s?", what, path,
				suggestion.best);
		return;
	}
	list_known(others, known, sizeof(known));
	list_known(keys, known, sizeof(known));
	schema_complain(reader, node, "unknown %s %s, known here: %s", what, path, known);
}

void schema_read_child(struct schema_reader *reader, struct toml_node *node, const char *path,
		       const struct schema_key *keys, const struct schema_key *others, void *target)
{
	const struct schema_key *key = keys;
	void *place;

	while (key->name && strcmp(key->name, node->key) != 0)
		key++;
	place = (char *)target + key->offset;
	if (!key->name && key->read)
		key->read(reader, node, path, target);
	else if (!key->name)
		complain_unknown(reader, keys, others, node, path);
	else if (key->kind == SCHEMA_TABLE)
		schema_read(reader, node, path, key->keys, target);
	else if (key->kind == SCHEMA_CUSTOM)
		key->read(reader, node, path, target);
	else if (!take(reader, key, node, place))
		refuse_value(reader, key, node, path);
}

void schema_read(struct schema_reader *reader, struct toml_node *table, const char *path,
		 const struct schema_key *keys, void *target)
{
	static const struct schema_key none[] = {{0}};
	char child_path[SCHEMA_PATH_SIZE];

	if (table->kind != TOML_TABLE) {
		schema_refuse(reader, table, path, "a table");
		return;
	}
	for (struct toml_node *node = table->first; node; node = node->next) {
		schema_join(child_path, path, node->key);
		schema_read_child(reader, node, child_path, keys, none, target);
	}
}
