/*
 * The process id of a guest that the template forked, told by the kernel.
 *
 * The child writes one byte into its socket before anything else happens in it; with SO_PASSCRED on
 * our end the kernel says which process sent it. Neither the template nor any guest can name
 * another process so: that takes CAP_SYS_ADMIN, which they do not have (guest/identity.h). Loop
 * thread.
 */
#ifndef HARVESTER_PLUGIN_PROCESS_HELLO_H
#define HARVESTER_PLUGIN_PROCESS_HELLO_H

#include <sys/types.h>

struct error;

/*
 * From now on the kernel names the senders on our end `socket`. *ret_fd: a duplicate to receive on,
 * the caller's, which keeps the connection when the guest is closed meanwhile. ERROR_SYSTEM.
 */
int hello_expect(int socket, int *ret_fd, struct error *err);

/*
 * Take the one byte, without waiting. ERROR_NOT_FOUND: there is none; ERROR_MALFORMED: the kernel
 * named nobody, or no child of this process.
 */
int hello_receive(int fd, pid_t *ret_pid);

#endif
