/*
 * Component values as CBOR, the form in which they cross between broker and guest.
 *
 *   bool, integers, string     the same in CBOR (integers as unsigned or negative)
 *   f32, f64, char             a float of that width; a char as text
 *   list<u8>                   a byte string;  any other list: an array
 *   tuple                      an array;       record: a map with text keys, in order
 *   option                     null, or the value;  option<option<…>> does not cross
 *   result                     [true, ok value] or [false, error value]; null where there is no
 * type variant                    [case name, payload or null];  enum: text;  flags: an array of
 * text
 *
 * These helpers build and read such items without knowing the types; libcbor's items are counted
 * and belong to one thread at a time. Builders return NULL without memory and take the items handed
 * to them in every case, so that calls nest: value_ok(value_f32(x)).
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

/* An array of `count` items, each taken; NULL if one of them is. */
cbor_item_t *value_array(size_t count, ...);
cbor_item_t *value_ok(cbor_item_t *value);
cbor_item_t *value_error(cbor_item_t *value);

/* Safe for an item of any kind; libcbor's own questions abort on a float. */
bool value_is_bool(const cbor_item_t *item);
bool value_is_null(const cbor_item_t *item);

/*
 * Read argument `index` of an array of arguments. ERROR_MALFORMED when it is missing, of another
 * kind or out of range: the guest's types make that impossible, a hostile guest does not.
 */
int value_get_unsigned(const cbor_item_t *array, size_t index, uint64_t max, uint64_t *ret_value);
int value_get_bool(const cbor_item_t *array, size_t index, bool *ret_value);

/* Both borrow: *ret_data lives as long as the array. Text need not end in a 0 byte. */
int value_get_text(const cbor_item_t *array, size_t index, const char **ret_text, size_t *ret_size);
int value_get_bytes(const cbor_item_t *array, size_t index, const uint8_t **ret_data,
		    size_t *ret_size);

/*
 * As JSON, for readings: a float that is not finite becomes {"not_finite": "nan"|"inf"|"-inf"}, a
 * float of 32 bits the double of the same value. A fresh value in *ret_json. ERROR_MALFORMED
 * for what JSON has not (a byte string, a key that is no text or has a NUL), with the names of its
 * members before it; ERROR_TOO_LARGE for more than 32 levels.
 */
int value_to_json(const cbor_item_t *value, json_t **ret_json, struct error *err);

#endif
