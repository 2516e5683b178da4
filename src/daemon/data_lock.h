/*
 * One program works on a data folder at a time: who runs holds a lock on the folder itself, which
 * the kernel takes back when its process ends, however it does.
 */
#ifndef HARVESTER_DAEMON_DATA_LOCK_H
#define HARVESTER_DAEMON_DATA_LOCK_H

struct error;

/* *ret_fd: close it to let go. ERROR_BUSY where another holds it, ERROR_SYSTEM. */
int data_lock(const char *folder, int *ret_fd, struct error *err);

#endif
