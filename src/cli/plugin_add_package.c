/*
 * `harvester plugin add-package`: installs pure-Python packages and their requirements into a
 * plugin's lib/. pip installs them into a staging folder, in one round for each level of
 * requirements; they move to lib/ only after everything was found.
 */
#include <dirent.h>
#include <errno.h>
#include <fts.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/json_print.h"
#include "cli/package_list.h"
#include "cli/program_run.h"

#define OUTPUT_SIZE_MAX (1u << 20)
#define ROUNDS_MAX 16
#define FIXED_ARGS_MAX 32
#define RUNTIME_PYTHON "3.14"

struct adding {
	const char *folder, *from; /* borrowed; from: a folder of wheels; NULL: pip's index */
	char lib[PATH_MAX], staging[PATH_MAX];
	struct package_list there, added, left_out;
	size_t files, bytes; /* of the .py files added */
};

static bool ends_in(const char *text, const char *end)
{
	size_t length = strlen(text), end_length = strlen(end);

	return length >= end_length && !strcmp(text + length - end_length, end);
}

/* pip */

static int explain(const char *output, struct error *err)
{
	const char *line = strstr(output, "ERROR: ");

	if (strstr(output, "No module named pip"))
		return error_set(err, ERROR_NOT_FOUND,
				 "python3 has no pip: install the package python3-pip");
	if (strstr(output, "connection broken by"))
		return error_set(err, ERROR_SYSTEM,
				 "pip cannot reach the package index; without the network, put the "
				 "packages' wheels into a folder and use --from FOLDER");
	line = line ? line + strlen("ERROR: ") : output;
	return error_set(
		err, ERROR_SYSTEM,
		"pip: %.*s (only wheels can be installed; choose another version or package)",
		(int)strcspn(line, "\n"), line);
}

/* Without `pure`, pip may install any kind of wheel, so that the command can say which compiled
 * extension keeps a package from running. */
static int run_pip(const struct adding *adding, const struct package_list *wanted, bool pure,
		   struct error *err)
{
	static const char *const fixed[] = {
		"python3",
		"-m",
		"pip",
		"install",
		"--disable-pip-version-check",
		"--no-input",
		"--quiet",
		"--no-deps",
		"--no-compile",
		"--only-binary",
		":all:",
		"--retries",
		"1",
		"--timeout",
		"15",
		"--target",
	};
	static const char *const pure_only[] = {
		"--platform", "any",  "--implementation", "py",
		"--abi",      "none", "--python-version", RUNTIME_PYTHON,
	};
	const char *args[FIXED_ARGS_MAX + PACKAGES_MAX + 1];
	struct buffer output;
	size_t count = 0;
	int ret, status;

	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		args[count++] = fixed[i];
	args[count++] = adding->staging;
	for (size_t i = 0; pure && i < sizeof(pure_only) / sizeof(pure_only[0]); i++)
		args[count++] = pure_only[i];
	if (adding->from) {
		args[count++] = "--no-index";
		args[count++] = "--find-links";
		args[count++] = adding->from;
	}
	args[count++] = "--";
	for (size_t i = 0; i < wanted->count; i++)
		args[count++] = wanted->items[i];
	args[count] = NULL;
	buffer_init(&output, OUTPUT_SIZE_MAX);
	ret = program_run(args, &output, &status, err);
	if (!ret && status)
		ret = explain(output.data
				      ? output.data
				      : "pip failed and printed nothing; run it by hand to see why",
			      err);
	buffer_finish(&output);
	return ret;
}

/* Files */

static FTS *walk(const char *folder)
{
	char *const paths[] = {(char *)folder, NULL};

	return fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
}

static void remove_folder(const char *folder)
{
	FTS *files = walk(folder);
	const FTSENT *entry;

	while (files && (entry = fts_read(files))) {
		if (entry->fts_info != FTS_D)
			remove(entry->fts_accpath);
	}
	if (files)
		fts_close(files);
}

static bool is_compiled(const char *name)
{
	return ends_in(name, ".so") || strstr(name, ".so.") || ends_in(name, ".pyd") ||
	       ends_in(name, ".dylib");
}

