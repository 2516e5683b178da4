#include "config/problem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_SIZE 1024

void problem_list_init(struct problem_list *list)
{
	*list = (struct problem_list){0};
}

void problem_list_finish(struct problem_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->items[i].text);
	problem_list_init(list);
}

/* Bytes of the character at `at`; 0 if it is a control character or malformed UTF-8. */
static size_t printable_size(const unsigned char *at)
{
	size_t size = at[0] < 0x80 ? 1 : at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 : 4;

	if (at[0] < 0x20 || at[0] == 0x7f)
		return 0;
	if (size > 1 && (at[0] < 0xc2 || at[0] > 0xf4))
		return 0;
	if (at[0] == 0xc2 && at[1] < 0xa0)
		return 0;
	for (size_t i = 1; i < size; i++)
		if ((at[i] & 0xc0) != 0x80)
			return 0;
	return size;
}

/* Problems quote untrusted files, and appear on terminals and in JSON. */
static void clean(char *text)
{
	while (*text) {
		size_t size = printable_size((unsigned char *)text);

		if (!size)
			*text = '?';
		text += size ? size : 1;
	}
}

void problem_list_add(struct problem_list *list, const char *file, unsigned line, unsigned column,
		      const char *format, ...)
{
	char what[TEXT_SIZE];
	char *text;
	va_list args;
	int length;

	if (!list)
		return;
	if (list->count == PROBLEMS_MAX) {
		list->dropped++;
		return;
	}
	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	if (line > 0)
		length = asprintf(&text, "%s:%u:%u: %s", file, line, column, what);
	else
		length = asprintf(&text, "%s: %s", file, what);
	if (length < 0) {
		list->dropped++;
		return;
	}
	clean(text);
	list->items[list->count++].text = text;
}
