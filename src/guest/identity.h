/*
 * Whose process this is. A guest of a broker that is root gives root up for an id of its own
 * (wire/guest_process.h); one of another user stays that user's.
 */
#ifndef HARVESTER_GUEST_IDENTITY_H
#define HARVESTER_GUEST_IDENTITY_H

#include <stdbool.h>

struct error;

/*
 * Become this process' own user and group, or nobody where the range is not mapped; for good.
 * *ret_is_alone: no other process has this user id. Not root: nothing changes, and false.
 * ERROR_SYSTEM.
 *
 * Clears what a change of user clears: PR_SET_PDEATHSIG and PR_SET_DUMPABLE.
 */
int identity_become_own(bool *ret_is_alone, struct error *err);

/*
 * The same, but files are still opened as root's (the file system user id), until
 * identity_forget_files(). No capability is left either way.
 */
int identity_become_own_but_files(bool *ret_is_alone, struct error *err);

/* Does nothing where nothing was kept. */
void identity_forget_files(void);

/*
 * For the template: of root's capabilities, keep those that its children change their user with. It
 * can then, for one thing, send no credentials but its own.
 */
void identity_keep_change_of_user(void);

#endif
