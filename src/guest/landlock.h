/*
 * The Landlock part of wall two: this process can open no file and no TCP connection, and reach no
 * other process by a signal or an abstract socket, as far as the kernel's Landlock supports each.
 */
#ifndef HARVESTER_GUEST_LANDLOCK_H
#define HARVESTER_GUEST_LANDLOCK_H

/*
 * Restrict this process for good. `readable`: the one file that may still be opened for reading;
 * NULL: none. Returns 0, or -1 if the kernel has no Landlock.
 */
int landlock_enter(const char *readable);

#endif
