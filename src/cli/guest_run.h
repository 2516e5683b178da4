/*
 * Run harvester-guest from the command line and wait for it.
 */
#ifndef HARVESTER_CLI_GUEST_RUN_H
#define HARVESTER_CLI_GUEST_RUN_H

/*
 * `args`: at most 6, NULL at the end. Its stderr is ours; its stdout goes to *ret_text (owned by
 * the caller) where that is not NULL. 0, or ERROR_SYSTEM when it did not end well, and then it or
 * we have said why.
 */
int guest_run(const char *const *args, char **ret_text);

#endif
