#include "base/placeholder.h"

#include <stdio.h>
#include <string.h>

#include "base/buffer.h"

/* One part of a text: plain text, or a placeholder with its braces. */
struct part {
	const char *start;
	size_t size;
	bool is_placeholder;
};

/* Take the next part; false at the end of the text. */
static bool next_part(const char **at, struct part *ret_part)
{
	const char *start = *at, *end;

	if (!*start)
		return false;
	if (start[0] == '{' && start[1] == '{') {
		*ret_part = (struct part){start, 1, false};
		*at = start + 2;
		return true;
	}
	if (*start == '{') {
		end = strchr(start, '}');
		end = end ? end + 1 : start + strlen(start);
		*ret_part = (struct part){start, (size_t)(end - start), true};
	} else {
		end = start + strcspn(start, "{");
		*ret_part = (struct part){start, (size_t)(end - start), false};
	}
	*at = end;
	return true;
}

static bool is_named(const struct part *part, const char *name)
{
	size_t size = strlen(name);

	return part->size == size + 2 && part->start[part->size - 1] == '}' &&
	       !memcmp(part->start + 1, name, size);
}

bool placeholder_check(const char *text, const char *const *names, char *ret_unknown, size_t size)
{
	struct part part;

	while (next_part(&text, &part)) {
		size_t i = 0;

		while (part.is_placeholder && names[i] && !is_named(&part, names[i]))
			i++;
		if (part.is_placeholder && !names[i]) {
			snprintf(ret_unknown, size, "%.*s", (int)part.size, part.start);
			return false;
		}
	}
	return true;
}

void placeholder_expand(const char *text, const struct placeholder *values, struct buffer *to)
{
	struct part part;

	while (next_part(&text, &part)) {
		size_t i = 0;

		while (part.is_placeholder && values[i].name && !is_named(&part, values[i].name))
			i++;
		if (part.is_placeholder && values[i].name)
			buffer_append_text(to, values[i].value);
		else
			buffer_append(to, part.start, part.size);
	}
}
