/*
 * Runs harvester-guest for a command (`plugin compile`, `plugin inspect`) and waits for it to end.
 */
#ifndef HARVESTER_CLI_GUEST_RUN_H
#define HARVESTER_CLI_GUEST_RUN_H

/*
 * Run it with `args` (at most 6, then NULL). It shares this process's stderr. Its stdout is
 * returned in *ret_text, which the caller frees with free(); if ret_text is NULL, it is discarded.
 * ERROR_NOT_FOUND if harvester-guest is not installed beside harvester, ERROR_SYSTEM if it cannot
 * be started or fails; the reason is on stderr.
 */
int guest_run(const char *const *args, char **ret_text);

#endif
