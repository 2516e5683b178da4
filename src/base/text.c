#include "base/text.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* The bytes of a UTF-8 character that begins with this byte; 0 if no character does. */
static size_t announced(unsigned char first)
{
	if (first < 0x80)
		return 1;
	if (first < 0xc2)
		return 0;
	return first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
}

/* The second byte shows an overlong form, a surrogate or a character above U+10FFFF. */
static bool is_in_range(const unsigned char *text)
{
	switch (text[0]) {
	case 0xe0:
		return text[1] >= 0xa0;
	case 0xed:
		return text[1] <= 0x9f;
	case 0xf0:
		return text[1] >= 0x90;
	case 0xf4:
		return text[1] <= 0x8f;
	default:
		return true;
	}
}

/* How many of the character's `length` bytes are present and well-formed, from its start. */
static size_t well_formed(const unsigned char *text, size_t length, size_t left)
{
	size_t count = 1;

	while (count < length && count < left && (text[count] & 0xc0) == 0x80)
		count++;
	return count > 1 && !is_in_range(text) ? 1 : count;
}

size_t text_character(const char *text, size_t left)
{
	const unsigned char *bytes = (const unsigned char *)text;
	size_t length = left ? announced(bytes[0]) : 0;

	return length && well_formed(bytes, length, left) == length ? length : 0;
}

bool text_is_utf8(const char *text, size_t size)
{
	for (size_t at = 0, length; at < size; at += length) {
		length = text_character(text + at, size - at);
		if (!length)
			return false;
	}
	return true;
}

/* C0, DEL, C1 and the line and direction controls that can fake a line on a terminal or a page. */
static bool is_control(const char *character, size_t length)
{
	const unsigned char *text = (const unsigned char *)character;

	if (length == 1)
		return text[0] < 0x20 || text[0] == 0x7f;
	if (length == 2)
		return text[0] == 0xc2 && text[1] < 0xa0;
	return length == 3 && text[0] == 0xe2 &&
	       ((text[1] == 0x80 && text[2] >= 0xa8 && text[2] <= 0xae) ||
		(text[1] == 0x81 && text[2] >= 0xa6 && text[2] <= 0xa9));
}

static bool is_plain(const unsigned char *character, size_t length)
{
	if (length == 1)
		return (character[0] >= 0x20 && character[0] != 0x7f) ||
		       strchr("\t\n\r", character[0]);
	return length != 2 || character[0] != 0xc2 || character[1] >= 0xa0;
}

size_t text_plain_size(const char *text, size_t size)
{
	for (size_t at = 0, length; at < size; at += length) {
		length = text_character(text + at, size - at);
		if (!length || !text[at] || !is_plain((const unsigned char *)text + at, length))
			return at;
	}
	return size;
}

bool text_copy(char *ret_text, size_t size, const char *text)
{
	return (size_t)snprintf(ret_text, size, "%s", text) < size;
}

void text_clean(char *ret_text, size_t size, const char *raw, size_t raw_size)
{
	static const char cut[] = "…";
	size_t to = 0;

	for (size_t from = 0; from < raw_size;) {
		const char *at = raw + from;
		size_t length = text_character(at, raw_size - from);
		bool bad = !length || is_control(at, length);

		if (!length)
			length = 1;
		if (to + (bad ? 1 : length) + sizeof(cut) > size) {
			memcpy(ret_text + to, cut, sizeof(cut) - 1);
			to += sizeof(cut) - 1;
			break;
		}
		if (bad)
			ret_text[to++] = *at == '\t' ? ' ' : '?';
		else
			memcpy(ret_text + to, at, length), to += length;
		from += length;
	}
	ret_text[to] = '\0';
}

char *text_clean_copy(const char *raw, size_t raw_size)
{
	size_t room = raw_size + sizeof("…"); /* cleaning never adds bytes, so nothing is cut */
	char *clean = malloc(room);

	if (clean)
		text_clean(clean, room, raw, raw_size);
	return clean;
}

static void print_clean(FILE *file, const char *text, size_t size)
{
	char *clean = text_clean_copy(text, size);

	if (clean)
		fputs(clean, file);
	free(clean);
}

void text_printf(FILE *file, const char *format, ...)
{
	char *text;
	va_list args;
	int size;

	va_start(args, format);
	size = vasprintf(&text, format, args);
	va_end(args);
	if (size < 0)
		return;
	if (size && text[size - 1] == '\n') {
		print_clean(file, text, (size_t)size - 1);
		putc('\n', file);
	} else {
		print_clean(file, text, (size_t)size);
	}
	free(text);
}

void text_make_utf8(char *text)
{
	size_t size = strlen(text);

	for (size_t at = 0, length; at < size; at += length) {
		length = text_character(text + at, size - at);
		if (length)
			continue;
		length = announced((unsigned char)text[at]);
		if (length > size - at &&
		    well_formed((unsigned char *)text + at, length, size - at) == size - at) {
			text[at] = '\0';
			return;
		}
		text[at] = '?';
		length = 1;
	}
}