/* Count the installed .py files, and refuse compiled extensions, which their names reveal. */
static int check_files(struct adding *adding, struct error *err)
{
	FTS *files = walk(adding->staging);
	const FTSENT *entry;
	int ret = 0;

	adding->files = adding->bytes = 0;
	while (files && !ret && (entry = fts_read(files))) {
		if (is_compiled(entry->fts_name))
			ret = error_set(err, ERROR_UNSUPPORTED,
					"%s is a compiled extension, but only pure-Python packages "
					"run in the sandbox: choose another package",
					entry->fts_path + strlen(adding->staging) + 1);
		if (entry->fts_info == FTS_F && ends_in(entry->fts_name, ".py")) {
			adding->files++;
			adding->bytes += (size_t)entry->fts_statp->st_size;
		}
	}
	if (files)
		fts_close(files);
	return ret;
}

static int install(struct adding *adding, const struct package_list *wanted, struct error *err)
{
	int ret;

	if (!run_pip(adding, wanted, true, NULL))
		return 0;
	ret = run_pip(adding, wanted, false, err);
	return ret ? ret : check_files(adding, err);
}

/* Select from `asked` what is not installed yet and what the runtime does not replace. */
static int choose(struct adding *adding, const struct package_list *asked,
		  struct package_list *wanted, struct error *err)
{
	char name[PACKAGE_NAME_SIZE];
	int ret = 0;

	for (size_t i = 0; i < asked->count && !ret; i++) {
		ret = package_name(asked->items[i], name, err);
		if (!ret && package_is_left_out(name))
			ret = package_list_add(&adding->left_out, name, err);
		else if (!ret && !package_list_has(&adding->there, name) &&
			 !package_list_has(&adding->added, name))
			ret = package_list_add(wanted, asked->items[i], err);
	}
	return ret;
}

static int fetch(struct adding *adding, struct package_list *asked, struct error *err)
{
	struct package_list wanted = {0}, needs = {0};
	size_t before;
	int ret = 0, round;

	for (round = 0; round < ROUNDS_MAX && !ret; round++) {
		ret = choose(adding, asked, &wanted, err);
		if (ret || !wanted.count)
			break;
		before = adding->added.count;
		ret = install(adding, &wanted, err);
		if (!ret)
			ret = package_list_read(adding->staging, &adding->added, &needs, err);
		package_list_finish(&wanted);
		package_list_finish(asked);
		*asked = needs;
		needs = (struct package_list){0};
		if (adding->added.count ==
		    before) /* what is left is for other versions of Python */
			break;
	}
	package_list_finish(&wanted);
	package_list_finish(&needs);
	if (!ret && round == ROUNDS_MAX)
		return error_set(err, ERROR_TOO_LARGE,
				 "the packages' requirements are nested more than %d levels deep: "
				 "add the innermost packages first",
				 ROUNDS_MAX);
	return ret ? ret : check_files(adding, err);
}

/* Moving */

static int for_each_entry(const struct adding *adding,
			  int (*function)(const struct adding *, const char *, struct error *),
			  struct error *err)
{
	DIR *dir = opendir(adding->staging);
	const struct dirent *entry;
	int ret = dir ? 0
		      : error_set_errno(err, ERROR_SYSTEM, errno,
					"cannot read %s, where pip put the packages, so none was "
					"added; run the command again",
					adding->staging);

	while (!ret && (entry = readdir(dir))) {
		if (entry->d_name[0] != '.' && strcmp(entry->d_name, "bin"))
			ret = function(adding, entry->d_name, err);
	}
	if (dir)
		closedir(dir);
	return ret;
}

static int check_free(const struct adding *adding, const char *name, struct error *err)
{
	char to[PATH_MAX];

	if (snprintf(to, sizeof(to), "%s/%s", adding->lib, name) >= (int)sizeof(to))
		return error_set(err, ERROR_TOO_LARGE,
				 "%s: the path is too long: use a folder with a shorter path",
				 name);
	if (!access(to, F_OK))
		return error_set(err, ERROR_EXISTS,
				 "%s already exists: remove it first, then run the command again",
				 to);
	return 0;
}

