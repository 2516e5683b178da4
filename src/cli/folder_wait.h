/*
 * Waits until somebody saves a file in a folder, or in a folder below it. Blocks.
 */
#ifndef HARVESTER_CLI_FOLDER_WAIT_H
#define HARVESTER_CLI_FOLDER_WAIT_H

struct error;

#define FOLDER_WAIT_QUIET_MS 20 /* after the last change of a save, which may be several */

struct folder_wait {
	int fd;		  /* of inotify; -1: none */
	const char *path; /* borrowed */
};

/* Begin to watch; what is saved from now on counts. The caller calls folder_wait_close(), also
 * after a failure. ERROR_SYSTEM. */
int folder_wait_open(const char *path, struct folder_wait *ret_wait, struct error *err);
void folder_wait_close(struct folder_wait *wait);

/* Wait for a save. ERROR_SYSTEM. */
int folder_wait(struct folder_wait *wait, struct error *err);

#endif
