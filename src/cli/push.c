/*
 * `harvester push`: builds and signs a plugin's folder, sends it to a running node, and follows the
 * node's log until the new version runs or has failed.
 */
#include <fcntl.h>
#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "bundle/build.h"
#include "bundle/minisign.h"
#include "cli/bundle_key.h"
#include "cli/command.h"
#include "cli/folder_wait.h"
#include "cli/places.h"
#include "cli/push.h"

#define BUNDLE_MAX 45000 /* bytes that POST /api/v1/bundles takes */

/* The counter is the time, so that each push is newer than all before. */
static int build(const struct push *push, int fd, struct bundle_manifest *ret_manifest,
		 struct buffer *signature, struct error *err)
{
	uint64_t now_ms = clock_unix_ms(clock_system());
	uint8_t hash[MINISIGN_HASH_SIZE];
	char comment[256];
	int ret = bundle_build(push->folder, now_ms, fd, ret_manifest, err);

	if (ret)
		return ret;
	ret = minisign_hash(fd, push->folder, BUNDLE_MAX, hash, NULL);
	if (ret) {
		bundle_manifest_finish(ret_manifest);
		return error_set(
			err, ret,
			"%s: the bundle has more than %d bytes, which is too much to push: "
			"build it with `harvester bundle build`, and install it on the "
			"node with `harvester plugin install`",
			push->folder, BUNDLE_MAX);
	}
	snprintf(comment, sizeof(comment), "harvester push of %s", ret_manifest->name);
	minisign_sign(&push->key, hash, comment, signature);
	return 0;
}

static int add_base64(json_t *body, const char *name, const void *data, size_t size)
{
	size_t text_size = sodium_base64_encoded_len(size, sodium_base64_VARIANT_ORIGINAL);
	char *text = malloc(text_size);
	int ret = ERROR_NO_MEMORY;

	if (text) {
		sodium_bin2base64(text, text_size, data, size, sodium_base64_VARIANT_ORIGINAL);
		ret = json_object_set_new(body, name, json_string(text)) ? ERROR_NO_MEMORY : 0;
	}
	free(text);
	return ret;
}

/* The bundle and its signature, as the API takes them. The caller owns *ret_body. */
static int make_body(int fd, const struct buffer *signature, json_t **ret_body, struct error *err)
{
	json_t *body = json_object();
	char bundle[BUNDLE_MAX];
	ssize_t size = pread(fd, bundle, sizeof(bundle), 0);
	int ret = size < 0 ? ERROR_SYSTEM : add_base64(body, "bundle", bundle, (size_t)size);

	if (!ret)
		ret = add_base64(body, "signature", signature->data, signature->size);
	if (ret) {
		json_decref(body);
		return error_set(err, ret, "cannot send the bundle to the node: %s",
				 error_text(ret));
	}
	*ret_body = body;
	return 0;
}

/* The number of the newest line of the node's log. */
int push_find_end(struct push *push, json_int_t *ret_sequence, struct error *err)
{
	json_t *answer;
	const json_t *lines;
	int ret = web_client_ask(&push->client, "GET", "/api/v1/logs?limit=1", NULL, &answer, err);

	if (ret)
		return ret;
	lines = json_object_get(answer, "logs");
	*ret_sequence = json_integer_value(
		json_object_get(json_array_get(lines, json_array_size(lines) - 1), "sequence"));
	json_decref(answer);
	return 0;
}

/* What a line of the log says about the new version: 1 it runs, -1 it failed, 0 neither. */
static int judge(const char *text, const char *version)
{
	char good[128];

	snprintf(good, sizeof(good), "version %s is on probation", version);
	if (!strncmp(text, good, strlen(good)))
		return 1;
	if (!strncmp(text, "the new version failed", 22) || !strncmp(text, "not started", 11))
		return -1;
	return 0;
}

static json_int_t print_all(const json_t *lines, json_int_t sequence,
			    void (*on_line)(void *arg, const char *text), void *arg)
{
	const json_t *line;
	size_t i;

	json_array_foreach(lines, i, line)
	{
		const char *text = json_string_value(json_object_get(line, "text"));
		json_int_t number = json_integer_value(json_object_get(line, "sequence"));

		sequence = number > sequence ? number : sequence;
		if (text)
			text_printf(stdout, "  %s\n", text);
		if (text && on_line)
			on_line(arg, text);
	}
	return sequence;
}

int push_print_lines(struct push *push, const char *name, json_int_t *sequence,
		     void (*on_line)(void *arg, const char *text), void *arg, struct error *err)
{
	char path[256];
	json_t *answer;
	int ret;

	snprintf(path, sizeof(path), "/api/v1/logs?source=%s&after=%" JSON_INTEGER_FORMAT, name,
		 *sequence);
	ret = web_client_ask(&push->client, "GET", path, NULL, &answer, err);
	if (ret)
		return ret;
	*sequence = print_all(json_object_get(answer, "logs"), *sequence, on_line, arg);
	json_decref(answer);
	return 0;
}

/* Of the lines that follow a new version: the first that judges it counts. */
struct judgement {
	const char *version;
	int result;
};

static void on_line(void *arg, const char *text)
{
	struct judgement *judgement = arg;

	if (!judgement->result)
		judgement->result = judge(text, judgement->version);
}

static int follow(struct push *push, const struct bundle_manifest *manifest, json_int_t sequence,
		  struct error *err)
{
	uint64_t start_ns = clock_monotonic_ns(clock_system()), now_ns = start_ns;
	struct judgement judgement = {manifest->version, 0};
	int ret;

