#include "base/name_index.h"

#include <search.h>
#include <string.h>

#include "base/error.h"

static int compare(const void *a, const void *b)
{
	const char *const *left = a, *const *right = b;

	return strcmp(*left, *right);
}

int name_index_add(struct name_index *index, void *object)
{
	return tsearch(object, &index->root, compare) ? 0 : ERROR_NO_MEMORY;
}

void name_index_remove(struct name_index *index, void *object)
{
	tdelete(object, &index->root, compare);
}

void *name_index_find(const struct name_index *index, const char *name)
{
	/* A node of the tree is a pointer to the object. */
	void **node = tfind(&name, &index->root, compare);

	return node ? *node : NULL;
}
