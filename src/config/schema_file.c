/*
 * Reads a whole file or text with a schema, and converts values of a TOML tree to JSON.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buffer.h"
#include "base/error.h"
#include "config/problem.h"
#include "config/schema.h"

static json_t *container_to_json(struct schema_reader *reader, struct toml_node *node,
				 const char *path)
{
	bool table = node->kind == TOML_TABLE;
	json_t *json = table ? json_object() : json_array();
	char child_path[SCHEMA_PATH_SIZE];

	for (struct toml_node *child = node->first; child && json; child = child->next) {
		json_t *value;

		schema_join(child_path, path, table ? child->key : "");
		value = schema_to_json(reader, child, table ? child_path : path);
		if (table ? json_object_set_new(json, child->key, value)
			  : json_array_append_new(json, value)) {
			json_decref(json);
			return NULL;
		}
	}
	return json;
}

json_t *schema_to_json(struct schema_reader *reader, struct toml_node *node, const char *path)
{
	json_t *json = NULL;

	switch (node->kind) {
	case TOML_TABLE:
	case TOML_ARRAY:
		json = container_to_json(reader, node, path);
		break;
	case TOML_STRING:
	case TOML_DATE:
		json = json_string(node->text);
		break;
	case TOML_INTEGER:
		json = json_integer(node->integer);
		break;
	case TOML_FLOAT:
		if (!isfinite(node->number))
			schema_refuse(reader, node, path, "a finite number");
		json = isfinite(node->number) ? json_real(node->number) : json_null();
		break;
	case TOML_BOOLEAN:
		json = json_boolean(node->boolean);
		break;
	}
	if (!json)
		reader->no_memory = true;
	return json;
}

static int fill_from_json(struct toml_node *node, const json_t *json);

static int add_child(struct toml_node *parent, struct toml_node **last, const char *key,
		     const json_t *json)
{
	struct toml_node *child = calloc(1, sizeof(*child));

	if (!child)
		return ERROR_NO_MEMORY;
	if (*last)
		(*last)->next = child;
	else
		parent->first = child;
	*last = child;
	parent->count++;
	child->key = key ? strdup(key) : NULL;
	return key && !child->key ? ERROR_NO_MEMORY : fill_from_json(child, json);
}

static int fill_table(struct toml_node *node, const json_t *json)
{
	struct toml_node *last = NULL;
	const char *key;
	json_t *value;
	int ret = 0;

	node->kind = TOML_TABLE;
	json_object_foreach((json_t *)json, key, value) if (!ret) ret =
		add_child(node, &last, key, value);
	return ret;
}

static int fill_array(struct toml_node *node, const json_t *json)
{
	struct toml_node *last = NULL;
	int ret = 0;

	node->kind = TOML_ARRAY;
	for (size_t i = 0; !ret && i < json_array_size(json); i++)
		ret = add_child(node, &last, NULL, json_array_get(json, i));
	return ret;
}

static int fill_from_json(struct toml_node *node, const json_t *json)
{
	switch (json_typeof(json)) {
	case JSON_OBJECT:
		return fill_table(node, json);
	case JSON_ARRAY:
		return fill_array(node, json);
	case JSON_INTEGER:
		node->kind = TOML_INTEGER;
		node->integer = json_integer_value(json);
		return 0;
	case JSON_REAL:
		node->kind = TOML_FLOAT;
		node->number = json_real_value(json);
		return 0;
	case JSON_TRUE:
	case JSON_FALSE:
		node->kind = TOML_BOOLEAN;
		node->boolean = json_is_true(json);
		return 0;
	default:
		break;
	}
	node->kind = TOML_STRING;
	node->text = strdup(json_is_string(json) ? json_string_value(json) : "null");
	return node->text ? 0 : ERROR_NO_MEMORY;
}

struct toml_node *schema_from_json(const json_t *json)
{
	struct toml_node *root = calloc(1, sizeof(*root));

	if (root && fill_from_json(root, json)) {
		toml_destroy(root);
		return NULL;
	}
	return root;
}

int schema_parse(const struct schema_file *file, const char *text, size_t size)
{
	struct schema_reader reader = {.file = file->name, .problems = file->problems};
	struct toml_node *root;
	struct toml_error error;
	int ret;

	if (size > file->size_max) {
		problem_list_add(file->problems, file->name, 0, 0,
				 "the file has more than %zu bytes: make it smaller",
				 file->size_max);
		return ERROR_TOO_LARGE;
	}
	ret = toml_parse(text, size, &root, &error);
	if (ret == ERROR_MALFORMED)
		problem_list_add(file->problems, file->name, error.line, error.column, "%s",
				 error.text);
	if (ret)
		return ret;
	schema_read(&reader, root, "", file->keys, file->target);
	if (file->check)
		file->check(&reader, root, file->target);
	toml_destroy(root);
	if (reader.no_memory)
		return ERROR_NO_MEMORY;
	return reader.refused > 0 ? ERROR_MALFORMED : 0;
}

/* Checked before opening, since opening a pipe would wait for its writer. */
static int check_regular(const char *path, struct error *err)
{
	struct stat info;

	if (stat(path, &info) < 0)
		return error_set_errno(
			err, errno == ENOENT ? ERROR_NOT_FOUND : ERROR_SYSTEM, errno,
			"%s: cannot find this file (check its path, and who may read its folder)",
			path);
	if (S_ISDIR(info.st_mode))
		return error_set(err, ERROR_INVALID,
				 "%s: this is a folder: give the path of a file", path);
	if (!S_ISREG(info.st_mode))
		return error_set(err, ERROR_INVALID,
				 "%s: this is not a regular file: put a regular file in its place",
				 path);
	return 0;
}

/* Strip the path from an error text, since a problem begins with the path anyway. */
static const char *behind_path(const char *text, const char *path)
{
	size_t size = strlen(path);

	if (!strncmp(text, path, size) && !strncmp(text + size, ": ", 2))
		return text + size + 2;
	return text;
}

int schema_load(const struct schema_file *file, bool optional)
{
	struct error err;
	struct buffer buffer;
	int ret;

	ret = check_regular(file->name, &err);
	if (!ret)
		ret = buffer_read_file(&buffer, file->name, file->size_max, &err);
	if (ret) {
		if (ret != ERROR_NOT_FOUND || !optional)
			problem_list_add(file->problems, file->name, 0, 0, "%s",
					 behind_path(err.text, file->name));
		return ret;
	}
	ret = schema_parse(file, buffer.data ? buffer.data : "", buffer.size);
	buffer_finish(&buffer);
	return ret;
}
