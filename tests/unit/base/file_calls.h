/*
 * A file system that fails, or remembers, for programs that are linked with file_calls.c and --wrap
 * for each call below. It counts the calls that change something, lets one of them fail (or that
 * and all later ones), writes less than it was given, and can write down each call, so that images
 * can be made of what a power cut would have left. Simulated: no real disk is cut off here.
 */
#ifndef HARVESTER_TESTS_FILE_CALLS_H
#define HARVESTER_TESTS_FILE_CALLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum file_call { FILE_CREATE, FILE_WRITE, FILE_FLUSH, FILE_RENAME, FILE_LINK, FILE_UNLINK };

#define FILE_CALLS_MAX 512
#define FILE_NAME_MAX 64
#define FILE_DATA_MAX 64

/* One call that went well. */
struct file_record {
	enum file_call call;
	ino_t inode;		  /* of the file, or of the folder that was flushed */
	char from[FILE_NAME_MAX]; /* of a rename or link; of an unlink, the name that goes */
	char name[FILE_NAME_MAX]; /* that the file has from now on */
	uint8_t data[FILE_DATA_MAX];
	size_t size;
};

struct file_calls {
	unsigned calls;	     /* so far */
	unsigned fail_at;    /* the call that fails, from 1; 0: none */
	bool for_ever;	     /* and all after it */
	int error;	     /* with which errno */
	size_t write_max;    /* bytes that one write takes; 0: all */
	bool is_interrupted; /* every other write ends with EINTR, for nothing */
	struct file_record records[FILE_CALLS_MAX];
	size_t count;
};

/* Borrowed; NULL: the file system is as it is. */
void file_calls_use(struct file_calls *calls);

#endif
