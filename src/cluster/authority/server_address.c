#include "cluster/authority/server_address.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

#define DIGITS "0123456789"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

static bool read_port(const char *text, unsigned *ret_port)
{
	unsigned long port;

	if (!text) {
		*ret_port = SERVER_PORT;
		return true;
	}
	if (!*text || strlen(text) > 5 || strspn(text, DIGITS) != strlen(text))
		return false;
	port = strtoul(text, NULL, 10);
	*ret_port = (unsigned)port;
	return port > 0 && port <= SERVER_PORT_MAX;
}

int server_address_parse(const char *text, struct server_address *ret_address, struct error *err)
{
	struct server_address address;
	const char *colon = strchr(text, ':');
	size_t length = colon ? (size_t)(colon - text) : strlen(text);

	if (!length || length >= sizeof(address.host) || text[0] == '-' || text[0] == '.' ||
	    strspn(text, LETTERS DIGITS "-.") != length ||
	    !read_port(colon ? colon + 1 : NULL, &address.port))
		return error_set(err, ERROR_INVALID,
				 "%.64s cannot be the address of a cluster's server: expected a "
				 "name or an IPv4 address, and perhaps a port up to %d, such as "
				 "attic.local or 192.168.1.7:4222",
				 text, SERVER_PORT_MAX);
	memcpy(address.host, text, length);
	address.host[length] = '\0';
	*ret_address = address;
	return 0;
}

void server_address_format(const struct server_address *address, enum server_door door,
			   const char *scheme, char *ret_text, size_t size)
{
	snprintf(ret_text, size, "%s%s%s:%u", scheme ? scheme : "", scheme ? "://" : "",
		 address->host, address->port + (unsigned)door);
}

void server_address_listen(const struct server_address *address, enum server_door door,
			   char *ret_text, size_t size)
{
	struct in_addr parsed;
	bool is_address = inet_pton(AF_INET, address->host, &parsed) == 1;

	snprintf(ret_text, size, "%s:%u", is_address ? address->host : "0.0.0.0",
		 address->port + (unsigned)door);
}
