/*
 * The lock of a data folder: only one program (a node, or `harvester restore`) uses a data folder
 * at a time. It is a flock() on the folder itself, which the kernel releases when the process ends,
 * however it ends.
 */
#ifndef HARVESTER_STORE_DATA_LOCK_H
#define HARVESTER_STORE_DATA_LOCK_H

struct error;

/*
 * Lock the folder without waiting. The caller owns *ret_fd; closing it releases the lock.
 * ERROR_BUSY if another program holds the lock, ERROR_SYSTEM if the folder cannot be opened.
 */
int data_lock(const char *folder, int *ret_fd, struct error *err);

#endif
