/*
 * The open connections in the order of their last finished request, so that one whose request drips
 * in byte by byte can be cut off: the library's own timeout only sees silence.
 */
#ifndef HARVESTER_HTTP_SERVER_CONNECTION_H
#define HARVESTER_HTTP_SERVER_CONNECTION_H

#include <stdbool.h>
#include <stdint.h>

struct MHD_Connection;

struct web_connection {
	struct web_connection *previous, *next;
	struct MHD_Connection *handle; /* NULL in the list's own element */
	uint64_t since_ms;	       /* when it was opened, or its last request was finished */
};

/* A ring; `head` is no connection, head.next is the one that is longest in its request. */
struct web_connections {
	struct web_connection head;
};

void web_connections_init(struct web_connections *connections);

/* A new connection; NULL without memory: it is then served, but not watched. */
struct web_connection *web_connection_open(struct web_connections *connections,
					   struct MHD_Connection *handle, uint64_t now_ms);
void web_connection_close(struct web_connection *connection); /* NULL is allowed */

/* A request was finished: the time of the next one starts. NULL is allowed. */
void web_connection_renew(struct web_connections *connections, struct web_connection *connection,
			  uint64_t now_ms);

/* Its answer has no end: it is not cut until web_connection_renew(). NULL is allowed. */
void web_connection_rest(struct web_connection *connection);

/*
 * Has the client ended its side already? Then the library is told again. It reads on each change of
 * the socket until it gets less than it has room for, and so does not see an end that came together
 * with the last bytes of a request: it would wait for the next request until the connection has
 * been idle for too long. Call it for each request before its answer.
 */
void web_connection_note_end(struct MHD_Connection *handle);

/* Shut down those that are older than limit_ms; the library then finds them closed. */
void web_connections_cut(struct web_connections *connections, uint64_t now_ms, uint64_t limit_ms);

/* Whether there is any, and when the oldest has to be cut. */
bool web_connections_deadline(const struct web_connections *connections, uint64_t limit_ms,
			      uint64_t *ret_ms);

#endif
