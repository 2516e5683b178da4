/*
 * The user id of a guest process. If the broker runs as root, each guest changes to a user id of
 * its own (wire/guest_process.h); otherwise a guest keeps the broker's user.
 */
#ifndef HARVESTER_GUEST_IDENTITY_H
#define HARVESTER_GUEST_IDENTITY_H

#include <stdbool.h>

struct error;

/*
 * Change to this process's own user and group for good, or to nobody if the user namespace does not
 * have that id. *ret_is_alone is true if no other process has this user id. If this process is not
 * root, nothing changes and *ret_is_alone is false. ERROR_SYSTEM if root cannot be given up.
 *
 * The kernel resets PR_SET_PDEATHSIG and PR_SET_DUMPABLE when the user changes: set them
 * afterwards.
 */
int identity_become_own(bool *ret_is_alone, struct error *err);

/*
 * The same, but the process still opens files as root (file system user id 0) until
 * identity_forget_files(). It keeps no capability.
 */
int identity_become_own_but_files(bool *ret_is_alone, struct error *err);

/* Stop opening files as root. No effect if this process did not. */
void identity_forget_files(void);

/*
 * For the template: drop all of root's capabilities except CAP_SETUID and CAP_SETGID, which its
 * children need to change their user. Without the others it cannot, for example, send another
 * process's credentials.
 */
void identity_keep_change_of_user(void);

#endif
