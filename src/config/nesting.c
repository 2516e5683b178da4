#include "config/nesting.h"

#include <stdbool.h>
#include <string.h>

#define TEXT(x) #x
#define NUMBER(x) TEXT(x)

/* The offset after the string that begins at `at`: after its closing quote, or at the end of its
 * line if that is missing. */
static size_t skip_string(const char *text, size_t size, size_t at)
{
	char quote = text[at];
	bool many_lines = size - at >= 3 && text[at + 1] == quote && text[at + 2] == quote;
	size_t run;

	at += many_lines ? 3 : 1;
	while (at < size) {
		if (text[at] == '\\' && quote == '"') {
			at += 2;
		} else if (text[at] == quote) {
			/* The string may end with two quotes before the closing three. */
			for (run = 1; run < (many_lines ? 5 : 1); run++)
				if (at + run == size || text[at + run] != quote)
					break;
			at += run;
			if (!many_lines || run >= 3)
				return at;
		} else if (text[at] == '\n' && !many_lines) {
			return at;
		} else {
			at++;
		}
	}
	return size;
}

static size_t skip_comment(const char *text, size_t size, size_t at)
{
	const char *end = memchr(text + at, '\n', size - at);

	return end ? (size_t)(end - text) : size;
}

/* The offset of the first place that is nested too deeply, or `size`. */
static size_t find_too_deep(const char *text, size_t size, const char **ret_what)
{
	unsigned brackets = 0, parts = 1;
	size_t at = 0;

	while (at < size) {
		if (text[at] == '"' || text[at] == '\'') {
			at = skip_string(text, size, at);
			continue;
		}
		if (text[at] == '#') {
			at = skip_comment(text, size, at);
			continue;
		}
		if (strchr("=[]{},\n", text[at]))
			parts = 1;
		if (text[at] == '.' && ++parts > NESTING_KEY_PARTS_MAX) {
			*ret_what = "a key of more than " NUMBER(NESTING_KEY_PARTS_MAX) " parts";
			return at;
		}
		if ((text[at] == '[' || text[at] == '{') && ++brackets > NESTING_BRACKETS_MAX) {
			*ret_what = "more than " NUMBER(NESTING_BRACKETS_MAX) " nested brackets";
			return at;
		}
		if ((text[at] == ']' || text[at] == '}') && brackets > 0)
			brackets--;
		at++;
	}
	return size;
}

const char *nesting_check(const char *text, size_t size, unsigned *ret_line, unsigned *ret_column)
{
	const char *what = NULL;
	size_t found = find_too_deep(text, size, &what);
	unsigned line = 1, column = 1;

	if (!what)
		return NULL;
	for (size_t i = 0; i < found; i++) {
		column = text[i] == '\n' ? 1 : column + 1;
		line += text[i] == '\n';
	}
	*ret_line = line;
	*ret_column = column;
	return what;
}
