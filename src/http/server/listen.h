/*
 * Opens the listening socket for an address such as "127.0.0.1:3000". Loop thread.
 */
#ifndef HARVESTER_HTTP_SERVER_LISTEN_H
#define HARVESTER_HTTP_SERVER_LISTEN_H

#include <netinet/in.h>
#include <stdbool.h>

struct error;

#define WEB_HOST_SIZE 256 /* with its terminator; the longest name of the DNS has 253 bytes */

/* Room for "[" IPv6 address "]:65535" and the terminator. */
#define WEB_ADDRESS_SIZE (INET6_ADDRSTRLEN + 9)

struct web_listener {
	int fd;				/* non-blocking, close-on-exec */
	char address[WEB_ADDRESS_SIZE]; /* as bound: "127.0.0.1:3000" or "[::1]:3000" */
	unsigned port;
	bool is_loopback; /* only this machine can connect */
	bool is_any;	  /* bound to all addresses: 0.0.0.0 or [::] */
};

/*
 * Bind and listen on "IPv4:PORT", "[IPv6]:PORT" or "localhost:PORT" (127.0.0.1). Other host names
 * are refused, because resolving them could block the loop. The caller closes ret_listener->fd.
 * ERROR_INVALID if the text is not such an address, ERROR_SYSTEM if it cannot be bound.
 */
int web_listen(const char *text, struct web_listener *ret_listener, struct error *err);

#endif
