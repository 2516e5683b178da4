/*
 * The user id and the limits of a guest's process, which broker and guest must agree on.
 *
 * If the broker runs as root, a guest's user and group id is GUEST_ID_BASE + its process id. Two
 * living processes never have the same process id, so two guests never have the same user id, and
 * no list of used ids is needed. The range ends below 2^31 and is above the ids that Debian and
 * systemd assign to people, services and containers (systemd's UIDS-GIDS.md, "Summary": 1879048192
 * to 2147352575 are unused). No file and no account may have an id in the range. A user namespace
 * may lack the range; then all guests run as user nobody, and `harvester doctor` reports it.
 */
#ifndef HARVESTER_WIRE_GUEST_PROCESS_H
#define HARVESTER_WIRE_GUEST_PROCESS_H

#include <sys/types.h>

#define GUEST_ID_BASE 1996488704u /* 0x77000000 */
#define GUEST_ID_COUNT 4194304u	  /* the kernel's PID_MAX_LIMIT */
#define GUEST_ID_NOBODY 65534u	  /* used if the user namespace lacks the range */

#define GUEST_THREADS_MAX 64 /* wasmtime needs a few, and WASI's timers too */

static inline uid_t guest_id(pid_t pid)
{
	return GUEST_ID_BASE + (uid_t)pid;
}

#endif
