/* `harvester plugin approve`: shows what a plugin requests, and records that its owner approves. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "bundle/store.h"
#include "capability/alias.h"
#include "cli/command.h"
#include "cli/json_print.h"
#include "cli/load_config.h"
#include "cli/places.h"
#include "cli/plugin_find.h"
#include "config/config.h"
#include "config/permission.h"
#include "plugin/discovery/source.h"
#include "plugin/policy/approvals.h"
#include "plugin/policy/grant.h"
#include "simulation/hardware.h"

static int read_request(const struct plugin_source *source, struct permission *ret_request)
{
	struct problem_list problems;
	int ret;

	permission_init(ret_request);
	problem_list_init(&problems);
	ret = permission_load(source->permission_path, ret_request, &problems);
	for (size_t i = 0; i < problems.count; i++)
		text_printf(stderr, "%s\n", problems.items[i].text);
	problem_list_finish(&problems);
	return ret == ERROR_NOT_FOUND ? 0 : ret;
}

/* Prints problems on stderr. */
static int find_request(const char *folder, const char *name, struct permission *ret_request)
{
	struct plugin_source source;
	int ret = plugin_find(folder, name, &source);

	if (ret)
		return ret;
	ret = read_request(&source, ret_request);
	plugin_source_finish(&source);
	return ret;
}

/* The request of a version that waits in the store of bundles; false if none waits. */
static bool find_waiting(const struct places *places, const char *name,
			 struct permission *ret_request)
{
	const struct bundle_store_config config = {places->data, places->plugins};
	struct bundle_store *store;
	int ret;

	if (!bundle_store_exists(places->data) || bundle_store_open(&config, &store, NULL))
		return false;
	ret = bundle_store_waiting(store, name, ret_request, NULL);
	bundle_store_close(store);
	return !ret;
}

/* It is approved now, so it takes its place. */
static int switch_waiting(const struct places *places, const char *name, struct error *err)
{
	const struct bundle_store_config config = {places->data, places->plugins};
	struct bundle_store *store = NULL;
	int ret = bundle_store_open(&config, &store, err);

	if (!ret)
		ret = bundle_store_switch_waiting(store, name, err);
	bundle_store_close(store);
	return ret;
}

/* What the request has beyond the last approval; all of it if no approval can be read. */
static json_t *find_news(const struct approvals *approvals, const char *name,
			 const struct permission *request)
{
	struct permission approved;

	if (approvals_read(approvals, name, &approved, NULL))
		return grant_difference(request, NULL);
	return grant_difference(request, &approved);
}

/* What the command works with. */
struct approving {
	struct config *config;	     /* owned, as the rest */
	struct hardware *hardware;   /* knows which names lead to the same device */
	struct approvals *approvals; /* of the data folder */
};

/* What the owner withholds of the request: by its name, or by another name of the device. */
static json_t *find_withheld(const struct approving *approving, const char *name,
			     const struct permission *request, struct permission *grant)
{
	json_t *withheld = grant_difference(request, grant);
	json_t *aliases = capability_alias_remove(hardware_backend(approving->hardware),
						  approving->config, name, grant);

	json_array_extend(withheld, aliases);
	json_decref(aliases);
	return withheld;
}

static json_t *describe(const struct approving *approving, const char *name,
			const struct permission *request)
{
	char digest[APPROVAL_DIGEST_SIZE] = "";
	struct permission grant;
	json_t *withheld;

	grant_resolve(request, approving->config, name, &grant);
	withheld = find_withheld(approving, name, request, &grant);
	approvals_digest(request, digest);
	return json_pack("{s:s, s:o, s:o, s:o, s:o, s:s}", "name", name, "asks_for",
			 grant_difference(request, NULL), "not_granted", withheld, "new",
			 find_news(approving->approvals, name, request), "granted",
			 grant_to_json(&grant), "digest", digest);
}

static void print_row(const char *title, const json_t *texts)
{
	char line[4096];

	grant_join(texts, line, sizeof(line));
	text_printf(stdout, "%-28s %s\n", title, line);
}

