#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

const char *error_text(int code)
{
	switch (code) {
	case 0:
		return "success";
#define X(name, value, text)                                                                       \
	case ERROR_##name:                                                                         \
		return text;
		ERROR_TABLE(X)
#undef X
	default:
		return "unknown error";
	}
}

int error_set(struct error *err, int code, const char *format, ...)
{
	va_list args;

	if (!err)
		return code;
	err->code = code;
	va_start(args, format);
	vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	text_make_utf8(err->text);
	return code;
}

int error_set_errno(struct error *err, int code, int errno_value, const char *format, ...)
{
	va_list args;
	size_t length;

	if (!err)
		return code;
	err->code = code;
	va_start(args, format);
	vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	length = strlen(err->text);
	snprintf(err->text + length, sizeof(err->text) - length, ": %s", strerror(errno_value));
	text_make_utf8(err->text);
	return code;
}

int error_wrap(struct error *err, int code, const char *format, ...)
{
	char inner[ERROR_TEXT_SIZE];
	va_list args;
	size_t length;

	if (!err)
		return code;
	memcpy(inner, err->text, sizeof(inner));
	va_start(args, format);
	vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	length = strlen(err->text);
	snprintf(err->text + length, sizeof(err->text) - length, ": %s", inner);
	text_make_utf8(err->text);
	return err->code;
}
