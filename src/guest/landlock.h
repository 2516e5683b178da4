/*
 * Landlock's part of wall two: no file, no TCP, no signal and no abstract socket beyond this
 * process, as far as the kernel has them.
 */
#ifndef HARVESTER_GUEST_LANDLOCK_H
#define HARVESTER_GUEST_LANDLOCK_H

/* `readable`: a file that may still be opened to be read, NULL: none. -1: this kernel cannot. */
int landlock_enter(const char *readable);

#endif
