/*
 * DATA/run.sock: a running node tells commands of the same owner about its plugins. A command connects,
 * and gets an array of JSON until the end of the stream; nothing is read from it. A node that is dead
 * does not answer, so what is told is always of one that runs.
 */
#ifndef HARVESTER_DAEMON_RUN_SOCKET_H
#define HARVESTER_DAEMON_RUN_SOCKET_H

#include <jansson.h>
#include <uv.h>

struct error;
struct run_socket;

#define RUN_SOCKET_CLIENTS_MAX 8 /* at once; later ones are closed without an answer */
#define RUN_SOCKET_ANSWER_MAX (8u << 20)

typedef json_t *run_socket_show(void *arg); /* new */

/* Loop thread. ERROR_TOO_LARGE for a path that is too long for a socket, ERROR_SYSTEM, ERROR_NO_MEMORY. */
int run_socket_create(uv_loop_t *loop, const char *data_folder, run_socket_show *show, void *arg,
		      struct run_socket **ret_socket, struct error *err);

/* The socket is removed; the memory ends in later turns of the loop. NULL is allowed. */
void run_socket_close(struct run_socket *socket);

/*
 * For a command: what the node on this data folder tells. Blocks, some seconds at most. ERROR_NOT_FOUND
 * where none runs, ERROR_MALFORMED, ERROR_TIMEOUT. The caller owns *ret_list.
 */
int run_socket_ask(const char *data_folder, json_t **ret_list);

#endif
