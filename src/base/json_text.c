#include "base/json_text.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"

void json_text_digits(char ret_text[JSON_TEXT_NUMBER_SIZE], double number)
{
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(ret_text, JSON_TEXT_NUMBER_SIZE, "%.*g", digits, number);
		if (strtod(ret_text, NULL) == number)
			break;
	}
}

void json_text_real(char ret_text[JSON_TEXT_NUMBER_SIZE], double number)
{
	json_text_digits(ret_text, number);
	/* Without ".0" a reader would take it for an integer. There is room for two more bytes. */
	if (!strpbrk(ret_text, ".e")) {
		size_t size = strlen(ret_text);

		snprintf(ret_text + size, JSON_TEXT_NUMBER_SIZE - size, ".0");
	}
}

static void append_escaped(struct buffer *text, unsigned char byte)
{
	static const char from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt";
	const char *found = byte ? strchr(from, byte) : NULL;

	if (found)
		buffer_printf(text, "\\%c", to[found - from]);
	else
		buffer_printf(text, "\\u%04x", byte);
}

static bool needs_escape(unsigned char byte)
{
	return byte < 0x20 || byte == '"' || byte == '\\';
}

static void append_string(struct buffer *text, const char *string, size_t size)
{
	size_t plain = 0;

	buffer_append(text, "\"", 1);
	for (size_t i = 0; i < size; i++) {
		if (!needs_escape((unsigned char)string[i]))
			continue;
		buffer_append(text, string + plain, i - plain);
		append_escaped(text, (unsigned char)string[i]);
		plain = i + 1;
	}
	buffer_append(text, string + plain, size - plain);
	buffer_append(text, "\"", 1);
}

static void append_array(struct buffer *text, const json_t *array)
{
	buffer_append(text, "[", 1);
	for (size_t i = 0; !text->failed && i < json_array_size(array); i++) {
		if (i)
			buffer_append(text, ",", 1);
		json_text_append(text, json_array_get(array, i));
	}
	buffer_append(text, "]", 1);
}

static void append_object(struct buffer *text, const json_t *object)
{
	bool is_first = true;
	const char *key;
	json_t *value;
	size_t size;

	buffer_append(text, "{", 1);
	json_object_keylen_foreach((json_t *)(uintptr_t)object, key, size, value)
	{
		if (text->failed)
			return;
		if (!is_first)
			buffer_append(text, ",", 1);
		is_first = false;
		append_string(text, key, size);
		buffer_append(text, ":", 1);
		json_text_append(text, value);
	}
	buffer_append(text, "}", 1);
}

int json_text_append(struct buffer *text, const json_t *value)
{
	char number[JSON_TEXT_NUMBER_SIZE];

	switch (json_typeof(value)) {
	case JSON_OBJECT:
		append_object(text, value);
		break;
	case JSON_ARRAY:
		append_array(text, value);
		break;
	case JSON_STRING:
		append_string(text, json_string_value(value), json_string_length(value));
		break;
	case JSON_INTEGER:
		buffer_printf(text, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
		break;
	case JSON_REAL:
		json_text_real(number, json_real_value(value));
		buffer_append_text(text, number);
		break;
	case JSON_TRUE:
	case JSON_FALSE:
	case JSON_NULL:
	default:
		buffer_append_text(text, json_is_true(value)	? "true"
					 : json_is_false(value) ? "false"
								: "null");
	}
	return text->failed;
}

char *json_text(const json_t *value)
{
	struct buffer text;

	if (!value)
		return NULL;
	buffer_init(&text, SIZE_MAX);
	if (json_text_append(&text, value)) {
		buffer_finish(&text);
		return NULL;
	}
	return text.data;
}
