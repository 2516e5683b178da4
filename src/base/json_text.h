/*
 * Writes JSON text in which each number keeps its exact value. jansson prints a real with a fixed
 * number of digits: with 15 digits 1.7976931348623157e308 becomes a number that overflows, with 17
 * digits 21.3 becomes 21.300000000000001. This code writes the fewest digits that read back as the
 * same number.
 *
 * Any thread, as long as no other thread changes the value.
 */
#ifndef HARVESTER_BASE_JSON_TEXT_H
#define HARVESTER_BASE_JSON_TEXT_H

#include <jansson.h>

struct buffer;

#define JSON_TEXT_NUMBER_SIZE 32 /* bytes of a real as text, with its terminator */

/* Write `number` with the fewest of 15 to 17 digits that read back as the same. It is finite. */
void json_text_digits(char ret_text[JSON_TEXT_NUMBER_SIZE], double number);

/* The same, as a JSON real: the text always has "." or "e". */
void json_text_real(char ret_text[JSON_TEXT_NUMBER_SIZE], double number);

/*
 * Append any value, without spaces and with its members in their order. ERROR_TOO_LARGE beyond the
 * buffer's limit, ERROR_NO_MEMORY; on failure a part of the text may have been appended.
 */
int json_text_append(struct buffer *text, const json_t *value);

/* The same as a new string, which the caller frees with free(). NULL if memory runs out, or if
 * `value` is NULL. */
char *json_text(const json_t *value);

#endif