static void print_request(const json_t *description)
{
	print_row("asks for:", json_object_get(description, "asks_for"));
	print_row("new since the last approval:", json_object_get(description, "new"));
	print_row("withheld by the owner:", json_object_get(description, "not_granted"));
	printf("%-28s %s\n", "digest:", json_string_value(json_object_get(description, "digest")));
	fflush(stdout);
}

/* Ask on the terminal; any answer except y and yes is a no. */
static int ask(const char *name, struct error *err)
{
	char answer[16] = "";

	fprintf(stderr, "Approve %s? [y/N] ", name);
	if (!fgets(answer, sizeof(answer), stdin))
		fputc('\n', stderr);
	answer[strcspn(answer, "\n")] = '\0';
	if (!strcasecmp(answer, "y") || !strcasecmp(answer, "yes"))
		return 0;
	return error_set(err, ERROR_NOT_GRANTED,
			 "the answer was not yes; run the command again to approve it");
}

/* Returns 0 if the owner agrees to what was printed. */
static int decide(const struct command_options *options, const json_t *description,
		  struct error *err)
{
	const char *name = options->words[0];
	const char *digest = json_string_value(json_object_get(description, "digest"));

	if (options->digest && strcmp(options->digest, digest) != 0)
		return error_set(err, ERROR_INVALID,
				 "the request of %s does not have the digest %.64s: read what it "
				 "asks for now, and give that request's digest, %s",
				 name, options->digest, digest);
	if (options->digest || options->yes)
		return 0;
	if (isatty(STDIN_FILENO) && !options->json)
		return ask(name, err);
	return error_set(
		err, ERROR_INVALID,
		"there is no terminal to ask on; run `harvester plugin approve %s` in a terminal, "
		"or give --digest %s (approves only this request) or --yes (approves whatever is "
		"asked for)",
		name, digest);
}

static void print_json(json_t *description, bool is_approved)
{
	json_object_set_new(description, "approved", json_boolean(is_approved));
	json_print(description, JSON_INDENT(2));
}

/* Approves the request that was printed, even if the permission file changes meanwhile. */
static int approve(const struct command_options *options, const struct approving *approving,
		   const struct permission *request)
{
	const char *name = options->words[0];
	json_t *description = describe(approving, name, request);
	struct error err = {0};
	int ret;

	if (!description) {
		fprintf(stderr, "%s\n",
			"out of memory while reading the approval; this machine needs more free "
			"memory");
		return ERROR_NO_MEMORY;
	}
	if (!options->json)
		print_request(description);
	ret = decide(options, description, &err);
	if (!ret)
		ret = approvals_add(approving->approvals, name, request, &err);
	if (options->json)
		print_json(description, !ret);
	else if (!ret)
		printf("%s is approved\n", name);
	if (ret)
		text_printf(stderr, "not approved: %s\n", err.text);
	json_decref(description);
	return ret;
}

int command_plugin_approve(const struct command_options *options)
{
	struct approving approving = {0};
	struct permission request;
	struct places places;
	struct error err = {0};
	bool is_waiting = false;
	int ret;

	if (options->yes && options->digest) {
		fputs("harvester plugin approve: give --yes or --digest, not both\n", stderr);
		return EXIT_USAGE;
	}
	ret = places_find(options, PLACES_EXACT, &places, &err);
	if (!ret)
		ret = load_config(places_config(&places), &approving.config);
	if (!ret)
		ret = hardware_create(approving.config, clock_system(), &approving.hardware, &err);
	if (!ret)
		is_waiting = find_waiting(&places, options->words[0], &request);
	if (!ret && !is_waiting)
		ret = find_request(places.plugins, options->words[0], &request);
	if (ret == ERROR_NOT_FOUND)
		places_say_others(&places);
	if (!ret)
		ret = approvals_create(places.data, &approving.approvals, &err);
	if (ret && *err.text)
		text_printf(stderr, "%s\n", err.text);
	if (!ret)
		ret = approve(options, &approving, &request);
	if (!ret && is_waiting && switch_waiting(&places, options->words[0], &err)) {
		text_printf(stderr, "%s\n", err.text);
		ret = err.code;
	}
	approvals_destroy(approving.approvals);
	hardware_destroy(approving.hardware);
	config_destroy(approving.config);
	places_finish(&places);
	return ret ? EXIT_FAILED : EXIT_DONE;
}
