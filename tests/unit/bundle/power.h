/*
 * A disk whose power is cut, for programs that are linked with power.c and --wrap for each call
 * that it records. It writes down what the code under test changes below a folder, and then makes,
 * for any moment, a folder as the disk may have it after the power has gone.
 *
 * The model is that of a file system with a journal: of the changes to one folder, what was flushed
 * is there, and of the others the first few; a file has what was flushed, and a beginning of the
 * rest. Simulated: no real disk is cut off here.
 */
#ifndef HARVESTER_TESTS_POWER_H
#define HARVESTER_TESTS_POWER_H

#include <stddef.h>

struct power;
struct random;

/* Begin to record what happens below the folder `path`. The caller ends it with power_destroy(). */
struct power *power_create(const char *path);
void power_destroy(struct power *power);
/* Record no more. Returns the number of changes. */
size_t power_stop(struct power *power);
/* Make the new folder `path` as it may be if the power went after `count` changes. */
void power_cut(const struct power *power, size_t count, struct random *random, const char *path);

#endif
