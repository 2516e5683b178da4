/*
 * Downloads a file over https, or over http from this machine itself, and shows how far it is. A
 * download that breaks off goes on where it stopped, also when the command is given again.
 */
#ifndef HARVESTER_CLI_DOWNLOAD_H
#define HARVESTER_CLI_DOWNLOAD_H

#include <stdbool.h>
#include <stdint.h>

struct error;

#define DOWNLOAD_SECONDS_MAX 3600
#define DOWNLOAD_TRIES 5

/* Whether `text` is a URL and no path. */
bool download_is_url(const char *text);

/*
 * Download the URL to the file `path`, going on at the end of what is there. Follows no redirect to
 * another protocol. ERROR_INVALID for http to another machine, ERROR_NOT_FOUND (404),
 * ERROR_TOO_LARGE beyond `limit` bytes, ERROR_TIMEOUT, ERROR_SYSTEM. On ERROR_SYSTEM and
 * ERROR_TIMEOUT the file stays, for the next try; else it is removed.
 */
int download(const char *url, const char *path, uint64_t limit, bool shows_progress,
	     struct error *err);

#endif
