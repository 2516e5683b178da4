#include "mqtt/topic.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

/* isalnum() depends on the locale. */
static bool is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* Escape what is not plain, nor one of `more`, by `mark` and two digits. */
static void escape(char ret_text[TOPIC_LEVEL_SIZE], const char *name, const char *more, char mark)
{
	size_t used = 0;

	for (; *name && used + 4 <= TOPIC_LEVEL_SIZE; name++) {
		if (is_plain(*name) || strchr(more, *name))
			ret_text[used++] = *name;
		else
			used += (size_t)snprintf(ret_text + used, 4, "%c%02x", mark,
						 (unsigned)(unsigned char)*name);
	}
	ret_text[used] = '\0';
}

void topic_level(char ret_level[TOPIC_LEVEL_SIZE], const char *name)
{
	escape(ret_level, name, "-_.", '%');
}

void topic_id(char ret_id[TOPIC_LEVEL_SIZE], const char *name)
{
	escape(ret_id, name, "", '-');
}

void topic_slug(char ret_slug[TOPIC_LEVEL_SIZE], const char *name)
{
	size_t used = 0;

	for (; *name && used + 1 < TOPIC_LEVEL_SIZE; name++)
		ret_slug[used++] = is_plain(*name) ? (char)tolower(*name) : '_';
	ret_slug[used] = '\0';
}

/* The code point of a well-formed character of `size` bytes. */
static uint32_t decode(const char *text, size_t size)
{
	uint32_t code = (unsigned char)*text;

	if (size > 1)
		code &= 0x7fu >> size;
	for (size_t i = 1; i < size; i++)
		code = code << 6 | ((unsigned char)text[i] & 0x3fu);
	return code;
}

void topic_template_string(char *ret_text, size_t size, const char *name)
{
	size_t used = 0, left = strlen(name);

	while (left && used + 11 <= size) {
		size_t bytes = text_character(name, left);

		if (bytes == 1 && (is_plain(*name) || *name == '_'))
			ret_text[used++] = *name;
		else if (bytes)
			used += (size_t)snprintf(ret_text + used, 11, "\\U%08x",
						 (unsigned)decode(name, bytes));
		bytes = bytes ? bytes : 1;
		name += bytes;
		left -= bytes;
	}
	ret_text[used] = '\0';
}
