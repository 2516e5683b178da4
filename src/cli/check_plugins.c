#include "cli/check_plugins.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "config/config.h"
#include "config/permission.h"
#include "config/permission_place.h"
#include "config/suggest.h"
#include "plugin/discovery/source.h"
#include "plugin/discovery/unread.h"
#include "plugin/policy/grant.h"
#include "plugin/policy/overlap.h"
#include "plugin/process/memory_total.h"

#define THINGS_SHOWN 8
#define THINGS_SIZE 128 /* THINGS_SHOWN of ", i2c 0x77" and the count of the others */
#define ADVICE_SIZE 160

struct check {
	const char *folder;
	const struct config *config; /* NULL: it has problems */
	struct plugin_scan found;
	struct permission *grants; /* owned: one for each of found.sources; empty if disabled */
	struct check_findings *findings;
};

/* What the configuration says of plugins */

static bool is_found(const struct check *check, const char *name)
{
	for (size_t i = 0; i < check->found.count; i++)
		if (!strcmp(check->found.sources[i].name, name))
			return true;
	return false;
}

/* Suggest the plugin with the most similar name; if there is none, advise `otherwise`. */
static void advise(const struct check *check, const char *name, const char *otherwise,
		   char ret_advice[ADVICE_SIZE])
{
	struct suggestion suggestion;

	suggestion_init(&suggestion, name);
	for (size_t i = 0; i < check->found.count; i++)
		suggestion_offer(&suggestion, check->found.sources[i].name);
	if (suggestion.best)
		snprintf(ret_advice, ADVICE_SIZE, "did you mean %s?", suggestion.best);
	else
		snprintf(ret_advice, ADVICE_SIZE, "%s", otherwise);
}

/* A section for a plugin that does not exist is a problem. With `enabled = false` it is only a
 * warning, since profiles for several nodes have such sections. */
static void check_sections(struct check *check)
{
	const struct config *config = check->config;
	char advice[ADVICE_SIZE];

	for (size_t i = 0; i < config->plugins_count; i++) {
		const struct config_plugin *section = &config->plugins[i];

		if (is_found(check, section->name))
			continue;
		advise(check, section->name, "add the plugin, or remove this section", advice);
		problem_list_add(section->enabled ? &check->findings->problems
						  : &check->findings->warnings,
				 config->path, section->line, section->column,
				 "plugins.%s: there is no such plugin in %s, so this section has "
				 "no effect; %s",
				 section->name, check->folder, advice);
	}
}

static void check_dashboard(struct check *check)
{
	const struct config *config = check->config;
	char advice[ADVICE_SIZE];

	if (!config->dashboard.plugin_line || is_found(check, config->dashboard.plugin))
		return;
	advise(check, config->dashboard.plugin, "add the plugin, or remove this key", advice);
	problem_list_add(&check->findings->problems, config->path, config->dashboard.plugin_line,
			 config->dashboard.plugin_column,
			 "dashboard.plugin: there is no plugin %s in %s, so / shows the built-in "
			 "page; %s",
			 config->dashboard.plugin, check->folder, advice);
}

/* What the plugins ask for */

static bool is_enabled(const struct check *check, const char *name)
{
	const struct config_plugin *section = config_find_plugin(check->config, name);

	return !section || section->enabled;
}

static void load_grants(struct check *check)
{
	struct permission request;

	for (size_t i = 0; i < check->found.count; i++) {
		const struct plugin_source *source = &check->found.sources[i];

		permission_init(&request);
		permission_load(source->permission_path, &request, &check->findings->problems);
		permission_init(&check->grants[i]);
		if (check->config && is_enabled(check, source->name))
			grant_resolve(&request, check->config, source->name, &check->grants[i]);
	}
}

/* "GPIO4, GPIO5", "i2c 0x76 and 3 more" */
static void list_things(const uint16_t *numbers, size_t count, bool is_gpio,
			char ret_text[THINGS_SIZE])
{
	size_t used = 0;

	for (size_t i = 0; i < count && i < THINGS_SHOWN; i++)
		used += (size_t)snprintf(ret_text + used, THINGS_SIZE - used,
					 is_gpio ? "%sGPIO%u" : "%si2c 0x%02X", i ? ", " : "",
					 (unsigned)numbers[i]);
	if (count > THINGS_SHOWN)
		snprintf(ret_text + used, THINGS_SIZE - used, " and %zu more",
			 count - THINGS_SHOWN);
}

