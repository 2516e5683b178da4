#include "http/server/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"

#define BACKLOG 128

union address {
	struct sockaddr any;
	struct sockaddr_in ip4;
	struct sockaddr_in6 ip6;
};

/* Parse a decimal number from 0 to 65535, without anything before or after it. */
static int parse_port(const char *text, in_port_t *ret_port)
{
	unsigned port = 0;

	if (!*text || strlen(text) > 5)
		return ERROR_INVALID;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return ERROR_INVALID;
		port = port * 10 + (unsigned)(*text - '0');
	}
	if (port > 65535)
		return ERROR_INVALID;
	*ret_port = htons((in_port_t)port);
	return 0;
}

static int parse_host(const char *host, union address *ret_address)
{
	size_t length = strlen(host);
	char inner[INET6_ADDRSTRLEN];

	*ret_address = (union address){0};
	if (!strcmp(host, "localhost"))
		host = "127.0.0.1";
	if (inet_pton(AF_INET, host, &ret_address->ip4.sin_addr) == 1) {
		ret_address->ip4.sin_family = AF_INET;
		return 0;
	}
	if (length < 2 || host[0] != '[' || host[length - 1] != ']' || length - 2 >= sizeof(inner))
		return ERROR_INVALID;
	snprintf(inner, sizeof(inner), "%.*s", (int)(length - 2), host + 1);
	if (inet_pton(AF_INET6, inner, &ret_address->ip6.sin6_addr) != 1)
		return ERROR_INVALID;
	ret_address->ip6.sin6_family = AF_INET6;
	return 0;
}

static int parse(const char *text, union address *ret_address)
{
	const char *colon = strrchr(text, ':');
	char host[WEB_ADDRESS_SIZE];
	in_port_t port;

	if (!colon || (size_t)(colon - text) >= sizeof(host) || parse_port(colon + 1, &port))
		return ERROR_INVALID;
	snprintf(host, sizeof(host), "%.*s", (int)(colon - text), text);
	if (parse_host(host, ret_address))
		return ERROR_INVALID;
	/* sin_port and sin6_port are at the same offset. */
	ret_address->ip4.sin_port = port;
	return 0;
}

static void describe(const union address *address, struct web_listener *listener)
{
	char host[INET6_ADDRSTRLEN] = "";
	bool is_ip6 = address->any.sa_family == AF_INET6;

	if (is_ip6)
		inet_ntop(AF_INET6, &address->ip6.sin6_addr, host, sizeof(host));
	else
		inet_ntop(AF_INET, &address->ip4.sin_addr, host, sizeof(host));
	listener->port = ntohs(address->ip4.sin_port);
	listener->is_loopback = is_ip6 ? IN6_IS_ADDR_LOOPBACK(&address->ip6.sin6_addr)
				       : ntohl(address->ip4.sin_addr.s_addr) >> 24 == 127;
	listener->is_any = is_ip6 ? IN6_IS_ADDR_UNSPECIFIED(&address->ip6.sin6_addr)
				  : address->ip4.sin_addr.s_addr == htonl(INADDR_ANY);
	snprintf(listener->address, sizeof(listener->address), is_ip6 ? "[%s]:%u" : "%s:%u", host,
		 listener->port);
}

int web_listen(const char *text, struct web_listener *ret_listener, struct error *err)
{
	const int on = 1;
	union address address;
	socklen_t size = sizeof(address);
	int fd;

	if (parse(text, &address))
		return error_set(
			err, ERROR_INVALID,
			"listen on %s: expected ADDR:PORT, as in 127.0.0.1:3000 or [::1]:3000",
			text);
	fd = socket(address.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return error_set_errno(err, ERROR_SYSTEM, errno,
				       "cannot listen on %s (--listen chooses another address)",
				       text);
	/* SO_REUSEADDR: otherwise a restart fails while old connections are in TIME_WAIT. */
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
	    bind(fd, &address.any, sizeof(address)) || listen(fd, BACKLOG) ||
	    getsockname(fd, &address.any, &size)) {
		error_set_errno(err, ERROR_SYSTEM, errno,
				"cannot listen on %s (--listen chooses another address)", text);
		close(fd);
		return ERROR_SYSTEM;
	}
	ret_listener->fd = fd;
	describe(&address, ret_listener);
	return 0;
}
