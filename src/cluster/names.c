#include "cluster/names.h"

#include <string.h>

bool cluster_name_fits(const char *node)
{
	size_t length = strlen(node);

	return length && node[0] != '.' && node[length - 1] != '.' && !strstr(node, "..") &&
	       !strpbrk(node, "*> \t\r\n");
}
