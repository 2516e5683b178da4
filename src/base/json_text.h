/*
 * JSON text in which no number changes. jansson prints a real with a fixed number of digits: with
 * 15 of them 1.7976931348623157e308 becomes a number that no reader takes, with 17 of them 21.3
 * becomes 21.300000000000001. Here each real has as many digits as it needs to be read back as the
 * same number.
 *
 * Any thread, as long as nobody changes the value.
 */
#ifndef HARVESTER_BASE_JSON_TEXT_H
#define HARVESTER_BASE_JSON_TEXT_H

#include <jansson.h>

struct buffer;

#define JSON_TEXT_NUMBER_SIZE 32 /* of a real's text, with its terminator */

/* The shortest of 15 to 17 digits that gives the same number. number: finite. */
void json_text_digits(char ret_text[JSON_TEXT_NUMBER_SIZE], double number);

/* The same, as a real of JSON: never without "." or "e". */
void json_text_real(char ret_text[JSON_TEXT_NUMBER_SIZE], double number);

/*
 * Append any value, without spaces and in the order of its members. ERROR_TOO_LARGE for the
 * buffer's limit, ERROR_NO_MEMORY; then a part of it may be there.
 */
int json_text_append(struct buffer *text, const json_t *value);

/* The same as a fresh terminated text, for the caller to free. NULL without memory, or for NULL. */
char *json_text(const json_t *value);

#endif
