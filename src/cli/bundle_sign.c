/* `harvester bundle sign`: signs a bundle in the format of minisign. */
#include <sodium.h>
#include <stdio.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/text.h"
#include "bundle/minisign.h"
#include "bundle/read.h"
#include "cli/bundle_file.h"
#include "cli/bundle_key.h"
#include "cli/command.h"

/* Only a bundle is signed, and its signature says in words what it is. */
static int sign(const struct bundle_input *input, const char *path,
		const struct minisign_secret *key, struct buffer *text, struct error *err)
{
	uint8_t hash[MINISIGN_HASH_SIZE];
	struct bundle_manifest manifest;
	char comment[512];
	int ret = bundle_read(input->fd, NULL, &manifest, err);

	if (ret)
		return ret;
	snprintf(comment, sizeof(comment), "harvester bundle %s %s, counter %llu", manifest.name,
		 manifest.version, (unsigned long long)manifest.counter);
	bundle_manifest_finish(&manifest);
	ret = minisign_hash(input->fd, path, BUNDLE_SIZE_MAX, hash, err);
	if (!ret)
		minisign_sign(key, hash, comment, text);
	return ret ? ret : text->failed;
}

int command_bundle_sign(const struct command_options *options)
{
	const char *path = options->words[0];
	struct minisign_secret key = {0};
	struct bundle_input input;
	struct error err = {0};
	struct buffer text;
	int ret;

	if (!options->key) {
		fputs("harvester bundle sign: name the secret key with --key PREFIX\n", stderr);
		return EXIT_USAGE;
	}
	buffer_init(&text, MINISIGN_FILE_MAX);
	ret = bundle_input_open(path, &input, &err);
	if (!ret)
		ret = bundle_key_load(options->key, &key, &err);
	if (!ret)
		ret = sign(&input, path, &key, &text, &err);
	if (!ret)
		ret = bundle_write_file(input.signature, 0644, &text, 1, &err);
	sodium_memzero(&key, sizeof(key));
	if (!ret)
		text_printf(stdout, "%s\n", input.signature);
	bundle_input_close(&input);
	buffer_finish(&text);
	return bundle_end("sign", ret, &err);
}