/* `first` and `second` are indices in found.sources; `numbers` are what both plugins request. */
static void tell_overlap(struct check *check, size_t first, size_t second, const uint16_t *numbers,
			 size_t count, bool is_gpio)
{
	const char *file = check->found.sources[second].permission_path;
	const char *them = count == 1 ? "it" : "them";
	struct permission_place place = {0};
	char things[THINGS_SIZE];

	if (!count)
		return;
	if (is_gpio)
		permission_place_gpio(file, numbers[0], &place);
	else
		permission_place_i2c(file, numbers[0], &place);
	list_things(numbers, count, is_gpio, things);
	problem_list_add(&check->findings->problems, file, place.line, place.column,
			 "%s: plugin %s asks for %s too, so only one of the two runs; to share %s, "
			 "add %s to %s in both permission files, else remove %s from one",
			 things, check->found.sources[first].name, them, them, them,
			 is_gpio ? "share_gpio" : "share_i2c", them);
}

static void check_overlaps(struct check *check, size_t second)
{
	struct overlap overlap;

	for (size_t first = 0; first < second; first++) {
		overlap_find(&check->grants[first], &check->grants[second],
			     check->config->hardware.i2c_bus, &overlap);
		tell_overlap(check, first, second, overlap.gpio, overlap.gpio_count, true);
		tell_overlap(check, first, second, overlap.i2c, overlap.i2c_count, false);
	}
}

static void check_own_lines(struct check *check, size_t index)
{
	const char *file = check->found.sources[index].permission_path;
	const struct permission *grant = &check->grants[index];

	for (size_t i = 0; i < grant->gpio_count; i++) {
		const struct grant_host_line *own =
			grant_find_host_line(check->config, grant->gpio[i]);
		struct permission_place place = {0};

		if (!own)
			continue;
		permission_place_gpio(file, grant->gpio[i], &place);
		problem_list_add(&check->findings->problems, file, place.line, place.column,
				 "GPIO%u: this line drives the %s of the node, so the plugin does "
				 "not run; remove it, and to use the %s add `%s = true`",
				 (unsigned)grant->gpio[i], own->device, own->device, own->key);
	}
}

/* A problem if one plugin may use more memory than all together, since it will not run; a warning
 * if the sum of what they may use is more than that. */
static void check_memory(struct check *check)
{
	uint64_t total = memory_total_bytes(check->config), sum_mb = 0;
	struct error err = {0};
	size_t count = 0;

	for (size_t i = 0; i < check->found.count; i++) {
		const struct plugin_source *source = &check->found.sources[i];

		if (!is_enabled(check, source->name))
			continue;
		count++;
		sum_mb += check->grants[i].memory_mb;
		if (memory_total_check(total, &check->grants[i], &err))
			problem_list_add(&check->findings->problems, source->permission_path, 0, 0,
					 "plugin %s does not run: %s", source->name, err.text);
	}
	if (sum_mb <= total >> 20)
		return;
	problem_list_add(&check->findings->warnings, check->folder, 0, 0,
			 "the memory_mb of %zu plugins add up to %llu MB, but all together may use "
			 "%llu MB (total_memory_mb in [permissions]); if they use more, the one "
			 "that uses the most is stopped",
			 count, (unsigned long long)sum_mb, (unsigned long long)(total >> 20));
}

static void check_scan(struct check *check)
{
	const struct plugin_scan *found = &check->found;

	for (size_t i = 0; i < found->skipped_count; i++)
		problem_list_add(&check->findings->problems, found->skipped[i].path, 0, 0, "%s",
				 found->skipped[i].reason);
	load_grants(check);
	if (!check->config)
		return;
	for (size_t i = 0; i < found->count; i++) {
		check_own_lines(check, i);
		check_overlaps(check, i);
	}
	check_memory(check);
	/* The built-in demonstration has no file that somebody could correct. */
	if (!check->config->path)
		return;
	check_sections(check);
	check_dashboard(check);
}

static void take_unread(void *arg, const char *path, const char *reason)
{
	problem_list_add(arg, path, 0, 0, "%s", reason);
}

void check_plugins(const char *folder, const struct config *config, struct check_findings *findings)
{
	struct check check = {.folder = folder, .config = config, .findings = findings};
	struct problem_list *problems = &findings->problems;
	struct error err = {0};

	if (plugin_scan(folder, &check.found, &err)) {
		problem_list_add(problems, folder, 0, 0, "%s", err.text);
		return;
	}
	check.grants = calloc(check.found.count + 1, sizeof(*check.grants));
	if (check.grants)
		check_scan(&check);
	else
		problem_list_add(problems, folder, 0, 0,
				 "out of memory while checking the plugins; this machine needs "
				 "more free memory");
	if (unread_find(folder, &check.found, take_unread, problems, &err))
		problem_list_add(problems, folder, 0, 0, "%s", err.text);
	free(check.grants);
	plugin_scan_finish(&check.found);
}
