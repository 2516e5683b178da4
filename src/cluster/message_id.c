#include "cluster/message_id.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/history/item.h"

void message_id_write(const struct message_id *id, char ret_text[MESSAGE_ID_SIZE])
{
	snprintf(ret_text, MESSAGE_ID_SIZE, "%s/%" PRIx64 "/%" PRIu64 "-%" PRIu64, id->node,
		 id->stream, id->first, id->last);
}

/* Read digits, and the character that has to follow them. */
static bool read_number(const char **at, const char *digits, int base, char after, uint64_t *ret)
{
	size_t count = strspn(*at, digits);
	char *end;

	if (!count || count > 16 || (*at)[count] != after)
		return false;
	*ret = strtoull(*at, &end, base);
	*at = end + (after ? 1 : 0);
	return true;
}

bool message_id_read(const char *text, struct message_id *ret_id)
{
	struct message_id id = {0};
	size_t length = text ? strcspn(text, "/") : 0;
	const char *at = text;

	if (!length || length > READING_NAME_MAX || !text[length])
		return false;
	memcpy(id.node, text, length);
	at += length + 1;
	if (!read_number(&at, "0123456789abcdef", 16, '/', &id.stream) ||
	    !read_number(&at, "0123456789", 10, '-', &id.first) ||
	    !read_number(&at, "0123456789", 10, '\0', &id.last))
		return false;
	if (!id.first || id.first > id.last || id.last > HISTORY_SEQUENCE_MAX)
		return false;
	*ret_id = id;
	return true;
}

uint64_t message_id_follow(struct message_id *last, const struct message_id *id)
{
	bool is_same = last->last && last->stream == id->stream;
	uint64_t missing = is_same && id->first > last->last + 1 ? last->last + 1 : 0;

	if (!is_same || id->last > last->last)
		*last = *id;
	return missing;
}
