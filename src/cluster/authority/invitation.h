/*
 * The line that invites a board into a cluster: "HOST:PORT#node=NAME&voter=yes&secret=S&pin=PIN".
 * The secret is valid for one board and while the command waits that made the line; the pin is that
 * of the key of the server that waits (link/tls_pin.h). Any thread.
 */
#ifndef HARVESTER_CLUSTER_AUTHORITY_INVITATION_H
#define HARVESTER_CLUSTER_AUTHORITY_INVITATION_H

#include <stdbool.h>
#include <stddef.h>

#include "cluster/authority/server_address.h"
#include "link/tls_pin.h"
#include "reading/limits.h"

struct error;

#define INVITATION_SECRET_SIZE 44 /* 32 bytes in base64, with the terminator */
#define INVITATION_LINE_SIZE 768

struct invitation {
	struct server_address address; /* of the server that invites */
	char node[READING_NAME_MAX + 1];
	bool is_voter;
	char secret[INVITATION_SECRET_SIZE];
	char pin[TLS_PIN_SIZE];
};

/* Fill in a new random secret. */
void invitation_make_secret(struct invitation *invitation);

void invitation_format(const struct invitation *invitation, char ret_line[INVITATION_LINE_SIZE]);

/* ERROR_MALFORMED says what is wrong with the line. */
int invitation_parse(const char *line, struct invitation *ret_invitation, struct error *err);

#endif
