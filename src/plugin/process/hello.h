/*
 * Learns the process id of a guest that the template forked, from the kernel.
 *
 * The first thing that a forked guest does is to write one byte to its socket. The broker's end has
 * SO_PASSCRED set, so the kernel says which process sent it. Neither the template nor a guest can
 * name another process: that takes CAP_SYS_ADMIN, which they do not have (guest/identity.h). All
 * functions: loop thread.
 */
#ifndef HARVESTER_PLUGIN_PROCESS_HELLO_H
#define HARVESTER_PLUGIN_PROCESS_HELLO_H

#include <sys/types.h>

struct error;

/*
 * Make the kernel name the sender of what arrives on `socket`, the broker's end. *ret_fd is a
 * duplicate of it for hello_receive(); the caller owns it. It keeps the connection open if the
 * guest is closed in the meantime. ERROR_SYSTEM.
 */
int hello_expect(int socket, int *ret_fd, struct error *err);

/*
 * Receive the byte and its sender. Does not block. ERROR_NOT_FOUND if no byte has arrived;
 * ERROR_MALFORMED if the kernel named no process, or one that is not a child of the broker.
 */
int hello_receive(int fd, pid_t *ret_pid);

#endif
