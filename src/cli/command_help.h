/*
 * The format of the table of commands (main.c has the table), and the help texts made from it.
 */
#ifndef HARVESTER_CLI_COMMAND_HELP_H
#define HARVESTER_CLI_COMMAND_HELP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct command_options;

/* Flags and mask of command.words */
#define WORDS_MORE 0x100  /* the command accepts further words */
#define WORDS_NEEDED 0xff /* how many it needs */

/*
 * The command writes files that other users may have to read (a plugin, exported readings), so the
 * caller's umask applies. All other commands write secrets or into the data folder, so main() sets
 * the umask to 077 for them.
 */
#define FILES_FOR_OTHERS 0x200

struct command {
	const char *name;	 /* "plugin new": one or two words; the first is its group */
	const char *short_names; /* the letters of the options that it accepts */
	int words; /* the number of words that it needs after its name, and the flags above */
	int (*run)(const struct command_options *options); /* returns the exit code */
	const char *usage;
	const char *help;
};

/* The commands of a group must be next to each other. */
struct command_table {
	const struct command *commands;
	size_t count;
};

/*
 * Print the help of one command, or of all if `only` is NULL. Returns the exit code: 0 if `out` is
 * stdout (the help was requested), 2 otherwise (wrong usage).
 */
int command_help_print(const struct command_table *table, const struct command *only, FILE *out);

/* True for "--help", "-h" and "help". */
bool command_help_is_asked(const char *word);

/*
 * For an argv (of at least two words) that names no command: print what is wrong, the most similar
 * command, and one line for each command of its group; at most 15 lines. "GROUP --help" prints the
 * group's commands on stdout, everything else goes to stderr. Returns the exit code.
 */
int command_help_explain(const struct command_table *table, int argc, char **argv);

#endif
