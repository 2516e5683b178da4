#include "http/server/connection.h"

#include <microhttpd.h>
#include <stdlib.h>
#include <sys/socket.h>

void web_connections_init(struct web_connections *connections)
{
	connections->head.previous = connections->head.next = &connections->head;
	connections->head.handle = NULL;
}

static void remove_from_ring(struct web_connection *connection)
{
	connection->previous->next = connection->next;
	connection->next->previous = connection->previous;
}

static void append(struct web_connections *connections, struct web_connection *connection,
		   uint64_t now_ms)
{
	struct web_connection *head = &connections->head;

	connection->since_ms = now_ms;
	connection->previous = head->previous;
	connection->next = head;
	head->previous->next = connection;
	head->previous = connection;
}

struct web_connection *web_connection_open(struct web_connections *connections,
					   struct MHD_Connection *handle, uint64_t now_ms)
{
	struct web_connection *connection = malloc(sizeof(*connection));

	if (!connection)
		return NULL;
	connection->handle = handle;
	append(connections, connection, now_ms);
	return connection;
}

struct web_connection *web_connection_find(struct MHD_Connection *handle)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(handle, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info ? info->socket_context : NULL;
}

void web_connection_close(struct web_connection *connection)
{
	if (!connection)
		return;
	remove_from_ring(connection);
	free(connection);
}

void web_connection_renew(struct web_connections *connections, struct web_connection *connection,
			  uint64_t now_ms)
{
	if (!connection)
		return;
	remove_from_ring(connection);
	append(connections, connection, now_ms);
}

void web_connection_rest(struct web_connection *connection)
{
	if (!connection)
		return;
	remove_from_ring(connection);
	connection->previous = connection->next = connection;
}

void web_connections_cut(struct web_connections *connections, uint64_t now_ms, uint64_t limit_ms)
{
	const union MHD_ConnectionInfo *info;
	struct web_connection *oldest;

	for (oldest = connections->head.next;
	     oldest != &connections->head && now_ms - oldest->since_ms >= limit_ms;
	     oldest = connections->head.next) {
		info = MHD_get_connection_info(oldest->handle, MHD_CONNECTION_INFO_CONNECTION_FD);
		if (info)
			shutdown(info->connect_fd, SHUT_RDWR);
		web_connection_renew(connections, oldest, now_ms);
	}
}

bool web_connections_deadline(const struct web_connections *connections, uint64_t limit_ms,
			      uint64_t *ret_ms)
{
	const struct web_connection *oldest = connections->head.next;

	if (oldest == &connections->head)
		return false;
	*ret_ms = oldest->since_ms + limit_ms;
	return true;
}

void web_connection_note_end(struct MHD_Connection *handle)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(handle, MHD_CONNECTION_INFO_CONNECTION_FD);
	char byte;

	/* recv() gave 0: no data is left. The shutdown makes the socket readable once more. */
	if (info && !recv(info->connect_fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT))
		shutdown(info->connect_fd, SHUT_RD);
}
