#include "unit/label.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"

/* The code point of the well-formed character of `size` bytes at `text`. */
static uint32_t code_point(const unsigned char *text, size_t size)
{
	uint32_t code = size == 1 ? text[0] : text[0] & (0xffu >> (size + 1));

	for (size_t i = 1; i < size; i++)
		code = code << 6 | (text[i] & 0x3f);
	return code;
}

/* Unicode's Bidi_Control, and characters that show nothing: a name could hide behind them. */
static bool is_hidden(uint32_t code)
{
	return code == 0x00ad || code == 0x061c || code == 0x180e || code == 0xfeff ||
	       (code >= 0x200b && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e) ||
	       (code >= 0x2060 && code <= 0x206f) || (code >= 0xfff9 && code <= 0xfffb) ||
	       (code >= 0xe0000 && code <= 0xe007f);
}

static bool is_control(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code < 0xa0);
}

static int check_character(uint32_t code, size_t at, struct error *err)
{
	if (is_control(code))
		return error_set(err, ERROR_INVALID,
				 "the name has a control character (0x%02x) at byte %zu: remove it",
				 code, at);
	if (is_hidden(code))
		return error_set(err, ERROR_INVALID,
				 "the name has an invisible character, or one that changes the "
				 "direction of writing (U+%04X), at byte %zu: remove it",
				 code, at);
	if (code == '<' || code == '>')
		return error_set(err, ERROR_INVALID,
				 "the name has \"%c\" at byte %zu: remove it, since a name is "
				 "plain text, not markup",
				 (int)code, at);
	return 0;
}

int label_check(const char *text, size_t size, struct error *err)
{
	int ret = 0;

	if (!size || size > LABEL_MAX)
		return error_set(err, ERROR_INVALID, "the name has %zu bytes: expected 1 to %d",
				 size, LABEL_MAX);
	for (size_t at = 0; !ret && at < size;) {
		size_t length = text_character(text + at, size - at);

		if (!length)
			return error_set(err, ERROR_INVALID,
					 "the name is not UTF-8 at byte %zu: save it as UTF-8",
					 at + 1);
		ret = check_character(code_point((const unsigned char *)text + at, length), at + 1,
				      err);
		at += length;
	}
	if (!ret && (text[0] == ' ' || text[size - 1] == ' '))
		return error_set(err, ERROR_INVALID,
				 "the name begins or ends with a space: remove the space");
	return ret;
}
