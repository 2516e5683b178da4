#include "base/advice.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define NEEDS_NO_QUOTES "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:,@%+="

static bool put(char *text, size_t *size, const char *part)
{
	size_t length = strlen(part);

	if (*size + length >= ADVICE_OPTIONS_SIZE)
		return false;
	memcpy(text + *size, part, length + 1);
	*size += length;
	return true;
}

/* Append `word`, quoted if a POSIX shell would not read it as one word. */
static bool put_word(char *text, size_t *size, const char *word)
{
	char sign[2] = "";
	bool fits;

	if (*word && strspn(word, NEEDS_NO_QUOTES) == strlen(word))
		return put(text, size, word);
	fits = put(text, size, "'");
	for (; fits && *word; word++) {
		*sign = *word;
		fits = put(text, size, *word == '\'' ? "'\\''" : sign);
	}
	return fits && put(text, size, "'");
}

void advice_add(struct advice *advice, const char *option, const char *value)
{
	size_t before = strlen(advice->options), size = before;

	if (!put(advice->options, &size, " ") || !put(advice->options, &size, option) ||
	    !put(advice->options, &size, " ") || !put_word(advice->options, &size, value))
		advice->options[before] = '\0';
}

const char *advice_command(const struct advice *advice, char ret_text[ADVICE_SIZE],
			   const char *format, ...)
{
	char words[ADVICE_SIZE - ADVICE_OPTIONS_SIZE - sizeof("harvester ")];
	va_list args;

	va_start(args, format);
	vsnprintf(words, sizeof(words), format, args);
	va_end(args);
	snprintf(ret_text, ADVICE_SIZE, "harvester %s%s", words, advice ? advice->options : "");
	return ret_text;
}
