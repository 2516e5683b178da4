/* A field of a JSON body that holds bytes in base64 (RFC 4648, section 4). Any thread. */
#ifndef HARVESTER_HTTP_API_BASE64_FIELD_H
#define HARVESTER_HTTP_API_BASE64_FIELD_H

#include <stddef.h>

struct web_value;

/* The bytes, with a 0 behind them; the caller frees them. NULL: the text is not base64, or memory
 * ran out. */
char *base64_field_decode(const struct web_value *field, size_t *ret_size);

/* The same for a text: NULL also if it contains a 0. */
char *base64_field_decode_text(const struct web_value *field);

#endif
