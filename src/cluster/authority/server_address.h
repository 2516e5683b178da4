/*
 * The address of a cluster's server, "HOST:PORT": clients connect to the port, invited boards to
 * the next one, and the other servers to the one 2,000 higher. Any thread.
 */
#ifndef HARVESTER_CLUSTER_AUTHORITY_SERVER_ADDRESS_H
#define HARVESTER_CLUSTER_AUTHORITY_SERVER_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>

struct error;

#define SERVER_HOST_SIZE 254
#define SERVER_ADDRESS_SIZE (SERVER_HOST_SIZE + 8)
#define SERVER_PORT 4222 /* if the address has none */
#define SERVER_PORT_MAX 63000

/* What is to be added to the port. */
enum server_door { SERVER_CLIENTS = 0, SERVER_INVITED = 1, SERVER_ROUTES = 2000 };

struct server_address {
	char host[SERVER_HOST_SIZE];
	unsigned port; /* for clients */
};

/* Parse "HOST" or "HOST:PORT", HOST being a name or an IPv4 address. ERROR_INVALID. */
int server_address_parse(const char *text, struct server_address *ret_address, struct error *err);

/* Write "HOST:PORT" for this door, with "SCHEME://" before it unless `scheme` is NULL. */
void server_address_format(const struct server_address *address, enum server_door door,
			   const char *scheme, char *ret_text, size_t size);

/*
 * Write where the server listens, as "ADDRESS:PORT": at HOST if HOST is an IPv4 address, else at
 * all addresses of its board.
 */
void server_address_listen(const struct server_address *address, enum server_door door,
			   char *ret_text, size_t size);

#endif
