/*
 * `harvester plugin list` and `harvester plugin inspect`: describe the plugins of a running node,
 * or those in a folder, and what they request.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/error.h"
#include "base/json_member.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/guest_run.h"
#include "cli/json_print.h"
#include "cli/load_config.h"
#include "cli/places.h"
#include "config/config.h"
#include "config/permission.h"
#include "plugin/discovery/source.h"
#include "plugin/policy/grant.h"

static json_t *describe(const struct plugin_source *source, const struct config *config)
{
	const struct config_plugin *own = config ? config_find_plugin(config, source->name) : NULL;
	struct permission permission;
	struct problem_list problems;
	json_t *json, *texts = json_array();

	permission_init(&permission);
	problem_list_init(&problems);
	permission_load(source->permission_path, &permission, &problems);
	for (size_t i = 0; i < problems.count; i++)
		json_array_append_new(texts, json_string(problems.items[i].text));
	problem_list_finish(&problems);
	json = json_pack("{s:s, s:s, s:s, s:b, s:o, s:o, s:o}", "name", source->name, "kind",
			 source->kind == PLUGIN_SCRIPT ? "python" : "component", "path",
			 source->path, "enabled", !own || own->enabled, "asks_for",
			 grant_difference(&permission, NULL), "request", grant_to_json(&permission),
			 "problems", texts);
	return json;
}

static void print_words(const json_t *list)
{
	const json_t *word;
	size_t i;

	if (!json_array_size(list))
		fputs("nothing", stdout);
	json_array_foreach(list, i, word)
		text_printf(stdout, "%s%s", i ? ", " : "", json_string_value(word));
}

static void print_row(const json_t *plugin)
{
	const json_t *problem;
	size_t i;

	text_printf(stdout, "%-20s %-10s %-9s ", json_string_value(json_object_get(plugin, "name")),
		    json_string_value(json_object_get(plugin, "kind")),
		    json_is_true(json_object_get(plugin, "enabled")) ? "enabled" : "disabled");
	print_words(json_object_get(plugin, "asks_for"));
	putchar('\n');
	json_array_foreach(json_object_get(plugin, "problems"), i, problem)
		text_printf(stdout, "    %s\n", json_string_value(problem));
}

static void print_list(const struct plugin_scan *found, const struct config *config, bool as_json)
{
	json_t *list = json_array();

	for (size_t i = 0; i < found->count; i++)
		json_array_append_new(list, describe(&found->sources[i], config));
	if (as_json) {
		json_print(list, JSON_INDENT(2));
	} else {
		printf("%-20s %-10s %-9s %s\n", "NAME", "KIND", "STATE", "ASKS FOR");
		for (size_t i = 0; i < json_array_size(list); i++)
			print_row(json_array_get(list, i));
		for (size_t i = 0; i < found->skipped_count; i++)
			text_printf(stdout, "skipped: %s: %s\n", found->skipped[i].path,
				    found->skipped[i].reason);
	}
	json_decref(list);
}

static void print_number(const json_t *number, int decimals, const char *unit, int width)
{
	char text[32] = "-";

	if (json_is_number(number))
		snprintf(text, sizeof(text), "%.*f%s", decimals, json_number_value(number), unit);
	printf("%*s ", width, text);
}

static void print_memory(const json_t *bytes)
{
	json_t *mb = json_is_number(bytes) ? json_real(json_number_value(bytes) / (1 << 20)) : NULL;

	print_number(mb, 1, " MB", 9);
	json_decref(mb);
}

/* Print a note below a plugin's row, unless `text` is empty. */
static void print_note(const char *title, const char *text)
{
	if (*text)
		text_printf(stdout, "    %s%s\n", title, text);
}

static void print_conflicts(const json_t *conflicts)
{
	const json_t *conflict;
	size_t i;

	json_array_foreach(conflicts, i, conflict) text_printf(
		stdout,
		"    its sensor %s belongs to the plugin %s, so readings of it are "
		"ignored: give it another sensor_id\n",
		json_member_text(conflict, "sensor"), json_member_text(conflict, "owner"));
}

static void print_over_share(const json_t *texts)
{
	const json_t *text;
	size_t i;

	json_array_foreach(texts, i, text) if (json_is_string(text))
		print_note("over its share: ", json_string_value(text));
}

static void print_running(const json_t *plugin)
{
	const json_t *kept_back = json_object_get(plugin, "kept_back");
	char line[1024] = "";

	text_printf(stdout, "%-20s %-10s %-14s ", json_member_text(plugin, "name"),
		    json_member_text(plugin, "kind"), json_member_text(plugin, "state"));
	print_memory(json_object_get(plugin, "memory_bytes"));
	print_number(json_object_get(plugin, "median_poll_ms"), 1, " ms", 9);
	print_number(json_object_get(plugin, "restarts"), 0, "", 8);
	print_number(json_object_get(plugin, "denied_calls"), 0, "", 6);
	putchar(' ');
	print_words(json_object_get(plugin, "asks_for"));
	putchar('\n');
	if (json_array_size(kept_back))
		grant_join(kept_back, line, sizeof(line));
	print_note("withheld by the owner: ", line);
	print_note("", json_member_text(plugin, "reason"));
	print_note("its new version failed: ", json_member_text(plugin, "reload_error"));
	print_note("last denied: ", json_member_text(plugin, "last_denied"));
	print_conflicts(json_object_get(plugin, "conflicts"));
	print_over_share(json_object_get(plugin, "over_share"));
}

