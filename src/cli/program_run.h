/*
 * Run a program of this machine from the command line and wait for it.
 */
#ifndef HARVESTER_CLI_PROGRAM_RUN_H
#define HARVESTER_CLI_PROGRAM_RUN_H

struct buffer;
struct error;

/*
 * `args`: the program, looked up in PATH, and its arguments, NULL at the end. It has our
 * environment and nothing on stdin; what it writes to stdout and stderr is added to `output`, whose
 * limit cuts it short. *ret_status is its exit status, 128 and the number for a signal.
 * ERROR_NOT_FOUND for a program that is not there, ERROR_SYSTEM.
 */
int program_run(const char *const *args, struct buffer *output, int *ret_status, struct error *err);

#endif