static int move(const struct adding *adding, const char *name, struct error *err)
{
	char from[PATH_MAX], to[PATH_MAX];

	if (snprintf(from, sizeof(from), "%s/%s", adding->staging, name) >= (int)sizeof(from) ||
	    snprintf(to, sizeof(to), "%s/%s", adding->lib, name) >= (int)sizeof(to))
		return error_set(err, ERROR_TOO_LARGE,
				 "%s: the path is too long: use a folder with a shorter path",
				 name);
	return rename(from, to) ? error_set_errno(err, ERROR_SYSTEM, errno,
						  "%s: cannot move the package there (check who "
						  "may write to the folder)",
						  to)
				: 0;
}

/* Move the packages to lib/. If lib/ exists, check for conflicts before moving anything, so that
 * all or nothing moves. */
static int take_over(const struct adding *adding, struct error *err)
{
	int ret;

	if (!adding->added.count)
		return 0;
	chmod(adding->staging, 0755); /* mkdtemp() made it 0700 */
	if (!rename(adding->staging, adding->lib))
		return 0;
	ret = for_each_entry(adding, check_free, err);
	return ret ? ret : for_each_entry(adding, move, err);
}

/* The command */

static int prepare(struct adding *adding, struct error *err)
{
	char main[PATH_MAX];

	snprintf(main, sizeof(main), "%s/plugin.py", adding->folder);
	if (access(main, F_OK))
		return error_set(err, ERROR_NOT_FOUND,
				 "%s is not a plugin's folder, since it has no plugin.py: name the "
				 "folder of a plugin",
				 adding->folder);
	if (snprintf(adding->lib, sizeof(adding->lib), "%s/lib", adding->folder) +
		    (int)sizeof(".-XXXXXX") >=
	    PATH_MAX)
		return error_set(err, ERROR_TOO_LARGE,
				 "%s: the path is too long: use a folder with a shorter path",
				 adding->folder);
	snprintf(adding->staging, sizeof(adding->staging), "%s/.lib-XXXXXX", adding->folder);
	if (!mkdtemp(adding->staging)) {
		adding->staging[0] = '\0';
		return error_set_errno(
			err, ERROR_SYSTEM, errno,
			"%s: cannot create files in this folder (check its mode and owner)",
			adding->folder);
	}
	return package_list_read(adding->lib, &adding->there, NULL, err);
}

static json_t *names_to_json(const struct package_list *list)
{
	json_t *array = json_array();

	for (size_t i = 0; i < list->count; i++)
		json_array_append_new(array, json_string(list->items[i]));
	return array;
}

static void print_names(const char *what, const struct package_list *list)
{
	if (!list->count)
		return;
	fputs(what, stdout);
	for (size_t i = 0; i < list->count; i++)
		text_printf(stdout, "%s%s", i ? ", " : "", list->items[i]);
	putchar('\n');
}

static void report(const struct adding *adding, bool as_json)
{
	json_t *json;

	if (!as_json) {
		print_names("added: ", &adding->added);
		print_names("left out, since the runtime has its own or does not need it: ",
			    &adding->left_out);
		printf("%zu files of Python, %zu kB, in %s\n", adding->files, adding->bytes / 1000,
		       adding->lib);
		return;
	}
	json = json_pack("{s:o, s:o, s:I, s:I, s:s}", "added", names_to_json(&adding->added),
			 "left_out", names_to_json(&adding->left_out), "files",
			 (json_int_t)adding->files, "bytes", (json_int_t)adding->bytes, "folder",
			 adding->lib);
	json_print(json, JSON_INDENT(2));
	json_decref(json);
}

int command_plugin_add_package(const struct command_options *options)
{
	struct adding adding = {.folder = options->words[0], .from = options->from};
	struct package_list asked = {0};
	struct error err = {0};
	int ret = prepare(&adding, &err);

	for (int i = 1; i < options->words_count && !ret; i++)
		ret = package_list_add(&asked, options->words[i], &err);
	if (!ret)
		ret = fetch(&adding, &asked, &err);
	if (!ret)
		ret = take_over(&adding, &err);
	if (*adding.staging)
		remove_folder(adding.staging);
	if (ret)
		text_printf(stderr, "%s\n", err.text);
	else
		report(&adding, options->json);
	package_list_finish(&asked);
	package_list_finish(&adding.there);
	package_list_finish(&adding.added);
	package_list_finish(&adding.left_out);
	return ret ? EXIT_FAILED : EXIT_DONE;
}
