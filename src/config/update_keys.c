#include "config/update_keys.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "config/config.h"
#include "config/rules.h"

#define KEY_TEXT_SIZE 56 /* of a public key of minisign in base64, which begins with "RW" */
#define KEY_RULE "a public key of minisign: its line of 56 characters, or the path of its file"
#define ENTRY_RULE KEY_RULE ", or a table such as {key = \"…\", names = [\"dht22\"]}"

bool config_key_is_text(const char *key)
{
	return strlen(key) == KEY_TEXT_SIZE && !strncmp(key, "RW", 2) &&
	       strspn(key, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/=") ==
		       KEY_TEXT_SIZE;
}

bool config_index_is_url(const char *index)
{
	return strstr(index, "://");
}

static void finish_key(struct config_trusted_key *key)
{
	free(key->key);
	for (size_t i = 0; i < CONFIG_KEY_NAMES_MAX; i++)
		free(key->names[i]);
	*key = (struct config_trusted_key){0};
}

void config_update_finish(struct config *config)
{
	free(config->updates.index);
	for (size_t i = 0; i < config->updates.trusted_keys_count; i++)
		finish_key(&config->updates.trusted_keys[i]);
}

static bool copy_text(const char *text, char **ret_text)
{
	*ret_text = text ? strdup(text) : NULL;
	return !text || *ret_text;
}

int config_update_copy(const struct config *config, struct config *ret_copy)
{
	bool is_good = true;

	*ret_copy = (struct config){0};
	ret_copy->permissions.auto_approve = config->permissions.auto_approve;
	ret_copy->updates.require_signature = config->updates.require_signature;
	ret_copy->updates.probation_polls = config->updates.probation_polls;
	ret_copy->updates.probation_failures = config->updates.probation_failures;
	ret_copy->updates.trusted_keys_count = config->updates.trusted_keys_count;
	for (size_t i = 0; i < config->updates.trusted_keys_count; i++) {
		const struct config_trusted_key *from = &config->updates.trusted_keys[i];
		struct config_trusted_key *to = &ret_copy->updates.trusted_keys[i];

		is_good &= copy_text(from->key, &to->key);
		for (size_t j = 0; j < CONFIG_KEY_NAMES_MAX; j++)
			is_good &= copy_text(from->names[j], &to->names[j]);
	}
	if (is_good)
		return 0;
	config_update_finish(ret_copy);
	return ERROR_NO_MEMORY;
}

static void read_names(struct schema_reader *reader, struct toml_node *node, const char *path,
		       void *target)
{
	struct config_trusted_key *key = target;
	size_t count = 0;

	if (node->kind != TOML_ARRAY || !node->first)
		schema_refuse(reader, node, path,
			      "an array of plugins' names, such as [\"dht22\"]");
	for (struct toml_node *item = node->first; item; item = item->next) {
		if (item->kind != TOML_STRING || !rule_is_label(item->text)) {
			schema_refuse(reader, item, path, "a plugin's name: " RULE_LABEL);
		} else if (count == CONFIG_KEY_NAMES_MAX) {
			schema_complain(reader, item, "%s: more than %d names: remove some", path,
					CONFIG_KEY_NAMES_MAX);
			return;
		} else {
			key->names[count] = strdup(item->text);
			reader->no_memory |= !key->names[count++];
		}
	}
}

static const struct schema_key entry_keys[] = {
	{.name = "key",
	 .kind = SCHEMA_STRING,
	 .offset = offsetof(struct config_trusted_key, key),
	 .valid = rule_is_path,
	 .expected = KEY_RULE},
	{.name = "names", .kind = SCHEMA_CUSTOM, .read = read_names},
	{0},
};

static void read_key(struct schema_reader *reader, struct toml_node *item, const char *path,
		     struct config_trusted_key *key)
{
	if (item->kind == TOML_TABLE) {
		schema_read(reader, item, path, entry_keys, key);
		if (!key->key && !reader->refused)
			schema_complain(reader, item, "%s: an entry needs a key", path);
	} else if (item->kind != TOML_STRING || !rule_is_path(item->text)) {
		schema_refuse(reader, item, path, ENTRY_RULE);
	} else {
		key->key = strdup(item->text);
		reader->no_memory |= !key->key;
	}
}

static void read_keys(struct schema_reader *reader, struct toml_node *node, const char *path,
		      void *target)
{
	struct config *config = target;

	if (node->kind != TOML_ARRAY)
		schema_refuse(reader, node, path, "an array; each entry is " ENTRY_RULE);
	for (struct toml_node *item = node->first; item; item = item->next) {
		struct config_trusted_key key = {0};

		if (config->updates.trusted_keys_count == CONFIG_TRUSTED_KEYS_MAX) {
			schema_complain(reader, item, "%s: more than %d keys: remove some", path,
					CONFIG_TRUSTED_KEYS_MAX);
			return;
		}
		read_key(reader, item, path, &key);
		if (key.key)
			config->updates.trusted_keys[config->updates.trusted_keys_count++] = key;
		else
			finish_key(&key);
	}
}

static bool are_same_texts(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static bool are_same_keys(const struct config_trusted_key *a, const struct config_trusted_key *b)
{
	bool is_same = are_same_texts(a->key, b->key);

	for (size_t i = 0; is_same && i < CONFIG_KEY_NAMES_MAX; i++)
		is_same = are_same_texts(a->names[i], b->names[i]);
	return is_same;
}

static bool have_same_keys(const void *a, const void *b)
{
	const struct config *one = a, *other = b;

	if (one->updates.trusted_keys_count != other->updates.trusted_keys_count)
		return false;
	for (size_t i = 0; i < one->updates.trusted_keys_count; i++)
		if (!are_same_keys(&one->updates.trusted_keys[i], &other->updates.trusted_keys[i]))
			return false;
	return true;
}

static bool is_index(const char *text)
{
	return config_index_is_url(text) ? rule_is_url(text) : rule_is_path(text);
}

const struct schema_key config_update_keys[] = {
	{.name = "trusted_keys", .kind = SCHEMA_CUSTOM, .read = read_keys, .equal = have_same_keys},
	{.name = "require_signature",
	 .kind = SCHEMA_BOOLEAN,
	 .offset = offsetof(struct config, updates.require_signature)},
	{.name = "probation_polls",
	 .kind = SCHEMA_UNSIGNED,
	 .offset = offsetof(struct config, updates.probation_polls),
	 .low = 1,
	 .high = 10000},
	{.name = "probation_failures",
	 .kind = SCHEMA_UNSIGNED,
	 .offset = offsetof(struct config, updates.probation_failures),
	 .low = 1,
	 .high = 10000},
	{.name = "index",
	 .kind = SCHEMA_STRING,
	 .offset = offsetof(struct config, updates.index),
	 .valid = is_index,
	 .expected = "a URL that begins with https://, or the path of a folder"},
	{.name = "from_hub",
	 .kind = SCHEMA_BOOLEAN,
	 .offset = offsetof(struct config, updates.from_hub)},
	{.name = "transfers_max",
	 .kind = SCHEMA_UNSIGNED,
	 .offset = offsetof(struct config, updates.transfers_max),
	 .low = 1,
	 .high = 64},
	{0},
};
