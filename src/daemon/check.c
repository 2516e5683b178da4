/* `harvester check` */
#include <jansson.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/error.h"
#include "config/config.h"
#include "config/permission.h"
#include "daemon/command.h"
#include "daemon/load.h"
#include "output/web_tls.h"
#include "plugin/source.h"

static void check_scan(const char *folder, struct problem_list *problems)
{
	struct plugin_scan found;
	struct permission permission;
	struct error err = {0};

	if (plugin_scan(folder, &found, &err)) {
		problem_list_add(problems, folder, 0, 0, "%s", err.text);
		return;
	}
	for (size_t i = 0; i < found.skipped_count; i++)
		problem_list_add(problems, found.skipped[i].path, 0, 0, "%s",
				 found.skipped[i].reason);
	for (size_t i = 0; i < found.count; i++)
		permission_load(found.sources[i].permission_path, &permission, problems);
	plugin_scan_finish(&found);
}

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

static void print_json(const struct problem_list *problems)
{
	json_t *list = json_array(), *all;

	for (size_t i = 0; i < problems->count; i++)
		json_array_append_new(list, json_string(problems->items[i].text));
	all = json_pack("{s:b, s:o}", "ok", !problems->count, "problems", list);
	json_dumpf(all, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(all);
}

static void print_text(const struct problem_list *problems, const struct config *config)
{
	size_t count = problems->count + problems->dropped;

	for (size_t i = 0; i < problems->count; i++)
		printf("%s\n", problems->items[i].text);
	if (problems->dropped)
		printf("and %zu more\n", problems->dropped);
	if (count)
		printf("%zu problem%s\n", count, count == 1 ? "" : "s");
	else
		printf("%s: no problem found\n",
		       config->path ? config->path : "the built-in demonstration");
}

int command_check(const struct command_options *options)
{
	struct config *config = NULL;
	struct problem_list problems;
	int exit_code;

	problem_list_init(&problems);
	load_config_quietly(options->config, &config, &problems);
	if (config)
		check_tls(config, &problems);
	check_scan(options->plugins		     ? options->plugins
		   : config && config->paths.plugins ? config->paths.plugins
						     : "plugins",
		   &problems);
	if (options->json)
		print_json(&problems);
	else
		print_text(&problems, config);
	exit_code = problems.count ? EXIT_FAILED : EXIT_DONE;
	problem_list_finish(&problems);
	config_destroy(config);
	return exit_code;
}
