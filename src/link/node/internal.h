/* What node_links.c and node_spoke.c share. */
#ifndef HARVESTER_LINK_NODE_INTERNAL_H
#define HARVESTER_LINK_NODE_INTERNAL_H

#include <limits.h>

#include "link/node/node_links.h"
#include "link/spoke/hub_address.h"

struct node_links {
	struct node_links_config config;
	char fleet_path[PATH_MAX];
	struct hub *own_hub;	     /* owned; NULL unless this node is a hub */
	struct spoke_link *link;     /* owned; NULL unless this node is a spoke */
	struct log_outbox *outbox;   /* owned; likewise */
	struct old_spoke *old_spoke; /* owned; NULL until needed */
	struct hub_address hub;	     /* owned; of this spoke's hub */
	char membership[17];	     /* identifies the invitation; "": this node has no hub */
	unsigned open_parts;
	void (*on_closed)(void *arg);
	void *closed_arg;
};

/* Pass a line for the log to on_noted(). A longer line than LOG_TEXT_SIZE is cut. */
void node_links_note(const struct node_links *links, enum log_level level, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * Find this node's hub, and create the link and the outbox of log lines if it has one. After a
 * failure `links` holds what was created before it. The errors of hub_address_read(),
 * spoke_link_create() and log_outbox_create().
 */
int node_spoke_create(struct node_links *links, struct error *err);

#endif
