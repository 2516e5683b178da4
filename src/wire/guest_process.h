/*
 * What broker and guest agree on about a guest's process.
 *
 * Where the broker is root, a guest's user and group id is GUEST_ID_BASE + its process id. The
 * kernel gives no process id to a second process while the first one lives, so no two guests ever
 * share a user id, and nobody has to keep a list. The range ends below 2^31 and is above all that
 * Debian and systemd give to people, services and containers (systemd's UIDS-GIDS.md, "Summary":
 * 1879048192 to 2147352575 are unused). No file and no account should have an id of it. A user
 * namespace may not have the range; guests share nobody's id there, and `harvester doctor` says so.
 */
#ifndef HARVESTER_WIRE_GUEST_PROCESS_H
#define HARVESTER_WIRE_GUEST_PROCESS_H

#include <sys/types.h>

#define GUEST_ID_BASE 1996488704u /* 0x77000000 */
#define GUEST_ID_COUNT 4194304u	  /* PID_MAX_LIMIT of the kernel */
#define GUEST_ID_NOBODY 65534u

#define GUEST_THREADS_MAX 64 /* the engine's few, and WASI's timers */

static inline uid_t guest_id(pid_t pid)
{
	return GUEST_ID_BASE + (uid_t)pid;
}

#endif
