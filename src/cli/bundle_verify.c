/* `harvester bundle verify` and `bundle inspect`. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "bundle/minisign.h"
#include "bundle/read.h"
#include "bundle/trust.h"
#include "cli/bundle_file.h"
#include "cli/command.h"
#include "cli/json_print.h"
#include "cli/load_config.h"
#include "cli/places.h"
#include "config/config.h"
#include "plugin/policy/grant.h"

/* By the key that --pubkey names. */
static int verify_by_key(const struct command_options *options, const struct bundle_input *input,
			 char ret_id[MINISIGN_ID_TEXT_SIZE], struct error *err)
{
	struct config_trusted_key entry = {.key = (char *)options->pubkey};
	struct config config = {.updates = {.require_signature = true}};

	config.updates.trusted_keys[0] = entry;
	config.updates.trusted_keys_count = 1;
	return bundle_trust_check(&config, input->fd, input->text.data, options->words[0], ret_id,
				  err);
}

/* By the keys that the node trusts, as `plugin install` does. */
static int verify_by_node(const struct command_options *options, const struct bundle_input *input,
			  struct config **ret_config, char ret_id[MINISIGN_ID_TEXT_SIZE],
			  struct error *err)
{
	struct places places;
	int ret = places_find(options, PLACES_EXACT, &places, err);

	if (!ret && load_config(places_config(&places), ret_config))
		ret = error_set(err, ERROR_MALFORMED,
				"the configuration has the problems listed above: correct them, "
				"then run the command again");
	if (!ret)
		ret = bundle_trust_check(*ret_config, input->fd, input->text.data,
					 options->words[0], ret_id, err);
	places_finish(&places);
	return ret;
}

static int verify(const struct command_options *options, const struct bundle_input *input,
		  struct bundle_manifest *ret_manifest, char ret_id[MINISIGN_ID_TEXT_SIZE],
		  struct error *err)
{
	struct bundle_time time = bundle_time_now();
	struct config *config = NULL;
	int ret = options->pubkey ? verify_by_key(options, input, ret_id, err)
				  : verify_by_node(options, input, &config, ret_id, err);

	if (!ret)
		ret = bundle_read(input->fd, NULL, ret_manifest, err);
	if (!ret && config)
		ret = bundle_trust_check_manifest(config, ret_id, ret_manifest, &time, err);
	config_destroy(config);
	return ret;
}

static void print_texts(const char *title, const json_t *texts)
{
	char line[4096];

	grant_join(texts, line, sizeof(line));
	text_printf(stdout, "%-12s %s\n", title, line);
}

static void print_row(const char *title, const json_t *value)
{
	if (json_is_string(value))
		text_printf(stdout, "%-12s %s\n", title, json_string_value(value));
	else if (json_is_integer(value))
		printf("%-12s %" JSON_INTEGER_FORMAT "\n", title, json_integer_value(value));
}

static void print_manifest(const json_t *json)
{
	static const char *const rows[] = {"name",   "version", "counter",
					   "host",   "expires", "description",
					   "source", "bytes",	"signature"};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		print_row(rows[i], json_object_get(json, rows[i]));
	print_texts("asks for", json_object_get(json, "asks_for"));
	print_texts("files", json_object_get(json, "files"));
}

static void show(const struct command_options *options, const struct bundle_manifest *manifest,
		 const char *signature)
{
	json_t *json = bundle_manifest_to_json(manifest);

	json_object_set_new(json, "signature", json_string(signature));
	if (options->json)
		json_print(json, JSON_INDENT(2));
	else
		print_manifest(json);
	json_decref(json);
}

int command_bundle_verify(const struct command_options *options)
{
	char id[MINISIGN_ID_TEXT_SIZE] = "", signature[64];
	struct bundle_manifest manifest = {0};
	struct bundle_input input;
	struct error err = {0};
	int ret = bundle_input_open(options->words[0], &input, &err);

	if (!ret)
		ret = verify(options, &input, &manifest, id, &err);
	if (!ret) {
		snprintf(signature, sizeof(signature), "good, by the key %s", id);
		show(options, &manifest, signature);
	}
	bundle_manifest_finish(&manifest);
	bundle_input_close(&input);
	return bundle_end("verify", ret, &err);
}

int command_bundle_inspect(const struct command_options *options)
{
	struct bundle_manifest manifest;
	struct bundle_input input;
	struct error err = {0};
	int ret = bundle_input_open(options->words[0], &input, &err);

	if (!ret)
		ret = bundle_read(input.fd, NULL, &manifest, &err);
	if (!ret) {
		show(options, &manifest,
		     input.text.data ? "present, not checked (`harvester bundle verify` checks it)"
				     : "none");
		bundle_manifest_finish(&manifest);
	}
	bundle_input_close(&input);
	return bundle_end("inspect", ret, &err);
}
