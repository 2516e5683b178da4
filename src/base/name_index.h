/*
 * Finds one of many objects by its name, in steps that grow with the logarithm of their number. A
 * wrapper of the tree in <search.h>.
 *
 * An object that is in an index begins with a pointer to its name: `const char *name` is the first
 * member of its struct. The name must not change while the object is in the index. Use an index on
 * one thread at a time.
 */
#ifndef HARVESTER_BASE_NAME_INDEX_H
#define HARVESTER_BASE_NAME_INDEX_H

/* Begins as {NULL}, which is an empty index. Remove all objects before the index ends. */
struct name_index {
	void *root;
};

/*
 * Add an object, which stays the caller's. The index must not have one of the same name.
 * ERROR_NO_MEMORY.
 */
int name_index_add(struct name_index *index, void *object);

/* Remove the object. */
void name_index_remove(struct name_index *index, void *object);

/* Returns the object with that name, or NULL if the index has no such object. */
void *name_index_find(const struct name_index *index, const char *name);

#endif
