#include "link/spoke/hub_address.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/durable_file.h"
#include "base/error.h"
#include "link/tls_pin.h"
#include "reading/reading.h"
#include "store/accounts/accounts.h"

#define NAME "hub.json"
#define FILE_SIZE_MAX 8192
#define URL_SIZE_MAX 1024

static int check(struct hub_address *file, struct error *err)
{
	file->url = json_string_value(json_object_get(file->root, "url"));
	file->node = json_string_value(json_object_get(file->root, "node"));
	file->token = json_string_value(json_object_get(file->root, "token"));
	file->pin = json_string_value(json_object_get(file->root, "pin"));
	if (!file->url || strlen(file->url) > URL_SIZE_MAX ||
	    (strncmp(file->url, "http://", 7) != 0 && strncmp(file->url, "https://", 8) != 0))
		return error_set(err, ERROR_MALFORMED,
				 "url: expected the hub's address with http:// or https://; copy "
				 "the whole line that the hub printed");
	if (!file->node || !*file->node || strlen(file->node) > READING_NAME_MAX)
		return error_set(err, ERROR_MALFORMED,
				 "node: expected the name of this node; copy the whole line that "
				 "the hub printed");
	if (!file->token || !*file->token || strlen(file->token) >= ACCOUNTS_SECRET_SIZE)
		return error_set(err, ERROR_MALFORMED,
				 "token: expected the node's token; copy the whole line that the "
				 "hub printed");
	if (file->pin && tls_pin_check(file->pin))
		return error_set(err, ERROR_MALFORMED,
				 "pin: expected sha256// and 44 characters of base64; copy the "
				 "whole line that the hub printed");
	/*
	 * Somebody may have changed https to http: the token would then go unencrypted to whoever
	 * answers.
	 */
	if (file->pin && strncmp(file->url, "https://", 8) != 0)
		return error_set(
			err, ERROR_MALFORMED,
			"the pin is of a hub with https, but the address begins with http://, "
			"which "
			"would send the token unencrypted; copy the whole line that the hub "
			"printed, or make a new one on the hub with `harvester node invite %s`",
			file->node);
	return 0;
}

void hub_address_finish(struct hub_address *file)
{
	json_decref(file->root);
	*file = (struct hub_address){0};
}

int hub_address_read(const char *data_folder, struct hub_address *ret_file, struct error *err)
{
	struct hub_address file = {0};
	struct buffer text;
	char path[PATH_MAX];
	json_error_t where;
	int ret;

	snprintf(path, sizeof(path), "%.*s/" NAME, PATH_MAX - 16, data_folder);
	if (access(path, F_OK))
		return error_set(err, ERROR_NOT_FOUND,
				 "%s does not exist: this node has not joined a hub; run "
				 "`harvester node invite` there",
				 path);
	ret = buffer_read_file(&text, path, FILE_SIZE_MAX, err);
	if (ret)
		return ret;
	file.root = json_loadb(text.data ? text.data : "", text.size, 0, &where);
	buffer_finish(&text);
	ret = file.root ? check(&file, err)
			: error_set(err, ERROR_MALFORMED,
				    "not valid JSON in line %d (%s): join the hub again",
				    where.line, where.text);
	if (ret) {
		hub_address_finish(&file);
		return error_wrap(err, ret, "%s", path);
	}
	*ret_file = file;
	return 0;
}

int hub_address_write(const char *data_folder, const char *url, const char *node, const char *token,
		      const char *pin, struct error *err)
{
	json_t *root = json_pack("{s:s, s:s, s:s, s:s*}", "url", url, "node", node, "token", token,
				 "pin", pin);
	char *text = root ? json_dumps(root, JSON_INDENT(2)) : NULL;
	char path[PATH_MAX];
	int ret = text ? 0
		       : error_set(err, ERROR_NO_MEMORY,
				   "out of memory while writing the hub's address; this machine "
				   "needs more free memory");

	snprintf(path, sizeof(path), "%.*s/" NAME, PATH_MAX - 32, data_folder);
	if (!ret)
		ret = durable_file_replace_path(path, text, strlen(text), err);
	free(text);
	json_decref(root);
	return ret;
}

/* Put a pair such as "node=cellar" into the object. */
static int take_pair(json_t *root, char *pair, struct error *err)
{
	static const char *const known[] = {"node", "token", "pin"};
	char *value = strchr(pair, '=');

	for (size_t i = 0; value && i < sizeof(known) / sizeof(*known); i++) {
		size_t length = strlen(known[i]);

		if ((size_t)(value - pair) == length && !strncmp(pair, known[i], length))
			return json_object_set_new(root, known[i], json_string(value + 1))
				       ? error_set(err, ERROR_MALFORMED,
						   "the part %s of the invitation is not UTF-8: "
						   "copy the whole line that the hub printed",
						   known[i])
				       : 0;
	}
	return error_set(err, ERROR_MALFORMED,
			 "the invitation has an unknown part, %.40s: copy the whole line that the "
			 "hub printed",
			 pair);
}

int hub_address_parse(const char *line, struct hub_address *ret_file, struct error *err)
{
	struct hub_address file = {.root = json_object()};
	char *copy = strdup(line), *rest = copy, *part;
	int ret = file.root && copy ? 0
				    : error_set(err, ERROR_NO_MEMORY,
						"out of memory while reading the hub's address; "
						"this machine needs more free memory");

	if (!ret && json_object_set_new(file.root, "url", json_string(strsep(&rest, "#"))))
		ret = error_set(err, ERROR_MALFORMED,
				"the address in the invitation is not UTF-8: copy the whole line "
				"that the hub printed");
	while (!ret && rest && (part = strsep(&rest, "&")))
		ret = take_pair(file.root, part, err);
	free(copy);
	if (!ret)
		ret = check(&file, err);
	if (ret)
		hub_address_finish(&file);
	else
		*ret_file = file;
	return ret;
}
