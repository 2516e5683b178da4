#include "cluster/names.h"

#include <stdio.h>
#include <string.h>

bool cluster_name_fits(const char *node)
{
	size_t length = strlen(node);

	return length && node[0] != '.' && node[length - 1] != '.' && !strstr(node, "..") &&
	       !strpbrk(node, "*> \t\r\n");
}

void cluster_inbox(const char *node, char ret_inbox[CLUSTER_INBOX_SIZE])
{
	int length = snprintf(ret_inbox, CLUSTER_INBOX_SIZE, "_INBOX.");

	snprintf(ret_inbox + length, CLUSTER_INBOX_SIZE - (size_t)length, "%s", node);
	for (char *at = ret_inbox + length; *at; at++)
		*at = *at == '.' ? '/' : *at;
}
