/*
 * Builds the `harvester …` command that a message advises. It works when the reader pastes it into
 * a shell: it carries the options that lead to this node and its folders. Any thread.
 */
#ifndef HARVESTER_BASE_ADVICE_H
#define HARVESTER_BASE_ADVICE_H

#define ADVICE_OPTIONS_SIZE 320
#define ADVICE_SIZE (ADVICE_OPTIONS_SIZE + 160)

/* The options to append to each command: "" or " --data '/srv/my node'". A plain value. */
struct advice {
	char options[ADVICE_OPTIONS_SIZE];
};

/* Append an option and its value, quoted for a shell if needed. If they do not fit, neither is
 * added. */
void advice_add(struct advice *advice, const char *option, const char *value);

/*
 * Write "harvester ", the formatted command and the options (none if `advice` is NULL) to ret_text,
 * cut to ADVICE_SIZE. Returns ret_text.
 */
const char *advice_command(const struct advice *advice, char ret_text[ADVICE_SIZE],
			   const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
