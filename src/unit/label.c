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

/* What is checked: a name, or a longer text. */
struct kind {
	const char *what;
	size_t size_max;
	bool is_name;
};

static int check_character(const struct kind *kind, uint32_t code, size_t at, struct error *err)
{
	if (is_control(code))
		return error_set(err, ERROR_INVALID,
				 "the %s has a control character (0x%02x) at byte %zu: remove it",
				 kind->what, code, at);
	if (is_hidden(code))
		return error_set(err, ERROR_INVALID,
				 "the %s has an invisible character, or one that changes the "
				 "direction of writing (U+%04X), at byte %zu: remove it",
				 kind->what, code, at);
	if (kind->is_name && (code == '<' || code == '>'))
		return error_set(err, ERROR_INVALID,
				 "the name has \"%c\" at byte %zu: remove it, since a name is "
				 "plain text, not markup",
				 (int)code, at);
	return 0;
}

static int check(const struct kind *kind, const char *text, size_t size, struct error *err)
{
	int ret = 0;

	if (!size || size > kind->size_max)
		return error_set(err, ERROR_INVALID, "the %s has %zu bytes: expected 1 to %zu",
				 kind->what, size, kind->size_max);
	for (size_t at = 0; !ret && at < size;) {
		size_t length = text_character(text + at, size - at);

		if (!length)
			return error_set(err, ERROR_INVALID,
					 "the %s is not UTF-8 at byte %zu: save it as UTF-8",
					 kind->what, at + 1);
		ret = check_character(kind, code_point((const unsigned char *)text + at, length),
				      at + 1, err);
		at += length;
	}
	if (!ret && (text[0] == ' ' || text[size - 1] == ' '))
		return error_set(err, ERROR_INVALID,
				 "the %s begins or ends with a space: remove the space",
				 kind->what);
	return ret;
}

int label_check(const char *text, size_t size, struct error *err)
{
	return check(&(struct kind){"name", LABEL_MAX, true}, text, size, err);
}

int label_check_text(const char *text, size_t size, struct error *err)
{
	return check(&(struct kind){"text", LABEL_TEXT_MAX, false}, text, size, err);
}
