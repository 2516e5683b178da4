/*
 * The list of open connections, ordered by the end of their last request. It serves to cut off a
 * client that sends its request byte by byte to occupy a connection: the library's own timeout only
 * detects silence. Loop thread.
 */
#ifndef HARVESTER_HTTP_SERVER_CONNECTION_H
#define HARVESTER_HTTP_SERVER_CONNECTION_H

#include <stdbool.h>
#include <stdint.h>

struct MHD_Connection;

struct web_connection {
	struct web_connection *previous, *next;
	struct MHD_Connection *handle; /* borrowed; NULL in the list's head */
	uint64_t since_ms; /* when it opened, or when its last request ended; loop clock */
};

/* A circular list. `head` is no connection; head.next has been in its request for the longest. */
struct web_connections {
	struct web_connection head;
};

void web_connections_init(struct web_connections *connections);

/*
 * Add a new connection. The list owns it until web_connection_close(). NULL if memory runs out: the
 * connection is then served, but has no time limit.
 */
struct web_connection *web_connection_open(struct web_connections *connections,
					   struct MHD_Connection *handle, uint64_t now_ms);
/*
 * The object that web_connection_open() made for this handle, if it is the library's socket
 * context; NULL if web_connection_open() made no object for it. Borrowed. libmicrohttpd may return
 * every union MHD_ConnectionInfo in the same memory, so that its next answer overwrites this one:
 * call this function each time, and do not keep such a union.
 */
struct web_connection *web_connection_find(struct MHD_Connection *handle);
void web_connection_close(struct web_connection *connection); /* NULL is allowed */

/* A request ended: restart the connection's time limit. NULL is allowed. */
void web_connection_renew(struct web_connections *connections, struct web_connection *connection,
			  uint64_t now_ms);

/* Suspend the time limit until web_connection_renew(), for an endless answer. NULL is allowed. */
void web_connection_rest(struct web_connection *connection);

/*
 * Make the library notice that the client has closed its side. The library reads from a socket
 * until it gets fewer bytes than it asked for; if the end arrives together with the last bytes of a
 * request, the library misses it and waits for the next request until the idle timeout. Call this
 * for each request before its answer.
 */
void web_connection_note_end(struct MHD_Connection *handle);

/* Shut down the sockets of connections older than limit_ms; the library then closes them. */
void web_connections_cut(struct web_connections *connections, uint64_t now_ms, uint64_t limit_ms);

/* When the oldest connection reaches limit_ms (loop clock). False if there is no connection. */
bool web_connections_deadline(const struct web_connections *connections, uint64_t limit_ms,
			      uint64_t *ret_ms);

#endif
