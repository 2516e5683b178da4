/* `harvester bundle index`: makes the signed index of a folder of bundles. */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/durable_file.h"
#include "base/error.h"
#include "base/text.h"
#include "bundle/index.h"
#include "bundle/minisign.h"
#include "cli/bundle_file.h"
#include "cli/bundle_key.h"
#include "cli/command.h"

#define DAYS_USUAL 30
#define DAY_MS (24ull * 3600 * 1000)

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* The counter grows with each version, also if the clock was set back since the last one. */
static int choose_counter(const char *path, struct bundle_index *index, struct error *err)
{
	struct bundle_index before;
	struct buffer text;
	int ret = buffer_read_file(&text, path, BUNDLE_INDEX_MAX, err);

	index->counter = now_ms();
	if (ret == ERROR_NOT_FOUND)
		return 0;
	if (ret)
		return ret;
	ret = bundle_index_parse(text.data ? text.data : "", text.size, path, &before, err);
	buffer_finish(&text);
	if (ret)
		return ret;
	if (index->counter <= before.counter)
		index->counter = before.counter + 1;
	bundle_index_finish(&before);
	if (index->counter > BUNDLE_COUNTER_MAX)
		return error_set(
			err, ERROR_TOO_LARGE,
			"the counter of the index %s cannot grow any more: delete the "
			"index, move the folder to another URL, and tell the nodes' owners "
			"this URL",
			path);
	return 0;
}

static int choose_expiry(const char *text, struct bundle_index *index, struct error *err)
{
	index->expires_ms = (now_ms() / 1000 + DAYS_USUAL * DAY_MS / 1000) * 1000;
	if (!text)
		return 0;
	if (!bundle_time_parse(text, &index->expires_ms))
		return error_set(err, ERROR_INVALID,
				 "--expires %s is no time: write it as 2027-01-31 or "
				 "2027-01-31T12:00:00Z",
				 text);
	if (index->expires_ms <= now_ms())
		return error_set(err, ERROR_INVALID,
				 "--expires %s is in the past, so no node would use the index: "
				 "choose a later time",
				 text);
	return 0;
}

static void sign(const struct minisign_secret *key, const struct bundle_index *index,
		 const struct buffer *text, struct buffer *signature)
{
	uint8_t hash[MINISIGN_HASH_SIZE];
	char comment[128];

	snprintf(comment, sizeof(comment), "harvester index of %zu bundles, counter %" PRIu64,
		 index->count, index->counter);
	crypto_generichash(hash, sizeof(hash), (const uint8_t *)text->data, text->size, NULL, 0);
	minisign_sign(key, hash, comment, signature);
}

/* The signature first: who fetches between the two files is refused, and comes again. */
static int write_files(const char *path, const struct buffer *text, const struct buffer *signature,
		       struct error *err)
{
	char signature_path[PATH_MAX + sizeof(BUNDLE_SIGNATURE_SUFFIX)];
	int ret;

	snprintf(signature_path, sizeof(signature_path), "%s" BUNDLE_SIGNATURE_SUFFIX, path);
	ret = bundle_replace_file(signature_path, signature, err);
	return ret ? ret : bundle_replace_file(path, text, err);
}

static int print_and_write(const char *path, const struct minisign_secret *key,
			   const struct bundle_index *index, struct error *err)
{
	struct buffer text, signature;
	int ret;

	buffer_init(&text, BUNDLE_INDEX_MAX);
	buffer_init(&signature, MINISIGN_FILE_MAX);
	ret = bundle_index_print(index, &text);
	if (ret)
		error_set(err, ret, "the index has more than %u bytes: remove old versions",
			  BUNDLE_INDEX_MAX);
	if (!ret) {
		sign(key, index, &text, &signature);
		ret = signature.failed ? error_set(err, signature.failed,
						   "out of memory while signing the index; this "
						   "machine needs more free memory")
				       : write_files(path, &text, &signature, err);
	}
	buffer_finish(&text);
	buffer_finish(&signature);
	return ret;
}

static int make_index(const struct command_options *options, const struct minisign_secret *key,
		      struct bundle_index *index, struct error *err)
{
	const char *folder = options->words[0];
	char path[PATH_MAX];
	int ret;

	if (snprintf(path, sizeof(path), "%s/" BUNDLE_INDEX, folder) >= PATH_MAX)
		return error_set(err, ERROR_TOO_LARGE, "%s: the path is too long: shorten it",
				 folder);
	ret = bundle_index_scan(folder, index, err);
	if (!ret)
		ret = choose_counter(path, index, err);
	if (!ret)
		ret = choose_expiry(options->expires, index, err);
	return ret ? ret : print_and_write(path, key, index, err);
}

static void say(const char *folder, const struct bundle_index *index)
{
	char expires[BUNDLE_TIME_SIZE];

	bundle_time_print(index->expires_ms, expires);
	text_printf(stdout, "%s/" BUNDLE_INDEX ": %zu bundles, counter %llu, expires %s\n", folder,
		    index->count, (unsigned long long)index->counter, expires);
}

int command_bundle_index(const struct command_options *options)
{
	struct minisign_secret key = {0};
	struct bundle_index index = {0};
	struct error err = {0};
	int ret;

	if (!options->key) {
		fputs("harvester bundle index: name the secret key with --key PREFIX\n", stderr);
		return EXIT_USAGE;
	}
	ret = bundle_key_load(options->key, &key, &err);
	if (!ret)
		ret = make_index(options, &key, &index, &err);
	sodium_memzero(&key, sizeof(key));
	if (!ret)
		say(options->words[0], &index);
	bundle_index_finish(&index);
	return bundle_end("index", ret, &err);
}
