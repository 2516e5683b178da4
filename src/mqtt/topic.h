/*
 * Names for MQTT and Home Assistant, made of names that plugins and other nodes chose. Whatever
 * such a name contains, the result has no wildcard, no separator, no zero and no quote, and two
 * different names give two different results. Any thread.
 */
#ifndef HARVESTER_MQTT_TOPIC_H
#define HARVESTER_MQTT_TOPIC_H

#include <stddef.h>

#include "reading/limits.h"

/* Room for a level or an id: three bytes for each of a name, and the end. */
#define TOPIC_LEVEL_SIZE (3 * READING_NAME_MAX + 1)
/* Room for a whole topic: a prefix of 64 bytes, two names, and words of ours. */
#define TOPIC_SIZE (64 + 2 * TOPIC_LEVEL_SIZE + 32)
#define TOPIC_ID_SIZE (3 * TOPIC_LEVEL_SIZE + 32)
/* Room for an expression: ten bytes for each of a name. */
#define TOPIC_TEMPLATE_SIZE (10 * READING_NAME_MAX + 128)

/* Make a level of a topic: bytes other than letters, digits, "-", "_" and "." become "%" and two
 * hexadecimal digits. */
void topic_level(char ret_level[TOPIC_LEVEL_SIZE], const char *name);

/*
 * Make a part of an id that Home Assistant accepts (letters, digits, "-"), without "_", which then
 * separates parts: other bytes become "-" and two hexadecimal digits, "-" itself too.
 */
void topic_id(char ret_id[TOPIC_LEVEL_SIZE], const char *name);

/* Make a part of an entity's name (lower-case letters, digits, "_"). Different names may give the
 * same result. */
void topic_slug(char ret_slug[TOPIC_LEVEL_SIZE], const char *name);

/*
 * Append the name as the inside of a string in a template of Home Assistant (Jinja): characters
 * other than ASCII letters, digits and "_" are escaped, so that no name ends the string. `name` is
 * UTF-8. The text is cut if `size` is too small.
 */
void topic_template_string(char *ret_text, size_t size, const char *name);

#endif
