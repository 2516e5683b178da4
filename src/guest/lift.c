#include "guest/lift.h"

#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "wire/value.h"

/* The shortest CBOR encoding; negative numbers have a major type of their own in CBOR. */
static cbor_item_t *lift_signed(int64_t number)
{
	cbor_item_t *item;

	if (number >= 0)
		return value_unsigned((uint64_t)number);
	item = cbor_build_negint64((uint64_t)(-1 - number));
	return item;
}

static cbor_item_t *text_item(const wasm_name_t *text)
{
	return cbor_build_stringn(text->data, text->size);
}

static cbor_item_t *lift_optional(const wasmtime_component_val_t *val)
{
	return val ? lift(val) : value_null();
}

static cbor_item_t *lift_bytes(const wasmtime_component_vallist_t *list)
{
	cbor_item_t *item = cbor_new_definite_bytestring();
	unsigned char *data = malloc(list->size ? list->size : 1);

	if (!item || !data) {
		free(data);
		if (item)
			cbor_decref(&item);
		return NULL;
	}
	for (size_t i = 0; i < list->size; i++)
		data[i] = list->data[i].of.u8;
	cbor_bytestring_set_handle(item, data, list->size);
	return item;
}

static cbor_item_t *lift_vals(const wasmtime_component_val_t *vals, size_t count)
{
	cbor_item_t *array = cbor_new_definite_array(count);

	for (size_t i = 0; array && i < count; i++) {
		cbor_item_t *item = lift(&vals[i]);

		if (!item || !cbor_array_push(array, item)) {
			cbor_decref(&array);
			array = NULL;
		}
		if (item)
			cbor_decref(&item);
	}
	return array;
}

static cbor_item_t *lift_list(const wasmtime_component_vallist_t *list)
{
	/* An empty list has no element that would tell its type. It becomes an array, as in JSON.
	 */
	if (list->size && list->data[0].kind == WASMTIME_COMPONENT_U8)
		return lift_bytes(list);
	return lift_vals(list->data, list->size);
}

static bool is_latin1(const wasmtime_component_valrecord_t *record)
{
	static const char name[] = "latin1";

	return record->size == 1 && record->data[0].name.size == sizeof(name) - 1 &&
	       !memcmp(record->data[0].name.data, name, sizeof(name) - 1) &&
	       record->data[0].val.kind == WASMTIME_COMPONENT_STRING;
}

/* Convert UTF-8, which the engine guarantees to be valid, to one byte a character. Returns the
 * number of bytes, or -1 if a character is above 255. */
static ssize_t decode_latin1(const unsigned char *text, size_t size, unsigned char *ret_bytes)
{
	size_t count = 0;

	for (size_t i = 0; i < size; i++) {
		if (text[i] > 0xc3)
			return -1;
		if (text[i] < 0x80)
			ret_bytes[count++] = text[i];
		else if (text[i] >= 0xc0 && ++i < size)
			ret_bytes[count++] =
				(unsigned char)((text[i - 1] & 0x03) << 6 | (text[i] & 0x3f));
	}
	return (ssize_t)count;
}

static cbor_item_t *lift_latin1(const wasm_name_t *text)
{
	unsigned char *bytes = malloc(text->size ? text->size : 1);
	cbor_item_t *item = NULL;
	ssize_t count = -1;

	if (bytes)
		count = decode_latin1((const unsigned char *)text->data, text->size, bytes);
	if (count >= 0)
		item = cbor_build_bytestring(bytes, (size_t)count);
	free(bytes);
	return item;
}

static cbor_item_t *lift_record(const wasmtime_component_valrecord_t *record)
{
	cbor_item_t *map = cbor_new_definite_map(record->size);

	for (size_t i = 0; map && i < record->size; i++) {
		struct cbor_pair pair = {
			.key = text_item(&record->data[i].name),
			.value = lift(&record->data[i].val),
		};
		bool added = pair.key && pair.value && cbor_map_add(map, pair);

		if (pair.key)
			cbor_decref(&pair.key);
		if (pair.value)
			cbor_decref(&pair.value);
		if (!added) {
			cbor_decref(&map);
			map = NULL;
		}
	}
	return map;
}

