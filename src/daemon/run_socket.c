#include "daemon/run_socket.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/error.h"

struct run_socket {
	uv_pipe_t pipe;
	run_socket_show *show;
	void *arg;
	uint64_t patience_ms; /* how long a client may take to read its answer */
	unsigned handles;     /* not closed yet: the pipe, and one for each client */
	unsigned clients_count;
	struct client *clients;
	struct run_socket_counters counters;
};

struct client {
	uv_pipe_t pipe;
	uv_timer_t patience;
	uv_write_t write;
	struct client *next;
	struct run_socket *socket;
	char *text; /* owned */
	unsigned handles;
};

int run_socket_path(const char *folder, const char *data_folder, char ret_path[PATH_MAX],
		    struct error *err)
{
	struct sockaddr_un address;
	struct stat found;
	int size;

	if (stat(data_folder, &found))
		return error_set_errno(err, ERROR_NOT_FOUND, errno,
				       "cannot find the data folder %s (--data chooses another)",
				       data_folder);
	/* Device and inode identify the folder whatever path leads to it, as the lock on it does.
	 */
	size = snprintf(ret_path, PATH_MAX, "%s/%jx-%jx.sock", folder, (uintmax_t)found.st_dev,
			(uintmax_t)found.st_ino);
	if (size >= (int)sizeof(address.sun_path))
		return error_set(err, ERROR_TOO_LARGE,
				 "%s: the path is too long for a socket: choose a shorter data "
				 "folder with --data",
				 folder);
	return 0;
}

int run_socket_peer(int fd, uid_t *ret_uid)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size))
		return ERROR_SYSTEM;
	*ret_uid = peer.uid;
	return 0;
}

int run_socket_connect(const char *path, int *ret_fd)
{
	const struct timeval patience = {.tv_sec = RUN_SOCKET_ANSWER_MS / 1000};
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd, ret;

	if (snprintf(address.sun_path, sizeof(address.sun_path), "%s", path) >=
	    (int)sizeof(address.sun_path))
		return ERROR_TOO_LARGE;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return ERROR_SYSTEM;
	/* connect() waits while the node's queue of connections is full. */
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (!connect(fd, (struct sockaddr *)&address, sizeof(address))) {
		*ret_fd = fd;
		return 0;
	}
	ret = errno == ECONNREFUSED || errno == ENOENT ? ERROR_NOT_FOUND
	      : errno == EACCES			       ? ERROR_NOT_GRANTED
						       : ERROR_SYSTEM;
	close(fd);
	return ret;
}

/* Answering */

static void let_go(struct run_socket *socket)
{
	if (!--socket->handles)
		free(socket);
}

static void socket_closed(uv_handle_t *handle)
{
	let_go(handle->data);
}

static void client_closed(uv_handle_t *handle)
{
	struct client *client = handle->data, **link = &client->socket->clients;

	if (--client->handles)
		return;
	while (*link != client)
		link = &(*link)->next;
	*link = client->next;
	client->socket->clients_count--;
	let_go(client->socket);
	free(client->text);
	free(client);
}

static void close_client(struct client *client)
{
	if (uv_is_closing((uv_handle_t *)&client->pipe))
		return;
	uv_close((uv_handle_t *)&client->pipe, client_closed);
	uv_close((uv_handle_t *)&client->patience, client_closed);
}

static void written(uv_write_t *write, int status)
{
	struct client *client = write->data;

	client->socket->counters.answered += !status;
	close_client(client);
}

static void waited_too_long(uv_timer_t *timer)
{
	struct client *client = timer->data;

	client->socket->counters.timed_out++;
	close_client(client);
}

static json_t *make_answer(const struct run_socket *socket)
{
	json_t *answer = socket->show(socket->arg);

	json_object_set_new(answer, "commands",
			    json_pack("{s:I, s:I, s:I}", "answered",
				      (json_int_t)socket->counters.answered, "refused",
				      (json_int_t)socket->counters.refused, "timed_out",
				      (json_int_t)socket->counters.timed_out));
	return answer;
}

