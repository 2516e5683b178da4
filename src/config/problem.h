/*
 * A list of the problems found in a configuration or permission file, each with its line and
 * column. Not thread-safe.
 */
#ifndef HARVESTER_CONFIG_PROBLEM_H
#define HARVESTER_CONFIG_PROBLEM_H

#include <stddef.h>

#define PROBLEMS_MAX 100 /* stored; further ones are only counted, in `dropped` */

struct problem {
	char *text; /* "FILE:LINE:COLUMN: what is wrong, what was expected" */
};

struct problem_list {
	struct problem items[PROBLEMS_MAX];
	size_t count; /* of items */
	size_t dropped;
};

void problem_list_init(struct problem_list *list);
void problem_list_finish(struct problem_list *list);

/* Add a problem. line and column count from 1; line 0: it concerns the whole file. `list` may be
 * NULL. */
void problem_list_add(struct problem_list *list, const char *file, unsigned line, unsigned column,
		      const char *format, ...) __attribute__((format(printf, 5, 6)));

#endif
