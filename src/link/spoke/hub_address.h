/*
 * The address of a spoke's hub, and the token and pin to reach it with. It is stored when the node
 * joins a hub, in DATA/hub.json with mode 0600 because of the token. Blocks on the disk; any
 * thread.
 */
#ifndef HARVESTER_LINK_SPOKE_HUB_ADDRESS_H
#define HARVESTER_LINK_SPOKE_HUB_ADDRESS_H

#include <jansson.h>

struct error;

/* The strings are borrowed from root. */
struct hub_address {
	const char *url, *node, *token;
	/* NULL: the hub has no https, or a certificate that the system's authorities signed. */
	const char *pin;
	json_t *root;
};

/*
 * Read the file. The caller calls hub_address_finish(). ERROR_NOT_FOUND if this node has not
 * joined a hub, ERROR_MALFORMED, ERROR_SYSTEM.
 */
int hub_address_read(const char *data_folder, struct hub_address *ret_file, struct error *err);
void hub_address_finish(struct hub_address *file);

/*
 * Write the file atomically, replacing an existing one. `pin` may be NULL. ERROR_SYSTEM,
 * ERROR_NO_MEMORY.
 */
int hub_address_write(const char *data_folder, const char *url, const char *node, const char *token,
		      const char *pin, struct error *err);

/*
 * Parse the line of an invitation, "URL#node=NAME&token=SECRET&pin=PIN". The caller calls
 * hub_address_finish(). ERROR_MALFORMED says what is wrong with the line; ERROR_NO_MEMORY.
 */
int hub_address_parse(const char *line, struct hub_address *ret_file, struct error *err);

#endif
