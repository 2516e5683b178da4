/*
 * The folders in which running nodes have their sockets, and in which commands look for them.
 *
 * HARVESTER_RUNTIME_DIR, where it is set, is the only one: for tests, and for installations beside
 * each other. Otherwise a node uses the first of $RUNTIME_DIRECTORY (a service's),
 * $XDG_RUNTIME_DIR/harvester, /run/harvester (root's), /run/user/UID/harvester and
 * /tmp/harvester-UID; a command looks in all of them.
 */
#ifndef HARVESTER_DAEMON_RUN_FOLDER_H
#define HARVESTER_DAEMON_RUN_FOLDER_H

#include <limits.h>
#include <stddef.h>
#include <sys/types.h>

struct error;

#define RUN_FOLDERS_MAX 8

/* This process' own, made (mode 0700) where it is missing. ERROR_NOT_GRANTED where others could
 * write into it, ERROR_SYSTEM. */
int run_folder_make(char ret_folder[PATH_MAX], struct error *err);

/*
 * Where the nodes of user `owner` may be found, each once; how many. Those that belong neither to
 * this user nor to root are left out, unless this user is root.
 */
size_t run_folder_find(uid_t owner, char ret_folders[RUN_FOLDERS_MAX][PATH_MAX]);

#endif
