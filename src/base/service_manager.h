/*
 * Tells the service manager (systemd) how the node is: ready, reloading, stopping, a line for
 * `systemctl status`, and that the loop still turns (the watchdog). The protocol is that of
 * sd_notify(3): datagrams of text lines to the socket that the environment names.
 *
 * Without a service manager nothing is sent. A message that cannot be sent is dropped: the next one
 * says the same or more. Loop thread.
 */
#ifndef HARVESTER_BASE_SERVICE_MANAGER_H
#define HARVESTER_BASE_SERVICE_MANAGER_H

#include <stddef.h>
#include <uv.h>

struct clock;
struct error;
struct service_manager;

#define SERVICE_STATUS_SIZE 256 /* of a status line, with its terminator */

/* Write the status line, which must have no newline. `arg` is that of service_manager_open(). */
typedef void service_status(void *arg, char *ret_text, size_t size);

/*
 * Take NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID out of the environment, so that no child
 * process speaks for the node. If the manager wants a watchdog, the loop tells it three times in
 * each period that it turns, together with the status line. `clock` is borrowed until the close: it
 * must be this machine's, since the manager compares times with its own. The caller owns
 * *ret_manager and ends it with service_manager_close().
 *
 * ERROR_INVALID if the protocol does not allow the socket's name, ERROR_SYSTEM if no socket can be
 * opened, ERROR_NO_MEMORY. The node can run after such an error, but the manager will end it, since
 * it never hears from it.
 */
int service_manager_open(uv_loop_t *loop, struct clock *clock, service_status *status, void *arg,
			 struct service_manager **ret_manager, struct error *err);

/* Each allows NULL, and then does nothing. */
void service_manager_ready(struct service_manager *manager);	 /* started, or reloaded */
void service_manager_reloading(struct service_manager *manager); /* until the next ready */
void service_manager_stopping(struct service_manager *manager);

/* Send no more. The memory is freed by the loop's next turn. NULL is allowed. */
void service_manager_close(struct service_manager *manager);

#endif
