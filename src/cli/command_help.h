/*
 * The table of commands, and the help that is made from it.
 */
#ifndef HARVESTER_CLI_COMMAND_HELP_H
#define HARVESTER_CLI_COMMAND_HELP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct command_options;

#define WORDS_MORE 0x100
#define WORDS_NEEDED 0xff

/*
 * What the command writes is for others too: a plugin that the daemon's user has to read, readings
 * for another program. Its files get the caller's mode; those of all other commands are for their
 * owner alone, whatever the caller's umask says: they write into the data folder, or secrets.
 */
#define FILES_FOR_OTHERS 0x200

struct command {
	const char *name;	 /* "plugin new": one or two words, the first being its group */
	const char *short_names; /* the options it takes, by their letter */
	int words; /* besides its name: how many it needs; WORDS_MORE: or more; FILES_FOR_OTHERS */
	int (*run)(const struct command_options *options);
	const char *usage;
	const char *help;
};

/* Commands of a group stand beside each other. */
struct command_table {
	const struct command *commands;
	size_t count;
};

/* The help of one command, or (`only` NULL) of all. The exit code: wrong usage unless on stdout. */
int command_help_print(const struct command_table *table, const struct command *only, FILE *out);

/* "--help", "-h", "help" */
bool command_help_is_asked(const char *word);

/*
 * Where argv (at least two) names no command: what is wrong and the nearest one, and of its group a
 * line for each command. At most 15 lines; on stdout where it was asked for. The exit code.
 */
int command_help_explain(const struct command_table *table, int argc, char **argv);

#endif
