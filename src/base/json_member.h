/* Reads members of JSON objects that another program or a stranger may have written. Any thread. */
#ifndef HARVESTER_BASE_JSON_MEMBER_H
#define HARVESTER_BASE_JSON_MEMBER_H

#include <jansson.h>

/*
 * Returns the text of the member `key`, borrowed from `object`. If `object` is NULL or has no such
 * member, or if the member is no text, returns `otherwise`.
 */
const char *json_member_text_or(const json_t *object, const char *key, const char *otherwise);

/* The same; returns "" instead of `otherwise`. */
const char *json_member_text(const json_t *object, const char *key);

#endif
