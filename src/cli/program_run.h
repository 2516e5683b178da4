/*
 * Runs a program of this machine (such as pip) for a command, and waits for it to end.
 */
#ifndef HARVESTER_CLI_PROGRAM_RUN_H
#define HARVESTER_CLI_PROGRAM_RUN_H

struct buffer;
struct error;

/*
 * `args` is the program, which is looked up in PATH, its arguments, and NULL. It inherits the
 * environment, and its stdin is empty. What it writes to stdout and stderr is appended to `output`,
 * up to the buffer's limit. *ret_status is its exit status, or 128 plus the signal's number.
 * ERROR_NOT_FOUND if the program is not installed, ERROR_SYSTEM if it cannot be started.
 */
int program_run(const char *const *args, struct buffer *output, int *ret_status, struct error *err);

#endif
