/* `harvester plugin new` copies the template of a plugin; `harvester plugin compile` compiles a
 * component ahead of time. */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/reserved.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/guest_run.h"
#include "cli/places.h"
#include "config/paths.h"

#define TEMPLATE_SIZE_MAX 65536
#define NAME_PLACE "NAME" /* stands in the template for the plugin's name */

static bool is_name(const char *name)
{
	size_t length = strlen(name);

	if (!length || length > 64 || strchr("._", name[0]))
		return false;
	for (size_t i = 0; i < length; i++) {
		if (!isalnum((unsigned char)name[i]) && !strchr("-_", name[i]))
			return false;
	}
	return true;
}

static int write_filled(FILE *file, const char *text, const char *name)
{
	const char *at;

	while ((at = strstr(text, NAME_PLACE))) {
		fprintf(file, "%.*s%s", (int)(at - text), text, name);
		text = at + strlen(NAME_PLACE);
	}
	fputs(text, file);
	return ferror(file) ? ERROR_SYSTEM : 0;
}

/* Copy one file of the template, with the plugin's name filled in. */
static int copy_file(const char *from_folder, const char *to_folder, const char *file,
		     const char *name, struct error *err)
{
	char from[PATH_MAX + 32], to[PATH_MAX + 32];
	struct buffer text;
	FILE *out;
	int ret;

	snprintf(from, sizeof(from), "%s/%s", from_folder, file);
	snprintf(to, sizeof(to), "%s/%s", to_folder, file);
	ret = buffer_read_file(&text, from, TEMPLATE_SIZE_MAX, err);
	if (ret)
		return ret;
	out = fopen(to, "wxe");
	ret = out ? write_filled(out, text.data ? text.data : "", name) : ERROR_SYSTEM;
	if (ret)
		error_set_errno(err, ret, errno,
				"%s: cannot write this file (check the disk, and who may write to "
				"the folder)",
				to);
	if (out)
		fclose(out);
	buffer_finish(&text);
	return ret;
}

/* For messages: the absolute path, so that they show where the program looked. */
static void full_path(const char *path, char ret_path[PATH_MAX])
{
	char here[PATH_MAX];

	if (*path == '/' || !getcwd(here, sizeof(here)) ||
	    snprintf(ret_path, PATH_MAX, "%.2000s/%.2000s", here, path) >= PATH_MAX)
		snprintf(ret_path, PATH_MAX, "%s", path);
}

static int check_folder(const char *plugins, struct error *err)
{
	char path[PATH_MAX];
	struct stat stat_buf;

	full_path(plugins, path);
	if (stat(plugins, &stat_buf))
		return error_set(err, ERROR_NOT_FOUND,
				 "%s: there is no such folder; make it with `mkdir -p %s`, or name "
				 "the plugins folder with --plugins DIR",
				 path, path);
	if (!S_ISDIR(stat_buf.st_mode))
		return error_set(
			err, ERROR_INVALID,
			"%s: this is not a folder; name the plugins folder with --plugins DIR",
			path);
	return 0;
}

/* If NAME, NAME.py and NAME.wasm exist together, the node uses only the first of them, so a new
 * plugin must not share its name with an old one. */
static int check_name_is_free(const char *plugins, const char *name, struct error *err)
{
	static const char *const endings[] = {"", ".py", ".wasm"};
	char path[PATH_MAX];
	struct stat stat_buf;

	for (size_t i = 0; i < sizeof(endings) / sizeof(*endings); i++) {
		if (snprintf(path, sizeof(path), "%s/%s%s", plugins, name, endings[i]) >=
		    (int)sizeof(path))
			return error_set(
				err, ERROR_TOO_LARGE,
				"%s: the path is too long: use a folder with a shorter path",
				plugins);
		if (!lstat(path, &stat_buf))
			return error_set(
				err, ERROR_EXISTS,
				"%s: there is a plugin %s already; choose another name, or move "
				"that one away",
				path, name);
	}
	return 0;
}

static int make(const char *plugins, const char *name, struct error *err)
{
	char folder[PATH_MAX], command[ADVICE_SIZE];
	struct advice test = {0};
	struct paths paths;
	int ret;

	paths_find(&paths);
	if (!is_name(name))
		return error_set(err, ERROR_INVALID,
				 "%s: a plugin's name has 1 to 64 letters, digits, \"-\" and \"_\"",
				 name);
	if (name_is_reserved(name))
		return error_set(err, ERROR_INVALID,
				 "%s: this name is reserved for the program itself; choose another",
				 name);
	if (!*paths.template_folder)
		return error_set(err, ERROR_NOT_FOUND,
				 "cannot find the template for plugins, sdk/python/template: "
				 "install harvester again");
	if (snprintf(folder, sizeof(folder), "%s/%s", plugins, name) >= (int)sizeof(folder))
		return error_set(err, ERROR_TOO_LARGE,
				 "%s: the path is too long: use a folder with a shorter path",
				 plugins);
	ret = check_folder(plugins, err);
	if (!ret)
		ret = check_name_is_free(plugins, name, err);
	if (ret)
		return ret;
	if (mkdir(folder, 0777))
		return error_set_errno(
			err, ERROR_SYSTEM, errno,
			"%s: cannot create this folder (check who may write to the plugins folder)",
			folder);
	/* plugin.py comes last: a running daemon loads the plugin as soon as that exists. */
	ret = copy_file(paths.template_folder, folder, "permission.toml", name, err);
	if (!ret)
		ret = copy_file(paths.template_folder, folder, "test_plugin.py", name, err);
	if (!ret)
		ret = copy_file(paths.template_folder, folder, "plugin.py", name, err);
	advice_add(&test, "test", folder); /* quoted as the value of an option */
	if (!ret)
		printf("%s/plugin.py is ready; a running harvester loads it by itself.\n"
		       "`%s` runs its tests.\n",
		       folder, advice_command(&test, command, "plugin"));
	return ret;
}

int command_plugin_new(const struct command_options *options)
{
	struct places places = {0};
	struct error err = {0};
	int ret = options->plugins ? 0 : places_find(options, PLACES_EXACT, &places, &err);

	if (!ret)
		ret = make(options->plugins ? options->plugins : places.plugins, options->words[0],
			   &err);
	places_finish(&places);
	if (!ret)
		return EXIT_DONE;
	text_printf(stderr, "%s\n", err.text);
	return EXIT_FAILED;
}

int command_plugin_compile(const struct command_options *options)
{
	const char *args[] = {"compile",  options->words[0], options->output,
			      "optional", options->target,   NULL};

	if (!options->output) {
		fputs("harvester plugin compile: -o FILE.cwasm is missing\n", stderr);
		return EXIT_USAGE;
	}
	return guest_run(args, NULL) ? EXIT_FAILED : EXIT_DONE;
}
