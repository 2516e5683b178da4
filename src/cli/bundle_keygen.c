/* `harvester bundle keygen`: makes a pair of keys in the format of minisign. */
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/text.h"
#include "bundle/minisign.h"
#include "cli/bundle_file.h"
#include "cli/command.h"

static int write_keys(const char *prefix, struct buffer *public_text,
		      const struct buffer *secret_text, struct error *err)
{
	char path[PATH_MAX];
	int ret;

	if (public_text->failed || secret_text->failed ||
	    snprintf(path, sizeof(path), "%s.key", prefix) >= PATH_MAX)
		return error_set(err, ERROR_TOO_LARGE, "%s: the path is too long: shorten it",
				 prefix);
	ret = bundle_write_file(path, 0600, secret_text, 0, err);
	if (ret)
		return ret;
	snprintf(path, sizeof(path), "%s.pub", prefix);
	ret = bundle_write_file(path, 0644, public_text, 0, err);
	if (ret) {
		snprintf(path, sizeof(path), "%s.key", prefix);
		unlink(path);
	}
	return ret;
}

static void say(const char *prefix, const struct buffer *public_text)
{
	const char *line = strchr(public_text->data, '\n') + 1;

	text_printf(stdout, "%s.key signs bundles: keep it secret. %s.pub checks them.\n", prefix,
		    prefix);
	printf("Nodes install what it signs when their configuration has:\n\n[updates]\n"
	       "trusted_keys = [\"%.*s\"]\n",
	       (int)strcspn(line, "\n"), line);
}

int command_bundle_keygen(const struct command_options *options)
{
	const char *prefix = options->output;
	struct buffer public_text, secret_text;
	struct minisign_public public_key;
	struct minisign_secret secret_key;
	struct error err = {0};
	int ret;

	if (!prefix) {
		fputs("harvester bundle keygen: say where with -o PREFIX\n", stderr);
		return EXIT_USAGE;
	}
	buffer_init(&public_text, MINISIGN_FILE_MAX);
	buffer_init(&secret_text, MINISIGN_FILE_MAX);
	minisign_make_keys(&public_key, &secret_key);
	minisign_public_print(&public_key, &public_text);
	minisign_secret_print(&secret_key, &secret_text);
	ret = write_keys(prefix, &public_text, &secret_text, &err);
	if (!ret)
		say(prefix, &public_text);
	sodium_memzero(&secret_key, sizeof(secret_key));
	if (secret_text.data)
		sodium_memzero(secret_text.data, secret_text.size);
	buffer_finish(&public_text);
	buffer_finish(&secret_text);
	return bundle_end("keygen", ret, &err);
}
