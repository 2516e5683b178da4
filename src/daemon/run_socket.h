/*
 * The socket by which commands find running nodes. It lies in a folder that commands know
 * (run_folder.h), and is named after the device and inode of the node's data folder. A command
 * connects and reads the node's answer (cli/run_answer.h) until the end of the stream; the node
 * reads nothing from the command, and answers only its own user and root. If a node died, the
 * kernel refuses connections to the socket that it left; the next node on that data folder replaces
 * it.
 */
#ifndef HARVESTER_DAEMON_RUN_SOCKET_H
#define HARVESTER_DAEMON_RUN_SOCKET_H

#include <jansson.h>
#include <limits.h>
#include <stdint.h>
#include <sys/types.h>
#include <uv.h>

struct error;
struct run_socket;

#define RUN_SOCKET_ANSWER_MS 5000 /* the longest that either end waits for an answer */
#define RUN_SOCKET_CLIENTS_MAX 32 /* at once; further ones are closed without an answer */

struct run_socket_counters {
	uint64_t answered;  /* clients that got the whole answer */
	uint64_t refused;   /* another user's clients, and clients above the limit */
	uint64_t timed_out; /* clients that did not read the answer in time */
};

/*
 * Make the answer, without its field "commands", which the socket adds. The socket releases the
 * object. NULL if memory runs out.
 */
typedef json_t *run_socket_show(void *arg);

/*
 * The path of the socket, in `folder`, of the node that uses data_folder, which must exist. Any
 * thread. ERROR_NOT_FOUND if data_folder does not exist, ERROR_TOO_LARGE if the path is too long
 * for a socket.
 */
int run_socket_path(const char *folder, const char *data_folder, char ret_path[PATH_MAX],
		    struct error *err);

/*
 * Listen at `path`, and answer each client with show(arg). A client that has not read its answer
 * after `patience_ms` is disconnected. Loop thread. ERROR_BUSY if another node answers at `path`;
 * ERROR_SYSTEM, ERROR_NO_MEMORY.
 */
int run_socket_create(uv_loop_t *loop, const char *path, uint64_t patience_ms,
		      run_socket_show *show, void *arg, struct run_socket **ret_socket,
		      struct error *err);

/* Remove the socket and disconnect the clients; frees itself on later turns of the loop. NULL is
 * allowed. */
void run_socket_close(struct run_socket *socket);

struct run_socket_counters run_socket_counters(const struct run_socket *socket);

/*
 * For a command: connect to the node that listens at `path`, for at most RUN_SOCKET_ANSWER_MS. The
 * caller closes *ret_fd. Any thread. ERROR_NOT_FOUND if no node runs there, ERROR_NOT_GRANTED if
 * this user may not connect, ERROR_TOO_LARGE for a path that no socket can have, ERROR_SYSTEM.
 */
int run_socket_connect(const char *path, int *ret_fd);

/* The user at the other end of a connection, from the kernel. Any thread. ERROR_SYSTEM. */
int run_socket_peer(int fd, uid_t *ret_uid);

#endif
