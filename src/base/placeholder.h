/*
 * Texts with placeholders, such as "{name} is {value} {unit}". "{{" stands for one "{"; a "}" alone
 * is an ordinary character. Any thread.
 */
#ifndef HARVESTER_BASE_PLACEHOLDER_H
#define HARVESTER_BASE_PLACEHOLDER_H

#include <stdbool.h>
#include <stddef.h>

struct buffer;

struct placeholder {
	const char *name;  /* without braces; NULL ends a list */
	const char *value; /* borrowed */
};

/*
 * Whether every placeholder in `text` is one of `names` (NULL at the end). Otherwise ret_unknown
 * gets the first other one, cut to `size` bytes: "{nme}", or "{na" if its "}" is missing.
 */
bool placeholder_check(const char *text, const char *const *names, char *ret_unknown, size_t size);

/*
 * Append `text` with each placeholder replaced by its value. An unknown placeholder is copied as it
 * is. A failure is in to->failed.
 */
void placeholder_expand(const char *text, const struct placeholder *values, struct buffer *to);

#endif
