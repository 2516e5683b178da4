/*
 * How commands find running nodes: each node has a socket in a folder that they know
 * (run_folder.h), named after the identity of its data folder. A command connects and gets the
 * node's answer (run_answer.h) until the end of the stream; nothing is read from it. Only the
 * node's own user and root are answered. What a node that died leaves there is refused by the
 * kernel, and replaced by the next node on the same data folder.
 */
#ifndef HARVESTER_DAEMON_RUN_SOCKET_H
#define HARVESTER_DAEMON_RUN_SOCKET_H

#include <jansson.h>
#include <limits.h>
#include <stdint.h>
#include <uv.h>

struct error;
struct run_answer;
struct run_socket;

#define RUN_SOCKET_CLIENTS_MAX 32 /* at once; later ones are closed without an answer */

struct run_socket_counters {
	uint64_t answered;  /* to the end, */
	uint64_t refused;   /* another user's, or one client too many, */
	uint64_t timed_out; /* and those that did not read the answer in time */
};

/* The answer without "commands". New; NULL without memory. */
typedef json_t *run_socket_show(void *arg);

/* The socket of the node on an existing data folder. ERROR_NOT_FOUND, ERROR_TOO_LARGE: a path that
 * no socket can have. Any thread. */
int run_socket_path(const char *folder, const char *data_folder, char ret_path[PATH_MAX],
		    struct error *err);

/*
 * Listen at `path`; a client that has not read its answer after `patience_ms` is let go of. Loop
 * thread. ERROR_BUSY: a live node answers there, and keeps it; ERROR_SYSTEM, ERROR_NO_MEMORY.
 */
int run_socket_create(uv_loop_t *loop, const char *path, uint64_t patience_ms,
		      run_socket_show *show, void *arg, struct run_socket **ret_socket,
		      struct error *err);

/* The socket is removed; the memory ends in later turns of the loop. NULL is allowed. */
void run_socket_close(struct run_socket *socket);

struct run_socket_counters run_socket_counters(const struct run_socket *socket);

/*
 * For a command: what the node that listens at `path` answers. Blocks, RUN_ANSWER_MS at most.
 * ERROR_NOT_FOUND where none runs, ERROR_NOT_GRANTED where it is another user's (root may ask all),
 * and those of run_answer_read(). The caller finishes *ret_answer.
 */
int run_socket_ask(const char *path, struct run_answer *ret_answer, struct error *err);

#endif
