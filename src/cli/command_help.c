#include "cli/command_help.h"

#include <string.h>

#include "cli/command.h"
#include "config/suggest.h"

#define GROUP_SIZE 32
#define COLUMN 44 /* width of the usage column in a group's list */

static int end(const FILE *out)
{
	return out == stdout ? EXIT_DONE : EXIT_USAGE;
}

int command_help_print(const struct command_table *table, const struct command *only, FILE *out)
{
	if (!only)
		fputs("harvester runs untrusted sensor plugins, each in its own sandbox.\n\n", out);
	for (size_t i = 0; i < table->count; i++) {
		const struct command *command = &table->commands[i];

		if (!only || only == command)
			fprintf(out, "  harvester %s\n      %s\n", command->usage, command->help);
	}
	if (!only)
		fputs("\nExit codes: 0 done, 1 the request failed, 2 wrong usage.\n", out);
	return end(out);
}

bool command_help_is_asked(const char *word)
{
	return !strcmp(word, "--help") || !strcmp(word, "-h") || !strcmp(word, "help");
}

/* Groups. "plugin new" is in the group "plugin"; a command of one word is a group of its own */

static bool is_in_group(const struct command *command, const char *group)
{
	size_t size = strcspn(command->name, " ");

	return strlen(group) == size && !strncmp(command->name, group, size);
}

/* The command that is a group of its own; NULL if the group's commands have two words. */
static const struct command *find_alone(const struct command_table *table, const char *group)
{
	for (size_t i = 0; i < table->count; i++)
		if (!strcmp(table->commands[i].name, group))
			return &table->commands[i];
	return NULL;
}

/* "plugin new NAME": the usage up to its options. */
static int usage_size(const struct command *command)
{
	const char *options = strstr(command->usage, " [");

	return options ? (int)(options - command->usage) : (int)strlen(command->usage);
}

static int print_group(const struct command_table *table, const char *group, FILE *out)
{
	const struct command *alone = find_alone(table, group);

	if (alone)
		return command_help_print(table, alone, out);
	for (size_t i = 0; i < table->count; i++) {
		const struct command *command = &table->commands[i];

		if (is_in_group(command, group))
			fprintf(out, "  harvester %-*.*s  %.*s\n", COLUMN, usage_size(command),
				command->usage, (int)strcspn(command->help, ".;:"), command->help);
	}
	fprintf(out, "`harvester %s COMMAND --help` explains one of them.\n", group);
	return end(out);
}

static int print_groups(const struct command_table *table, FILE *out)
{
	const char *last = "";

	fputs("  harvester", out);
	for (size_t i = 0; i < table->count; i++) {
		const char *name = table->commands[i].name;
		size_t size = strcspn(name, " ");

		if (strncmp(last, name, size) != 0)
			fprintf(out, "%s %.*s", i ? " |" : "", (int)size, name);
		last = name;
	}
	fputs("\n`harvester --help` explains all of them.\n", out);
	return end(out);
}

/* The group with this or the most similar name. False if none is similar. */
static bool find_group(const struct command_table *table, const char *word,
		       char ret_group[GROUP_SIZE])
{
	struct suggestion suggestion;
	char group[GROUP_SIZE];

	suggestion_init(&suggestion, word);
	for (size_t i = 0; i < table->count; i++) {
		const char *name = table->commands[i].name;
		size_t distance = suggestion.distance;

		snprintf(group, sizeof(group), "%.*s", (int)strcspn(name, " "), name);
		suggestion_offer(&suggestion, group);
		if (suggestion.distance < distance)
			memcpy(ret_group, group, sizeof(group));
	}
	return suggestion.best;
}

/* The second word of the group's command that is most similar to `word`; NULL if none is similar.
 */
static const char *find_second(const struct command_table *table, const char *group,
			       const char *word)
{
	struct suggestion suggestion;

	suggestion_init(&suggestion, word);
	for (size_t i = 0; i < table->count; i++) {
		const char *space = strchr(table->commands[i].name, ' ');

		if (space && is_in_group(&table->commands[i], group))
			suggestion_offer(&suggestion, space + 1);
	}
	return suggestion.best;
}

/* `second` is the word after the group; NULL: there was none. */
static void say_unknown_in_group(const struct command_table *table, const char *group,
				 const char *second)
{
	const char *near = second ? find_second(table, group, second) : NULL;

	if (!second)
		fprintf(stderr, "harvester %s: a command is missing; choose one of those below\n",
			group);
	else if (near)
		fprintf(stderr,
			"harvester: unknown command: %s %s, did you mean `harvester %s %s`?\n",
			group, second, group, near);
	else
		fprintf(stderr, "harvester: unknown command: %s %s; choose one of those below\n",
			group, second);
}

int command_help_explain(const struct command_table *table, int argc, char **argv)
{
	const char *word = argv[1], *second = argc > 2 ? argv[2] : NULL;
	char group[GROUP_SIZE];

	if (!find_group(table, word, group)) {
		fprintf(stderr,
			"harvester: unknown command: %s; `harvester --help` lists the commands\n",
			word);
		return print_groups(table, stderr);
	}
	if (!strcmp(word, group) && second && command_help_is_asked(second))
		return print_group(table, group, stdout);
	if (!strcmp(word, group))
		say_unknown_in_group(table, group, second);
	else
		fprintf(stderr, "harvester: unknown command: %s, did you mean `harvester %s`?\n",
			word, group);
	return print_group(table, group, stderr);
}
