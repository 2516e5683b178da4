/*
 * What a spoke knows of its hub since it joined: DATA/hub.json, mode 0600, since it holds its
 * token.
 */
#ifndef HARVESTER_LINK_SPOKE_HUB_ADDRESS_H
#define HARVESTER_LINK_SPOKE_HUB_ADDRESS_H

#include <jansson.h>

struct error;

/* Texts are owned by root. */
struct hub_address {
	const char *url, *node, *token;
	const char
		*pin; /* NULL: the hub has no https, or one that the machine's authorities signed */
	json_t *root;
};

/* ERROR_NOT_FOUND: it has not joined one. ERROR_MALFORMED, ERROR_SYSTEM. */
int hub_address_read(const char *data_folder, struct hub_address *ret_file, struct error *err);
void hub_address_finish(struct hub_address *file);

/* Whole or not at all; it replaces an older one. */
int hub_address_write(const char *data_folder, const char *url, const char *node, const char *token,
		      const char *pin, struct error *err);

/*
 * The line of an invitation, "URL#node=NAME&token=SECRET&pin=PIN", as a file would say it; the
 * caller finishes it. ERROR_MALFORMED says what is wrong with it.
 */
int hub_address_parse(const char *line, struct hub_address *ret_file, struct error *err);

#endif