	while (!judgement.result &&
	       now_ns - start_ns < PUSH_FOLLOW_SECONDS * UINT64_C(1000000000)) {
		ret = push_print_lines(push, manifest->name, &sequence, on_line, &judgement, err);
		if (ret)
			return ret;
		if (!judgement.result)
			clock_sleep_ns(clock_system(), PUSH_FOLLOW_PAUSE_NS);
		now_ns = clock_monotonic_ns(clock_system());
	}
	if (!judgement.result)
		return error_set(err, ERROR_TIMEOUT,
				 "the new version has not run for %d s: `harvester plugin list` on "
				 "the node says why",
				 PUSH_FOLLOW_SECONDS);
	if (judgement.result < 0)
		return error_set(err, ERROR_INVALID,
				 "the new version failed on the node, which logged the lines "
				 "above: correct the plugin and push it again");
	text_printf(stdout, "%s %s runs, %.0f ms after it was built\n", manifest->name,
		    manifest->version, (double)(now_ns - start_ns) / 1e6);
	return 0;
}

static int deliver(struct push *push, const struct bundle_manifest *manifest, const json_t *body,
		   struct error *err)
{
	json_int_t sequence;
	json_t *answer;
	char news[1024];
	bool is_waiting, is_same;
	int ret = push_find_end(push, &sequence, err);

	if (!ret)
		ret = web_client_ask(&push->client, "POST", "/api/v1/bundles", body, &answer, err);
	if (ret)
		return ret;
	is_waiting = json_is_true(json_object_get(answer, "waiting"));
	is_same = json_is_true(json_object_get(answer, "already_installed"));
	snprintf(news, sizeof(news), "%.900s",
		 json_string_value(json_array_get(json_object_get(answer, "new"), 0))
			 ? json_string_value(json_array_get(json_object_get(answer, "new"), 0))
			 : "");
	json_decref(answer);
	if (is_waiting)
		return error_set(err, ERROR_NOT_GRANTED,
				 "the node's owner has to approve what it requests now (%s …): on "
				 "the page, or with `harvester plugin approve %s` on the node",
				 news, manifest->name);
	if (is_same)
		text_printf(stdout, "%s: nothing has changed; the node has this version\n",
			    manifest->name);
	return is_same ? 0 : follow(push, manifest, sequence, err);
}

static int send_on(struct push *push, int fd, const struct bundle_manifest *manifest,
		   const struct buffer *signature, struct error *err)
{
	json_t *body = NULL;
	int ret = make_body(fd, signature, &body, err);

	if (ret)
		return ret;
	ret = push->nodes ? push_to_hub(push, manifest, body, err)
			  : deliver(push, manifest, body, err);
	json_decref(body);
	return ret;
}

static int push_once(struct push *push, struct error *err)
{
	struct bundle_manifest manifest;
	struct buffer signature;
	int fd = memfd_create("bundle", MFD_CLOEXEC), ret;

	if (fd < 0)
		return error_set(err, ERROR_NO_MEMORY,
				 "out of memory while reading the bundle; this machine needs more "
				 "free memory");
	buffer_init(&signature, MINISIGN_FILE_MAX);
	ret = build(push, fd, &manifest, &signature, err);
	if (!ret) {
		ret = send_on(push, fd, &manifest, &signature, err);
		bundle_manifest_finish(&manifest);
	}
	buffer_finish(&signature);
	close(fd);
	return ret;
}

/* The hub that --hub names, or the node that --to names, or else the one that runs here. */
static int find_node(const struct command_options *options, struct push *push, struct error *err)
{
	struct places places = {0};
	char url[300];
	int ret;

	if (options->to || options->hub)
		return web_client_open(&push->client, options->hub ? options->hub : options->to,
				       options->token_file, err);
	ret = places_find(options, PLACES_EXACT, &places, err);
	if (!ret && !places.node.root)
		ret = error_set(err, ERROR_NOT_FOUND,
				"no node runs here: start one, or name another with --to URL");
	if (!ret) {
		snprintf(url, sizeof(url), "%s://%s", places.node.scheme, places.node.address);
		ret = web_client_open(&push->client, url, options->token_file, err);
	}
	places_finish(&places);
	return ret;
}

static void say(const struct error *err)
{
	text_printf(stderr, "harvester push: %s\n", err->text);
}

/* With --watch it goes on until it is interrupted; an error is said, and the next save is another
 * try. */
static int run(const struct command_options *options, struct push *push, struct error *err)
{
	struct folder_wait wait;
	int ret;

	if (!options->watch)
		return push_once(push, err);
	ret = folder_wait_open(push->folder, &wait, err);
	while (!ret) {
		if (push_once(push, err))
			say(err);
		fflush(stdout);
		ret = folder_wait(&wait, err);
	}
	folder_wait_close(&wait);
	return ret;
}

int command_push(const struct command_options *options)
{
	struct push push = {.folder = options->words[0], .nodes = options->nodes};
	struct error err = {0};
	int ret;

	if (!options->key) {
		fputs("harvester push: name the secret key with --key PREFIX\n", stderr);
		return EXIT_USAGE;
	}
	if (!options->hub != !options->nodes || (options->hub && options->to)) {
		fputs("harvester push: name a node with --to URL, or a hub and its nodes with "
		      "--hub URL --nodes 'cellar,attic'\n",
		      stderr);
		return EXIT_USAGE;
	}
	ret = bundle_key_load(options->key, &push.key, &err);
	if (!ret)
		ret = find_node(options, &push, &err);
	if (!ret)
		ret = run(options, &push, &err);
	sodium_memzero(&push.key, sizeof(push.key));
	web_client_close(&push.client);
	if (ret)
		say(&err);
	return ret ? EXIT_FAILED : EXIT_DONE;
}
