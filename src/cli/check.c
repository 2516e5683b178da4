/* `harvester check`: prints every problem of the configuration and of the plugins' files. */
#include <jansson.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "cli/check_plugins.h"
#include "cli/command.h"
#include "cli/json_print.h"
#include "cli/load_config.h"
#include "config/config.h"
#include "http/server/tls.h"

static void check_tls(const struct config *config, struct problem_list *problems)
{
	const char *name = config->path ? config->path : "";
	struct web_tls tls = {0};
	struct error err;
	int ret;

	if (!config->http.tls_certificate)
		return;
	ret = web_tls_load(config->http.tls_certificate, config->http.tls_key, &tls, &err);
	if (!ret)
		ret = web_tls_check_time(&tls, clock_unix_ms(clock_system()), &err);
	if (ret)
		problem_list_add(problems, name, 0, 0, "%s", err.text);
	web_tls_finish(&tls);
}

/* The caller releases the array. NULL without memory. */
static json_t *to_json(const struct problem_list *list)
{
	json_t *texts = json_array();

	for (size_t i = 0; i < list->count; i++)
		json_array_append_new(texts, json_string(list->items[i].text));
	return texts;
}

static void print_json(const struct check_findings *findings)
{
	json_t *all =
		json_pack("{s:b, s:o, s:o}", "ok", !findings->problems.count, "problems",
			  to_json(&findings->problems), "warnings", to_json(&findings->warnings));

	json_print(all, JSON_INDENT(2));
	json_decref(all);
}

static void print_list(const struct problem_list *list, const char *before)
{
	for (size_t i = 0; i < list->count; i++)
		text_printf(stdout, "%s%s\n", before, list->items[i].text);
	if (list->dropped)
		printf("%sand %zu more\n", before, list->dropped);
}

static void print_text(const struct check_findings *findings, const struct config *config)
{
	size_t problems = findings->problems.count + findings->problems.dropped;
	size_t warnings = findings->warnings.count + findings->warnings.dropped;

	print_list(&findings->problems, "");
	print_list(&findings->warnings, "warning: ");
	if (problems)
		printf("%zu problem%s", problems, problems == 1 ? "" : "s");
	else
		printf("%s: no problem found",
		       config && config->path ? config->path : "the built-in demonstration");
	if (warnings)
		printf(", %zu warning%s", warnings, warnings == 1 ? "" : "s");
	putchar('\n');
}

int command_check(const struct command_options *options)
{
	struct check_findings findings;
	struct config *config = NULL;
	int exit_code;

	problem_list_init(&findings.problems);
	problem_list_init(&findings.warnings);
	load_config_quietly(options->config, &config, &findings.problems);
	if (config)
		check_tls(config, &findings.problems);
	if (!options->config_only)
		check_plugins(options->plugins			? options->plugins
			      : config && config->paths.plugins ? config->paths.plugins
								: "plugins",
			      config, &findings);
	if (options->json)
		print_json(&findings);
	else
		print_text(&findings, config);
	exit_code = findings.problems.count ? EXIT_FAILED : EXIT_DONE;
	problem_list_finish(&findings.problems);
	problem_list_finish(&findings.warnings);
	config_destroy(config);
	return exit_code;
}
