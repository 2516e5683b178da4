/*
 * Readings as text in InfluxDB's line protocol. docs/INFLUX.md says how a reading becomes a line.
 *
 * The protocol has no escape for a backslash before the end of a name, so that a server may read
 * two names as one, or the rest of the line as a part of the name. A backslash in a name is
 * therefore written as %5c, a control character as its %XX, and "%" as %25: different names stay
 * different. Any thread.
 */
#ifndef HARVESTER_INFLUX_LINE_H
#define HARVESTER_INFLUX_LINE_H

#include <stddef.h>

struct buffer;
struct history_item;

/*
 * Append the line of a reading, with its line break; nothing if no field has a value. On failure,
 * ERROR_TOO_LARGE beyond the buffer's limit or ERROR_NO_MEMORY, a part of the line may have been
 * appended.
 */
int influx_line_append(struct buffer *text, const char *node, const struct history_item *item);

/* Append a text as a part of a URL's query: all but letters, digits, "-", "_", "." and "~" as %XX.
 * Errors as above. */
int influx_query_append(struct buffer *text, const char *value);

#endif
