/*
 * The commands that messages advise, as they work when they are pasted: with the options that a
 * command needs to find the node and the folders that the message is about. Any thread.
 */
#ifndef HARVESTER_BASE_ADVICE_H
#define HARVESTER_BASE_ADVICE_H

#define ADVICE_OPTIONS_SIZE 320
#define ADVICE_SIZE (ADVICE_OPTIONS_SIZE + 160)

/* What goes behind each command: "" or " --data '/srv/my node'". A plain value. */
struct advice {
	char options[ADVICE_OPTIONS_SIZE];
};

/* Add an option with its value, quoted for a shell where needed. A value that is too long for a
 * message is left out, with its option. */
void advice_add(struct advice *advice, const char *option, const char *value);

/*
 * "harvester " and the command, then the options; `advice` NULL: none. A text longer than
 * ADVICE_SIZE is cut. Returns ret_text.
 */
const char *advice_command(const struct advice *advice, char ret_text[ADVICE_SIZE],
			   const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
