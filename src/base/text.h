/*
 * UTF-8 text that comes from elsewhere: checked, cut at the border of a character, and freed from
 * characters that a terminal or a page would obey. Any thread; nothing is kept.
 */
#ifndef HARVESTER_BASE_TEXT_H
#define HARVESTER_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Bytes of the well-formed character (RFC 3629) at `text`, of which `left` bytes are there; 0:
 * none. */
size_t text_character(const char *text, size_t left);

/* Whether all `size` bytes are well-formed UTF-8. */
bool text_is_utf8(const char *text, size_t size);

/*
 * How many bytes from the start are plain text: well-formed UTF-8 without control characters (C0,
 * DEL, C1), of which tab, line feed and carriage return are allowed. `size`: all of it is.
 */
size_t text_plain_size(const char *text, size_t size);

/*
 * Copy `raw` (raw_size bytes, whatever they are) into ret_text as a terminated text of at most size
 * - 1 bytes. A control character (C0, DEL, C1, and those that separate lines or change the
 * direction) becomes "?", a tab " ", each byte that is no UTF-8 "?". A text that is too long is cut
 * at the border of a character and ends in "…". size: at least 4.
 */
void text_clean(char *ret_text, size_t size, const char *raw, size_t raw_size);

/* The same without a limit, in new memory; NULL without memory. */
char *text_clean_copy(const char *raw, size_t raw_size);

/*
 * Print for a person: as fprintf(), but the whole text is cleaned as by text_clean(), uncut, but
 * for a newline at its end. So whatever the arguments hold, a plugin's words or a file's name, they
 * stay on one line and no terminal obeys them. Without memory nothing is printed.
 */
void text_printf(FILE *file, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * Make a terminated text UTF-8 where it lies, for JSON: a character that is cut at its end goes,
 * every other byte that is no UTF-8 becomes "?". Control characters stay.
 */
void text_make_utf8(char *text);

#endif