static void answer(struct client *client)
{
	json_t *json = make_answer(client->socket);
	uv_buf_t buffer;

	client->text = json_dumps(json, JSON_COMPACT | JSON_REAL_PRECISION(15));
	json_decref(json);
	if (!client->text) {
		close_client(client);
		return;
	}
	buffer = uv_buf_init(client->text, (unsigned)strlen(client->text));
	client->write.data = client;
	uv_timer_start(&client->patience, waited_too_long, client->socket->patience_ms, 0);
	if (uv_write(&client->write, (uv_stream_t *)&client->pipe, &buffer, 1, written))
		close_client(client);
}

static bool may_ask(const struct client *client)
{
	uv_os_fd_t fd;
	uid_t uid;

	if (client->socket->clients_count > RUN_SOCKET_CLIENTS_MAX ||
	    uv_fileno((const uv_handle_t *)&client->pipe, &fd) || run_socket_peer(fd, &uid))
		return false;
	return !uid || uid == geteuid();
}

static struct client *add_client(struct run_socket *socket)
{
	struct client *client = calloc(1, sizeof(*client));

	if (!client)
		return NULL;
	uv_pipe_init(socket->pipe.loop, &client->pipe, 0);
	uv_timer_init(socket->pipe.loop, &client->patience);
	client->pipe.data = client->patience.data = client;
	client->handles = 2;
	client->socket = socket;
	client->next = socket->clients;
	socket->clients = client;
	socket->clients_count++;
	socket->handles++;
	return client;
}

static void connected(uv_stream_t *server, int status)
{
	struct run_socket *socket = server->data;
	struct client *client = status ? NULL : add_client(socket);

	if (!client)
		return;
	if (uv_accept(server, (uv_stream_t *)&client->pipe)) {
		close_client(client);
	} else if (!may_ask(client)) {
		socket->counters.refused++;
		close_client(client);
	} else {
		answer(client);
	}
}

/* Remove a socket that a dead node left, but not one that a live node answers. */
static int bind_to(struct run_socket *socket, const char *path, struct error *err)
{
	int ret = uv_pipe_bind(&socket->pipe, path), fd, found;

	if (ret == UV_EADDRINUSE) {
		found = run_socket_connect(path, &fd);
		if (!found)
			close(fd);
		if (found != ERROR_NOT_FOUND)
			return error_set(err, ERROR_BUSY,
					 "%s: another node answers there: stop it, or choose "
					 "another data folder with --data",
					 path);
		unlink(path);
		ret = uv_pipe_bind(&socket->pipe, path);
	}
	if (!ret && chmod(path, 0600))
		ret = -errno;
	if (!ret)
		ret = uv_listen((uv_stream_t *)&socket->pipe, RUN_SOCKET_CLIENTS_MAX, connected);
	return ret ? error_set(err, ERROR_SYSTEM,
			       "%s: cannot open the socket for commands: %s (choose another data "
			       "folder with --data)",
			       path, uv_strerror(ret))
		   : 0;
}

int run_socket_create(uv_loop_t *loop, const char *path, uint64_t patience_ms,
		      run_socket_show *show, void *arg, struct run_socket **ret_socket,
		      struct error *err)
{
	struct run_socket *socket = calloc(1, sizeof(*socket));
	int ret;

	if (!socket)
		return error_set(err, ERROR_NO_MEMORY,
				 "out of memory while opening the socket for commands; this "
				 "machine needs more free memory");
	uv_pipe_init(loop, &socket->pipe, 0);
	socket->pipe.data = socket;
	socket->show = show;
	socket->patience_ms = patience_ms;
	socket->arg = arg;
	socket->handles = 1;
	ret = bind_to(socket, path, err);
	if (ret) {
		uv_close((uv_handle_t *)&socket->pipe, socket_closed);
		return ret;
	}
	*ret_socket = socket;
	return 0;
}

void run_socket_close(struct run_socket *socket)
{
	if (!socket)
		return;
	for (struct client *client = socket->clients; client; client = client->next)
		close_client(client);
	uv_close((uv_handle_t *)&socket->pipe, socket_closed); /* removes the file */
}

struct run_socket_counters run_socket_counters(const struct run_socket *socket)
{
	return socket->counters;
}
