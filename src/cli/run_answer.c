#include "cli/run_answer.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "daemon/run_socket.h"

#define TEXT_MAX 255
#define PLUGINS_MAX 4096

/* A text without control characters, since commands print it or open it as a path. NULL if the
 * field is missing, empty or too long. */
static const char *find_text(const json_t *root, const char *key, size_t size_max)
{
	const char *text = json_string_value(json_object_get(root, key));
	size_t size = text ? strlen(text) : 0;

	if (!size || size > size_max || size != json_string_length(json_object_get(root, key)))
		return NULL;
	for (const char *at = text; *at; at++)
		if ((unsigned char)*at < 0x20 || *at == 0x7f)
			return NULL;
	return text;
}

static const char *find_path(const json_t *root, const char *key)
{
	const char *path = find_text(root, key, PATH_MAX - 1);

	return path && *path == '/' ? path : NULL;
}

static bool is_word_of(const char *text, const char *const *words)
{
	for (; text && *words; words++)
		if (!strcmp(text, *words))
			return true;
	return false;
}

static bool are_plugins(const json_t *plugins)
{
	const json_t *plugin;
	size_t i;

	if (!json_is_array(plugins) || json_array_size(plugins) > PLUGINS_MAX)
		return false;
	json_array_foreach(plugins, i, plugin) if (!json_is_object(plugin)) return false;
	return true;
}

/* Fill *answer from its root. Returns the first key that is missing or wrong, or NULL. */
static const char *check(struct run_answer *answer)
{
	static const char *const roles[] = {"standalone", "hub", "spoke", NULL};
	static const char *const schemes[] = {"http", "https", NULL};
	const json_t *root = answer->root;
	json_int_t pid = json_integer_value(json_object_get(root, "pid"));
	const struct {
		const char *key;
		bool is_good;
	} keys[] = {
		{"pid", pid > 0 && pid <= INT_MAX},
		{"version", (answer->version = find_text(root, "version", TEXT_MAX))},
		{"node", (answer->node = find_text(root, "node", TEXT_MAX))},
		{"role", is_word_of(answer->role = find_text(root, "role", TEXT_MAX), roles)},
		{"scheme",
		 is_word_of(answer->scheme = find_text(root, "scheme", TEXT_MAX), schemes)},
		{"address", (answer->address = find_text(root, "address", TEXT_MAX)) &&
				    strrchr(answer->address, ':')},
		{"data", (answer->data = find_path(root, "data"))},
		{"plugins_folder", (answer->plugins_folder = find_path(root, "plugins_folder"))},
		{"config", (answer->config = find_path(root, "config")) ||
				   json_is_null(json_object_get(root, "config"))},
		{"pin", (answer->pin = find_text(root, "pin", TEXT_MAX)) ||
				json_is_null(json_object_get(root, "pin"))},
		{"plugins", are_plugins(answer->plugins = json_object_get(root, "plugins"))},
	};

	answer->pid = (pid_t)pid;
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		if (!keys[i].is_good)
			return keys[i].key;
	return NULL;
}

int run_answer_parse(const char *text, size_t size, struct run_answer *ret_answer,
		     struct error *err)
{
	struct run_answer answer = {0};
	json_error_t where;
	const char *key;

	if (size > RUN_ANSWER_SIZE_MAX)
		return error_set(err, ERROR_TOO_LARGE,
				 "the node's answer has more than %u bytes: install the same "
				 "version of node and command",
				 RUN_ANSWER_SIZE_MAX);
	answer.root = json_loadb(text, size, JSON_REJECT_DUPLICATES, &where);
	if (!json_is_object(answer.root)) {
		json_decref(answer.root);
		return error_set(err, ERROR_MALFORMED,
				 "the node's answer is not a JSON object: install the same version "
				 "of node and command");
	}
	key = check(&answer);
	if (key) {
		json_decref(answer.root);
		return error_set(err, ERROR_MALFORMED,
				 "the field \"%s\" of the node's answer is missing or invalid: "
				 "install the same version of node and command",
				 key);
	}
	*ret_answer = answer;
	return 0;
}

/* Wait until there is something to read, but not longer than until end_ms. */
static int wait_for(int fd, uint64_t end_ms, struct error *err)
{
	uint64_t now_ms = clock_monotonic_ns(clock_system()) / 1000000;
	struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
	int ret = 0;

	if (now_ms < end_ms)
		ret = poll(&poll_fd, 1, (int)(end_ms - now_ms));
	if (ret < 0 && errno != EINTR)
		return error_set_errno(err, ERROR_SYSTEM, errno,
				       "cannot read the node's answer (is it still running?)");
	return ret ? 0
		   : error_set(err, ERROR_TIMEOUT,
			       "the node did not finish its answer in time: try again in a few "
			       "seconds");
}

static int read_all(int fd, uint64_t patience_ms, struct buffer *text, struct error *err)
{
	uint64_t end_ms = clock_monotonic_ns(clock_system()) / 1000000 + patience_ms;
	char bytes[16384];
	ssize_t size;
	int ret;

	while (true) {
		ret = wait_for(fd, end_ms, err);
		if (ret)
			return ret;
		size = read(fd, bytes, sizeof(bytes));
		if (!size)
			return 0;
		if (size < 0 && errno != EINTR && errno != EAGAIN)
			return error_set_errno(
				err, ERROR_SYSTEM, errno,
				"cannot read the node's answer (is it still running?)");
		if (size > 0 && buffer_append(text, bytes, (size_t)size))
			return error_set(err, ERROR_TOO_LARGE,
					 "the node's answer has more than %u bytes: install the "
					 "same version of node and command",
					 RUN_ANSWER_SIZE_MAX);
	}
}

int run_answer_read(int fd, uint64_t patience_ms, struct run_answer *ret_answer, struct error *err)
{
	struct buffer text;
	int ret;

	buffer_init(&text, RUN_ANSWER_SIZE_MAX);
	ret = read_all(fd, patience_ms, &text, err);
	if (!ret)
		ret = run_answer_parse(text.data ? text.data : "", text.size, ret_answer, err);
	buffer_finish(&text);
	return ret;
}

/* Only this user's nodes and root's are trusted. Root trusts another user's node too, but only if
 * the data folder that it names belongs to that user. */
static int check_peer(int fd, const struct run_answer *answer, struct error *err)
{
	struct stat found;
	uid_t uid;
	int ret = run_socket_peer(fd, &uid);

	if (!ret && geteuid() && uid && uid != geteuid())
		ret = ERROR_NOT_GRANTED;
	if (!ret && answer && uid && (stat(answer->data, &found) || found.st_uid != uid))
		ret = ERROR_NOT_GRANTED;
	return ret ? error_set(
			     err, ret,
			     "the node there belongs to another user: run the command as that user")
		   : 0;
}

int run_answer_ask(const char *path, struct run_answer *ret_answer, struct error *err)
{
	struct run_answer answer = {0};
	int fd, ret = run_socket_connect(path, &fd);

	if (ret)
		return error_set(err, ret,
				 "%s: no node answers there: start one, or name another data "
				 "folder with --data",
				 path);
	ret = check_peer(fd, NULL, err);
	if (!ret)
		ret = run_answer_read(fd, RUN_SOCKET_ANSWER_MS, &answer, err);
	if (!ret)
		ret = check_peer(fd, &answer, err);
	close(fd);
	if (ret) {
		run_answer_finish(&answer);
		return error_wrap(err, ret, "%s", path);
	}
	*ret_answer = answer;
	return 0;
}

void run_answer_finish(struct run_answer *answer)
{
	json_decref(answer->root);
	*answer = (struct run_answer){0};
}
