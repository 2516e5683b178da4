#include "daemon/run_socket.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/error.h"

#define ASK_SECONDS 5

struct run_socket {
	uv_pipe_t pipe;
	run_socket_show *show;
	void *arg;
	unsigned handles; /* the pipe's, and those of clients */
	struct client *clients;
};

struct client {
	uv_pipe_t pipe;
	uv_write_t write;
	struct client *next;
	struct run_socket *socket;
	char *text; /* owned */
};

static int make_address(const char *data_folder, struct sockaddr_un *ret_address)
{
	*ret_address = (struct sockaddr_un){.sun_family = AF_UNIX};
	return snprintf(ret_address->sun_path, sizeof(ret_address->sun_path), "%s/run.sock",
			data_folder) < (int)sizeof(ret_address->sun_path)
		       ? 0
		       : ERROR_TOO_LARGE;
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

	while (*link != client)
		link = &(*link)->next;
	*link = client->next;
	let_go(client->socket);
	free(client->text);
	free(client);
}

static void close_client(struct client *client)
{
	if (!uv_is_closing((uv_handle_t *)&client->pipe))
		uv_close((uv_handle_t *)&client->pipe, client_closed);
}

static void written(uv_write_t *write, int status)
{
	(void)status; /* a command that went away gets no answer */
	close_client(write->data);
}

static void answer(struct client *client)
{
	struct run_socket *socket = client->socket;
	json_t *list =
		socket->handles - 2 < RUN_SOCKET_CLIENTS_MAX ? socket->show(socket->arg) : NULL;
	uv_buf_t buffer;

	client->text = json_dumps(list, JSON_COMPACT | JSON_REAL_PRECISION(15));
	json_decref(list);
	if (!client->text) {
		close_client(client);
		return;
	}
	buffer = uv_buf_init(client->text, (unsigned)strlen(client->text));
	client->write.data = client;
	if (uv_write(&client->write, (uv_stream_t *)&client->pipe, &buffer, 1, written))
		close_client(client);
}

static void connected(uv_stream_t *server, int status)
{
	struct run_socket *socket = server->data;
	struct client *client = status ? NULL : calloc(1, sizeof(*client));

	if (!client)
		return;
	uv_pipe_init(server->loop, &client->pipe, 0);
	client->pipe.data = client;
	client->socket = socket;
	client->next = socket->clients;
	socket->clients = client;
	socket->handles++;
	if (uv_accept(server, (uv_stream_t *)&client->pipe))
		close_client(client);
	else
		answer(client);
}

int run_socket_create(uv_loop_t *loop, const char *data_folder, run_socket_show *show, void *arg,
		      struct run_socket **ret_socket, struct error *err)
{
	struct run_socket *socket;
	struct sockaddr_un address;
	mode_t mask;
	int ret = make_address(data_folder, &address);

	if (ret)
		return error_set(err, ret, "%s/run.sock: too long for a socket", data_folder);
	socket = calloc(1, sizeof(*socket));
	if (!socket)
		return error_set(err, ERROR_NO_MEMORY, "out of memory");
	uv_pipe_init(loop, &socket->pipe, 0);
	socket->pipe.data = socket;
	socket->show = show;
	socket->arg = arg;
	socket->handles = 1;
	unlink(address.sun_path); /* of a node that died */
	mask = umask(0177);
	ret = uv_pipe_bind(&socket->pipe, address.sun_path);
	umask(mask);
	if (!ret)
		ret = uv_listen((uv_stream_t *)&socket->pipe, RUN_SOCKET_CLIENTS_MAX, connected);
	if (ret) {
		uv_close((uv_handle_t *)&socket->pipe, socket_closed);
		return error_set(err, ERROR_SYSTEM, "%s: %s", address.sun_path, uv_strerror(ret));
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

/* Asking */

static int read_all(int fd, struct buffer *text)
{
	char bytes[16384];
	ssize_t size;

	while ((size = read(fd, bytes, sizeof(bytes))) > 0) {
		if (buffer_append(text, bytes, (size_t)size))
			return ERROR_TOO_LARGE;
	}
	return size ? ERROR_TIMEOUT : 0;
}

int run_socket_ask(const char *data_folder, json_t **ret_list)
{
	const struct timeval patience = {.tv_sec = ASK_SECONDS};
	struct sockaddr_un address;
	struct buffer text;
	json_error_t where;
	json_t *list = NULL;
	int ret, fd = make_address(data_folder, &address)
			      ? -1
			      : socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return ERROR_NOT_FOUND;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (connect(fd, (struct sockaddr *)&address, sizeof(address))) {
		close(fd);
		return ERROR_NOT_FOUND;
	}
	buffer_init(&text, RUN_SOCKET_ANSWER_MAX);
	ret = read_all(fd, &text);
	close(fd);
	if (!ret)
		list = json_loadb(text.data ? text.data : "", text.size, 0, &where);
	buffer_finish(&text);
	if (ret || !json_is_array(list)) {
		json_decref(list);
		return ret ? ret : ERROR_MALFORMED;
	}
	*ret_list = list;
	return 0;
}