static cbor_item_t *lift_flags(const wasmtime_component_valflags_t *flags)
{
	cbor_item_t *array = cbor_new_definite_array(flags->size);

	for (size_t i = 0; array && i < flags->size; i++) {
		cbor_item_t *item = text_item(&flags->data[i]);

		if (!item || !cbor_array_push(array, item)) {
			cbor_decref(&array);
			array = NULL;
		}
		if (item)
			cbor_decref(&item);
	}
	return array;
}

static cbor_item_t *lift_char(uint32_t code)
{
	char text[4];
	size_t size = 0;

	if (code < 0x80) {
		text[size++] = (char)code;
	} else if (code < 0x800) {
		text[size++] = (char)(0xc0 | code >> 6);
	} else {
		if (code < 0x10000) {
			text[size++] = (char)(0xe0 | code >> 12);
		} else {
			text[size++] = (char)(0xf0 | code >> 18);
			text[size++] = (char)(0x80 | (code >> 12 & 0x3f));
		}
		text[size++] = (char)(0x80 | (code >> 6 & 0x3f));
	}
	if (code >= 0x80)
		text[size++] = (char)(0x80 | (code & 0x3f));
	return cbor_build_stringn(text, size);
}

cbor_item_t *lift(const wasmtime_component_val_t *val)
{
	switch (val->kind) {
	case WASMTIME_COMPONENT_BOOL:
		return value_bool(val->of.boolean);
	case WASMTIME_COMPONENT_S8:
		return lift_signed(val->of.s8);
	case WASMTIME_COMPONENT_S16:
		return lift_signed(val->of.s16);
	case WASMTIME_COMPONENT_S32:
		return lift_signed(val->of.s32);
	case WASMTIME_COMPONENT_S64:
		return lift_signed(val->of.s64);
	case WASMTIME_COMPONENT_U8:
		return value_unsigned(val->of.u8);
	case WASMTIME_COMPONENT_U16:
		return value_unsigned(val->of.u16);
	case WASMTIME_COMPONENT_U32:
		return value_unsigned(val->of.u32);
	case WASMTIME_COMPONENT_U64:
		return value_unsigned(val->of.u64);
	case WASMTIME_COMPONENT_F32:
		return value_f32(val->of.f32);
	case WASMTIME_COMPONENT_F64:
		return cbor_build_float8(val->of.f64);
	case WASMTIME_COMPONENT_CHAR:
		return lift_char(val->of.character);
	case WASMTIME_COMPONENT_STRING:
		return text_item(&val->of.string);
	case WASMTIME_COMPONENT_LIST:
		return lift_list(&val->of.list);
	case WASMTIME_COMPONENT_RECORD:
		return is_latin1(&val->of.record)
			       ? lift_latin1(&val->of.record.data[0].val.of.string)
			       : lift_record(&val->of.record);
	case WASMTIME_COMPONENT_TUPLE:
		return lift_vals(val->of.tuple.data, val->of.tuple.size);
	case WASMTIME_COMPONENT_VARIANT:
		return value_array(2, text_item(&val->of.variant.discriminant),
				   lift_optional(val->of.variant.val));
	case WASMTIME_COMPONENT_ENUM:
		return text_item(&val->of.enumeration);
	case WASMTIME_COMPONENT_OPTION:
		return lift_optional(val->of.option);
	case WASMTIME_COMPONENT_RESULT:
		return value_array(2, value_bool(val->of.result.is_ok),
				   lift_optional(val->of.result.val));
	case WASMTIME_COMPONENT_FLAGS:
		return lift_flags(&val->of.flags);
	default:
		return NULL;
	}
}
