/*
 * Builds and reads the CBOR items that carry WebAssembly component values between broker and guest.
 *
 * - bool, integer, string: the same in CBOR. char: text.
 * - f32, f64: a float of that width.
 * - list<u8>: a byte string. Any other list, tuple: an array.
 * - record: a map with text keys, in the order of the fields.
 * - option: null or the value. option<option<…>> is not supported.
 * - result: [true, ok value] or [false, error value]; the value is null if it has no type.
 * - variant: [case name, payload or null]. enum: text. flags: an array of text.
 *
 * libcbor counts references without locks: one thread at a time. The value_ builders return an item
 * that the caller owns, or NULL if memory runs out. They take ownership of the items passed to
 * them, also on failure, so that calls can be nested: value_ok(value_f32(x)).
 */
#ifndef HARVESTER_WIRE_VALUE_H
#define HARVESTER_WIRE_VALUE_H

#include <cbor.h>
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;

cbor_item_t *value_null(void);
cbor_item_t *value_bool(bool value);
cbor_item_t *value_unsigned(uint64_t value);
cbor_item_t *value_f32(float value);
cbor_item_t *value_text(const char *text); /* UTF-8 */
cbor_item_t *value_bytes(const uint8_t *data, size_t size);

/* An array of `count` items (of type cbor_item_t *); NULL if an item is NULL. */
cbor_item_t *value_array(size_t count, ...);

/* The two forms of a result: [true, value] and [false, value]. */
cbor_item_t *value_ok(cbor_item_t *value);
cbor_item_t *value_error(cbor_item_t *value);

/* Accept an item of any kind; libcbor's cbor_is_bool() and cbor_is_null() abort on a float. */
bool value_is_bool(const cbor_item_t *item);
bool value_is_null(const cbor_item_t *item);

/*
 * Read item `index` (from 0) of `array`, the arguments of a call. ERROR_MALFORMED if the item is
 * missing, of another kind or greater than `max`; only a hostile guest sends such arguments.
 */
int value_get_unsigned(const cbor_item_t *array, size_t index, uint64_t max, uint64_t *ret_value);
int value_get_bool(const cbor_item_t *array, size_t index, bool *ret_value);

/* The same for text and bytes, borrowed from `array`. The text is not terminated. */
int value_get_text(const cbor_item_t *array, size_t index, const char **ret_text, size_t *ret_size);
int value_get_bytes(const cbor_item_t *array, size_t index, const uint8_t **ret_data,
		    size_t *ret_size);

/*
 * Convert to JSON, for readings. A float that is not finite becomes {"not_finite":
 * "nan"|"inf"|"-inf"}; a 32-bit float becomes a double of the same value. The caller owns
 * *ret_json. ERROR_MALFORMED for values that JSON cannot represent (a byte string, a key that is
 * not text or has a NUL), with the path of member names in the error text; ERROR_TOO_LARGE for more
 * than 32 levels; ERROR_NO_MEMORY.
 */
int value_to_json(const cbor_item_t *value, json_t **ret_json, struct error *err);

#endif
