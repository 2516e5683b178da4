/*
 * Checks and cleans UTF-8 text from untrusted sources: finds malformed bytes, cuts between two
 * characters, and replaces control characters that a terminal or a page would act on. Any thread.
 */
#ifndef HARVESTER_BASE_TEXT_H
#define HARVESTER_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* The number of bytes of the UTF-8 character (RFC 3629) at the start of `text`, which has `left`
 * bytes; 0 if they do not begin with a well-formed character. */
size_t text_character(const char *text, size_t left);

/* True if all `size` bytes are well-formed UTF-8. */
bool text_is_utf8(const char *text, size_t size);

/*
 * The number of bytes at the start that are plain text: well-formed UTF-8 without control
 * characters (C0, DEL, C1) other than tab, line feed and carriage return. Equals `size` if all of
 * it is plain.
 */
size_t text_plain_size(const char *text, size_t size);

/*
 * Copy the text into ret_text, which has `size` bytes. Returns false if it is too long: then its
 * beginning is there.
 */
bool text_copy(char *ret_text, size_t size, const char *text);

/*
 * Copy `raw` (any raw_size bytes) into ret_text as a terminated text of at most size - 1 bytes.
 * Control characters (C0, DEL, C1, line separators, changes of direction) and bytes that are not
 * UTF-8 become "?", a tab becomes a space. A text that is too long is cut between two characters
 * and ends in "…". size: at least 4.
 */
void text_clean(char *ret_text, size_t size, const char *raw, size_t raw_size);

/* The same without a limit. The caller frees it with free(); NULL if memory runs out. */
char *text_clean_copy(const char *raw, size_t raw_size);

/*
 * Like fprintf(), but clean the text as text_clean() does, except for a newline at its end, and cut
 * nothing. So arguments from a plugin or a file's name stay on one line and cannot control the
 * terminal. Prints nothing if memory runs out.
 */
void text_printf(FILE *file, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * Make a terminated text valid UTF-8 in place, for JSON: remove an incomplete character at the end,
 * and replace each other malformed byte with "?". Control characters stay.
 */
void text_make_utf8(char *text);

#endif
