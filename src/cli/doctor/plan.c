#include "cli/doctor/plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/durable_file.h"
#include "base/error.h"
#include "base/text.h"
#include "cli/program_run.h"

#define OUTPUT_SIZE_MAX 4096 /* bytes of a program's output that are shown */

static struct doctor_step *add_step(struct doctor_plan *plan)
{
	return &plan->steps[plan->count++];
}

/* True if a line of the file is the module's name and nothing else but blanks. */
static bool has_line(const struct buffer *file, const char *name)
{
	size_t name_size = strlen(name);
	const char *line = file->data;

	while (line && *line) {
		size_t size = strcspn(line, "\n"), blank = strspn(line, " \t");
		const char *word = line + blank;

		if (blank <= size && strcspn(word, " \t\r\n") == name_size &&
		    !strncmp(word, name, name_size))
			return true;
		line += size + (line[size] == '\n');
	}
	return false;
}

static void add_line(struct buffer *file, const char *name)
{
	if (!file->size)
		buffer_append_text(file, "# Written by `harvester doctor --fix`: the drivers of "
					 "this node's buses.\n");
	else if (file->data[file->size - 1] != '\n')
		buffer_append_text(file, "\n");
	buffer_printf(file, "%s\n", name);
}

/* Read the file as it is, and add the lines that it lacks. */
static int plan_file(const struct doctor_module *modules, struct doctor_plan *plan,
		     struct error *err)
{
	bool is_changed = false;
	int ret = buffer_read_file(&plan->file, plan->path, DOCTOR_MODULES_FILE_SIZE_MAX, err);

	if (ret == ERROR_NOT_FOUND)
		buffer_init(&plan->file, DOCTOR_MODULES_FILE_SIZE_MAX);
	else if (ret)
		return ret;
	plan->file.limit = DOCTOR_MODULES_FILE_SIZE_MAX + 1024; /* room for the new lines */
	for (size_t i = 0; i < DOCTOR_MODULES; i++) {
		if (!doctor_module_is_missing(&modules[i]) ||
		    has_line(&plan->file, modules[i].name))
			continue;
		add_line(&plan->file, modules[i].name);
		is_changed = true;
	}
	if (plan->file.failed)
		return error_set(err, plan->file.failed,
				 "%s: cannot add the modules' lines to this file: %s", plan->path,
				 error_text(plan->file.failed));
	if (is_changed)
		add_step(plan);
	return 0;
}

static int plan_modules(const struct doctor_module *modules, struct doctor_plan *plan,
			struct error *err)
{
	bool is_missing = false;
	int ret;

	for (size_t i = 0; i < DOCTOR_MODULES; i++)
		is_missing |= doctor_module_is_missing(&modules[i]);
	if (!is_missing)
		return 0;
	ret = plan_file(modules, plan, err);
	for (size_t i = 0; !ret && i < DOCTOR_MODULES; i++) {
		if (doctor_module_is_missing(&modules[i]))
			*add_step(plan) =
				(struct doctor_step){.args = {"modprobe", modules[i].name}};
	}
	return ret;
}

static void plan_groups(const struct doctor_groups *groups, struct doctor_plan *plan)
{
	for (size_t i = 0; i < DOCTOR_GROUPS; i++) {
		if (doctor_group_is_missing(groups, i))
			*add_step(plan) = (struct doctor_step){
				.args = {"usermod", "-aG", groups->items[i].name, groups->user}};
	}
}

int doctor_plan_make(const struct doctor_setup *setup, const char *root,
		     struct doctor_plan *ret_plan, struct error *err)
{
	int ret;

	*ret_plan = (struct doctor_plan){0};
	buffer_init(&ret_plan->file, DOCTOR_MODULES_FILE_SIZE_MAX);
	snprintf(ret_plan->path, sizeof(ret_plan->path), "%s" DOCTOR_MODULES_FILE, root);
	ret = plan_modules(setup->modules, ret_plan, err);
	if (!ret)
		plan_groups(&setup->groups, ret_plan);
	return ret;
}

void doctor_plan_finish(struct doctor_plan *plan)
{
	buffer_finish(&plan->file);
}

static void print_file(const struct doctor_plan *plan, FILE *out)
{
	const char *line = plan->file.data;

	text_printf(out, "Write %s:\n", plan->path);
	while (line && *line) {
		int size = (int)strcspn(line, "\n");

		text_printf(out, "    %.*s\n", size, line);
		line += size + (line[size] == '\n');
	}
}

static void print_step(const struct doctor_plan *plan, const struct doctor_step *step, FILE *out)
{
	if (!step->args[0]) {
		print_file(plan, out);
		return;
	}
	fputs("Run", out);
	for (size_t i = 0; step->args[i]; i++)
		text_printf(out, " %s", step->args[i]);
	fputc('\n', out);
}

void doctor_plan_print(const struct doctor_plan *plan, FILE *out)
{
	for (size_t i = 0; i < plan->count; i++)
		print_step(plan, &plan->steps[i], out);
}

/* Any answer except y and yes is a no, and so is the end of the input. Takes a whole line, so that
 * the end of a long answer does not answer the next question. */
static bool ask(FILE *in, FILE *out)
{
	char *answer = NULL;
	size_t size = 0;
	bool is_yes = false;

	fputs("Do this? [y/N] ", out);
	fflush(out);
	if (getline(&answer, &size, in) < 0) {
		fputc('\n', out);
	} else {
		answer[strcspn(answer, "\n")] = '\0';
		is_yes = !strcasecmp(answer, "y") || !strcasecmp(answer, "yes");
	}
	free(answer);
	return is_yes;
}

/* Its mode is that of other files in the folder: it holds no secret. */
static int write_file(const struct doctor_plan *plan, struct error *err)
{
	int ret = durable_file_replace_path(plan->path, plan->file.data, plan->file.size, err);

	if (!ret && chmod(plan->path, 0644))
		ret = error_set_errno(err, ERROR_SYSTEM, errno,
				      "cannot change the mode of %s to 0644 (check who owns it)",
				      plan->path);
	return ret;
}

static int run(const char *const *args, struct error *err)
{
	struct buffer output;
	int status = 0, ret;

	buffer_init(&output, OUTPUT_SIZE_MAX);
	ret = program_run(args, &output, &status, err);
	if (ret == ERROR_NOT_FOUND)
		error_set(err, ret,
			  "%s is not in PATH: install it, or add its folder (usually /usr/sbin) to "
			  "PATH",
			  args[0]);
	else if (!ret && status)
		ret = error_set(err, ERROR_SYSTEM, "%s failed with status %d: %.*s", args[0],
				status, (int)(output.data ? strcspn(output.data, "\n") : 0),
				output.data ? output.data : "");
	buffer_finish(&output);
	return ret;
}

static void do_step(const struct doctor_plan *plan, struct doctor_step *step, FILE *out)
{
	struct error err = {0};
	int ret = step->args[0] ? run(step->args, &err) : write_file(plan, &err);

	if (ret) {
		text_printf(out, "    failed: %s\n", err.text);
		return;
	}
	step->result = DOCTOR_DONE;
	fputs("    done\n", out);
}

bool doctor_plan_run(struct doctor_plan *plan, FILE *in, FILE *out, bool yes)
{
	bool is_all_done = true;

	for (size_t i = 0; i < plan->count; i++) {
		struct doctor_step *step = &plan->steps[i];

		print_step(plan, step, out);
		fflush(out);
		if (yes || ask(in, out))
			do_step(plan, step, out);
		else
			fputs("    not done: the answer was not yes\n", out);
		is_all_done &= step->result == DOCTOR_DONE;
	}
	return is_all_done;
}
