#include "base/json_cut.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

static json_t *cut_text(const char *whole, size_t max)
{
	char *text = strndup(whole, max);
	json_t *cut;

	if (!text)
		return NULL;
	text_make_utf8(text);
	cut = json_sprintf("%s…", text);
	free(text);
	return cut;
}

void json_cut_texts(json_t *value, size_t max)
{
	json_t *inner;
	const char *key;
	size_t i;

	json_object_foreach(value, key, inner)
	{
		if (json_string_length(inner) > max)
			json_object_set_new(value, key, cut_text(json_string_value(inner), max));
		else
			json_cut_texts(inner, max);
	}
	json_array_foreach(value, i, inner) json_cut_texts(inner, max);
}
