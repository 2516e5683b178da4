/*
 * Listening sockets from the text "ADDR:PORT".
 */
#ifndef HARVESTER_HTTP_SERVER_LISTEN_H
#define HARVESTER_HTTP_SERVER_LISTEN_H

#include <netinet/in.h>
#include <stdbool.h>

struct error;

/* "[" address "]:65535", with its terminator */
#define WEB_ADDRESS_SIZE (INET6_ADDRSTRLEN + 9)

struct web_listener {
	int fd; /* non-blocking, close-on-exec */
	char address[WEB_ADDRESS_SIZE];
	unsigned port;
	bool is_loopback; /* nobody but this machine reaches it */
	bool is_any;	  /* it is no one address: 0.0.0.0 or [::] */
};

/*
 * Bind and listen on "IPv4:PORT", "[IPv6]:PORT" or "localhost:PORT" (127.0.0.1). No name is looked
 * up: that could block. The caller owns ret_listener->fd. ERROR_INVALID or ERROR_SYSTEM.
 */
int web_listen(const char *text, struct web_listener *ret_listener, struct error *err);

#endif
