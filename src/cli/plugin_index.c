#include "cli/plugin_index.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/error.h"
#include "cli/bundle_node.h"
#include "cli/command.h"
#include "cli/download.h"
#include "config/config.h"

/* The index as it came from outside. */
struct fetched {
	struct buffer text, signature;
	bool is_signed;
};

static const char *named(const struct command_options *options, const struct bundle_node *node)
{
	return options->index ? options->index : node->config->updates.index;
}

bool plugin_index_is_named(const struct command_options *options, const struct bundle_node *node)
{
	return named(options, node);
}

/* One place has one text, so that what was seen there is found again. */
static int find_place(const char *index, char *ret_place, size_t size, struct error *err)
{
	char path[PATH_MAX];
	size_t length;

	if (!download_is_url(index)) {
		if (!realpath(index, path))
			return error_set(err, ERROR_NOT_FOUND,
					 "%s: there is no such folder of bundles", index);
		index = path;
	}
	length = strlen(index);
	while (length > 1 && index[length - 1] == '/')
		length--;
	if (snprintf(ret_place, size, "%.*s", (int)length, index) >= (int)size - 256)
		return error_set(err, ERROR_TOO_LARGE,
				 "the place of the index is too long: use a shorter one");
	return 0;
}

/* A file of the index's folder. */
static int fetch_file(const struct bundle_node *node, const char *place, const char *name,
		      size_t limit, struct buffer *ret_text, struct error *err)
{
	char from[PATH_MAX], path[PATH_MAX];
	int ret;

	snprintf(from, sizeof(from), "%.*s/%s", PATH_MAX - 64, place, name);
	if (!download_is_url(place))
		return buffer_read_file(ret_text, from, limit, err);
	if (snprintf(path, sizeof(path), "%s/bundles/index-%ld.download", node->places.data,
		     (long)getpid()) >= PATH_MAX)
		return error_set(err, ERROR_TOO_LARGE, "the data folder's path is too long");
	unlink(path);
	ret = download(from, path, limit, false, err);
	if (!ret)
		ret = buffer_read_file(ret_text, path, limit, err);
	unlink(path);
	return ret;
}

static int fetch(const struct bundle_node *node, const char *place, struct fetched *fetched,
		 struct error *err)
{
	int ret = fetch_file(node, place, BUNDLE_INDEX BUNDLE_SIGNATURE_SUFFIX, MINISIGN_FILE_MAX,
			     &fetched->signature, err);

	fetched->is_signed = !ret;
	if (ret && ret != ERROR_NOT_FOUND)
		return ret;
	return fetch_file(node, place, BUNDLE_INDEX, BUNDLE_INDEX_MAX, &fetched->text, err);
}

static int see(struct bundle_node *node, const struct plugin_index *index, const char *id,
	       const struct buffer *text, struct error *err)
{
	int ret = bundle_node_lock(node, err);

	if (!ret)
		ret = bundle_store_see_index(node->store, index->place, id, index->index.counter,
					     text, err);
	bundle_node_unlock(node);
	return ret;
}

static int check(struct bundle_node *node, const struct fetched *fetched,
		 struct plugin_index *index, struct error *err)
{
	const char *signature = fetched->signature.data ? fetched->signature.data : "";
	const struct bundle_time now = bundle_time_now();
	char shown[256], id[MINISIGN_ID_TEXT_SIZE];
	int ret;

	snprintf(shown, sizeof(shown), "%.200s/" BUNDLE_INDEX, index->place);
	ret = bundle_index_check(node->config, &fetched->text,
				 fetched->is_signed ? signature : NULL, shown, &now, id,
				 &index->index, err);
	if (ret)
		return ret;
	ret = see(node, index, id, &fetched->text, err);
	if (ret)
		bundle_index_finish(&index->index);
	return ret;
}

int plugin_index_load(const struct command_options *options, struct bundle_node *node,
		      struct plugin_index *ret_index, struct error *err)
{
	const char *index = named(options, node);
	struct fetched fetched = {0};
	int ret;

	if (!index)
		return error_set(err, ERROR_INVALID,
				 "there is no index to search: name one with --index URL, or set "
				 "`index` under [updates] in the configuration");
	ret = find_place(index, ret_index->place, sizeof(ret_index->place), err);
	if (!ret)
		ret = fetch(node, ret_index->place, &fetched, err);
	if (!ret)
		ret = check(node, &fetched, ret_index, err);
	buffer_finish(&fetched.text);
	buffer_finish(&fetched.signature);
	return ret;
}
