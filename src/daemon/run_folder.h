/*
 * The folders in which running nodes have their sockets, and in which commands look for them.
 *
 * If HARVESTER_RUNTIME_DIR is set, it is the only one (for tests, and for several installations on
 * one machine). Otherwise a node uses the first of $RUNTIME_DIRECTORY (set by systemd),
 * $XDG_RUNTIME_DIR/harvester, /run/harvester (only root), /run/user/UID/harvester and
 * /tmp/harvester-UID; a command looks in all of them. Any thread.
 */
#ifndef HARVESTER_DAEMON_RUN_FOLDER_H
#define HARVESTER_DAEMON_RUN_FOLDER_H

#include <limits.h>
#include <stddef.h>
#include <sys/types.h>

struct error;

#define RUN_FOLDERS_MAX 8

/*
 * The folder for this process's socket; created with mode 0700 if it is missing. ERROR_NOT_GRANTED
 * if it belongs to another user or others may write to it, ERROR_SYSTEM if it cannot be created.
 */
int run_folder_make(char ret_folder[PATH_MAX], struct error *err);

/*
 * List the existing folders in which nodes of user `owner` may have their sockets, each once, and
 * return their number. Unless this process is root's, a folder is left out if it belongs to
 * somebody other than its user and root: a stranger could have put sockets there.
 */
size_t run_folder_find(uid_t owner, char ret_folders[RUN_FOLDERS_MAX][PATH_MAX]);

#endif
