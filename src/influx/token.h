/*
 * The token of [influx], as a header of a request. It is read for each request, so that an owner
 * may replace it while the node runs, and is in memory no longer than the request. Loop thread.
 */
#ifndef HARVESTER_INFLUX_TOKEN_H
#define HARVESTER_INFLUX_TOKEN_H

struct error;

#define INFLUX_TOKEN_SIZE_MAX 4096 /* bytes of the file */

/*
 * Set *authorization, which the caller owns, to "Authorization: Token …" with the first line of the
 * file; to NULL if `path` is NULL or something fails. An earlier value is forgotten first. Blocks
 * on the disk. ERROR_INVALID if there is no token in the file, and the errors of
 * buffer_read_file().
 */
int influx_token_read(const char *path, char **authorization, struct error *err);

/* Overwrite and free it, and set it to NULL. NULL in it is allowed. */
void influx_token_forget(char **authorization);

#endif