static void list_running(const json_t *list, bool as_json)
{
	json_t *plugin;
	size_t i;

	if (as_json) {
		json_print(list, JSON_INDENT(2) | JSON_REAL_PRECISION(15));
		return;
	}
	printf("%-20s %-10s %-14s %9s %9s %8s %6s  %s\n", "NAME", "KIND", "STATE", "MEMORY", "POLL",
	       "RESTARTS", "DENIED", "ASKS FOR");
	json_array_foreach(list, i, plugin) print_running(plugin);
}

static int list_folder(const struct command_options *options, const char *folder)
{
	struct config *config = NULL;
	struct plugin_scan found;
	struct error err = {0};

	if (options->config && load_config(options->config, &config))
		return EXIT_FAILED;
	if (plugin_scan(folder, &found, &err)) {
		text_printf(stderr, "%s\n", err.text);
		config_destroy(config);
		return EXIT_FAILED;
	}
	print_list(&found, config, options->json);
	plugin_scan_finish(&found);
	config_destroy(config);
	return EXIT_DONE;
}

int command_plugin_list(const struct command_options *options)
{
	struct places places;
	struct error err = {0};
	int ret = EXIT_DONE;

	/* --plugins without --data lists the folder, even if a node runs. */
	if (options->plugins && !options->data)
		return list_folder(options, options->plugins);
	if (places_find(options, PLACES_EXACT, &places, &err)) {
		text_printf(stderr, "%s\n", err.text);
		return EXIT_FAILED;
	}
	if (places.node.root)
		list_running(places.node.plugins, options->json);
	else
		ret = list_folder(options, places.plugins);
	if (ret)
		places_say_others(&places);
	places_finish(&places);
	return ret;
}

/* Only harvester-guest can read a component: it compiles it, and prints imports and exports. */
static int inspect_component(const struct plugin_source *source, json_t **ret_types)
{
	char artifact[] = "/tmp/harvester-inspect-XXXXXX", *text;
	const char *compile[] = {"compile", source->main_path, artifact, "optional", NULL};
	const char *inspect[] = {"inspect", artifact, NULL};
	json_error_t where;
	int fd = mkstemp(artifact), ret;

	if (fd < 0)
		return ERROR_SYSTEM;
	close(fd);
	ret = guest_run(compile, NULL);
	if (!ret)
		ret = guest_run(inspect, &text);
	unlink(artifact);
	if (ret)
		return ret;
	*ret_types = json_loads(text, 0, &where);
	free(text);
	return *ret_types ? 0 : ERROR_MALFORMED;
}

static void print_functions(const char *title, const json_t *list)
{
	const json_t *function;
	size_t i;

	printf("%s:\n", title);
	json_array_foreach(list, i, function)
		text_printf(stdout, "  %s#%s: %s\n", json_string_value(json_array_get(function, 0)),
			    json_string_value(json_array_get(function, 1)),
			    json_string_value(json_array_get(function, 2)));
}

/* "  attic temperature: Temperature, °C, temperature" */
static void print_field(const char *sensor, const char *field, const json_t *declared)
{
	static const char *const keys[] = {"name", "unit", "quantity", "kind"};
	bool is_first = true;

	text_printf(stdout, "  %s%s%s", sensor, *sensor ? " " : "", field);
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		const char *text = json_member_text(declared, keys[i]);

		if (*text)
			text_printf(stdout, "%s%s", is_first ? ": " : ", ", text);
		is_first &= !*text;
	}
	putchar('\n');
}

static void print_declared(const json_t *sensors)
{
	json_t *fields, *field;
	const char *sensor, *name;

	fputs("declares:\n", stdout);
	json_object_foreach((json_t *)(uintptr_t)sensors, sensor, fields)
	{
		json_object_foreach(fields, name, field) print_field(sensor, name, field);
	}
}

/* Only the running node knows what the plugin declares: nothing is run here. */
static void add_declared(const struct command_options *options, json_t *plugin)
{
	struct places places;
	struct error err;
	json_t *declared = NULL;

	if (!places_find(options, PLACES_ANY, &places, &err))
		declared = json_object_get(json_object_get(places.node.root, "declared"),
					   json_member_text(plugin, "name"));
	if (declared)
		json_object_set(plugin, "declares", declared);
	places_finish(&places);
}

static void print_inspection(const json_t *plugin, bool as_json)
{
	if (as_json) {
		json_print(plugin, JSON_INDENT(2));
		return;
	}
	print_row(plugin);
	if (json_object_get(plugin, "declares"))
		print_declared(json_object_get(plugin, "declares"));
	if (!json_object_get(plugin, "imports"))
		return;
	print_functions("imports", json_object_get(plugin, "imports"));
	print_functions("exports", json_object_get(plugin, "exports"));
}

int command_plugin_inspect(const struct command_options *options)
{
	struct plugin_source source;
	struct error err = {0};
	json_t *plugin, *types = NULL;
	int ret = 0;

	if (plugin_source_open(options->words[0], &source, &err)) {
		text_printf(stderr, "%s\n", err.text);
		return EXIT_FAILED;
	}
	plugin = describe(&source, NULL);
	add_declared(options, plugin);
	if (source.kind == PLUGIN_COMPONENT)
		ret = inspect_component(&source, &types);
	if (types)
		json_object_update_new(plugin, types);
	if (!ret)
		print_inspection(plugin, options->json);
	json_decref(plugin);
	plugin_source_finish(&source);
	return ret ? EXIT_FAILED : EXIT_DONE;
}
