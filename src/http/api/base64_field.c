#include "http/api/base64_field.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "http/server/parameter.h"

char *base64_field_decode(const struct web_value *field, size_t *ret_size)
{
	size_t size = strlen(field->text);
	char *data = malloc(size + 1);

	if (data && sodium_base642bin((unsigned char *)data, size, field->text, size, NULL,
				      ret_size, NULL, sodium_base64_VARIANT_ORIGINAL)) {
		free(data);
		return NULL;
	}
	if (data)
		data[*ret_size] = '\0';
	return data;
}

char *base64_field_decode_text(const struct web_value *field)
{
	size_t size;
	char *text = base64_field_decode(field, &size);

	if (!text || strlen(text) == size)
		return text;
	free(text);
	return NULL;
}
