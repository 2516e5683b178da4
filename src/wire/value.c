#include "wire/value.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "base/error.h"

#define DEPTH_MAX 32

cbor_item_t *value_null(void)
{
	return cbor_build_ctrl(CBOR_CTRL_NULL);
}

cbor_item_t *value_bool(bool value)
{
	return cbor_build_bool(value);
}

cbor_item_t *value_unsigned(uint64_t value)
{
	return cbor_build_uint64(value);
}

cbor_item_t *value_f32(float value)
{
	return cbor_build_float4(value);
}

cbor_item_t *value_text(const char *text)
{
	return cbor_build_string(text);
}

cbor_item_t *value_bytes(const uint8_t *data, size_t size)
{
	return cbor_build_bytestring(data, size);
}

cbor_item_t *value_array(size_t count, ...)
{
	cbor_item_t *array = cbor_new_definite_array(count);
	bool whole = array != NULL;
	va_list items;

	va_start(items, count);
	for (size_t i = 0; i < count; i++) {
		cbor_item_t *item = va_arg(items, cbor_item_t *);

		if (!item) {
			whole = false;
			continue;
		}
		whole = whole && cbor_array_push(array, item);
		cbor_decref(&item);
	}
	va_end(items);
	if (!whole && array)
		cbor_decref(&array);
	return whole ? array : NULL;
}

cbor_item_t *value_ok(cbor_item_t *value)
{
	return value_array(2, value_bool(true), value);
}

cbor_item_t *value_error(cbor_item_t *value)
{
	return value_array(2, value_bool(false), value);
}

bool value_is_bool(const cbor_item_t *item)
{
	return cbor_isa_float_ctrl(item) && cbor_float_ctrl_is_ctrl(item) && cbor_is_bool(item);
}

bool value_is_null(const cbor_item_t *item)
{
	return cbor_isa_float_ctrl(item) && cbor_float_ctrl_is_ctrl(item) && cbor_is_null(item);
}

static const cbor_item_t *nth(const cbor_item_t *array, size_t index)
{
	if (!cbor_isa_array(array) || index >= cbor_array_size(array))
		return NULL;
	return cbor_array_handle(array)[index];
}

int value_get_unsigned(const cbor_item_t *array, size_t index, uint64_t max, uint64_t *ret_value)
{
	const cbor_item_t *item = nth(array, index);

	if (!item || !cbor_isa_uint(item) || cbor_get_int(item) > max)
		return ERROR_MALFORMED;
	*ret_value = cbor_get_int(item);
	return 0;
}

int value_get_bool(const cbor_item_t *array, size_t index, bool *ret_value)
{
	const cbor_item_t *item = nth(array, index);

	if (!item || !value_is_bool(item))
		return ERROR_MALFORMED;
	*ret_value = cbor_get_bool(item);
	return 0;
}

int value_get_text(const cbor_item_t *array, size_t index, const char **ret_text, size_t *ret_size)
{
	const cbor_item_t *item = nth(array, index);

	if (!item || !cbor_isa_string(item))
		return ERROR_MALFORMED;
	*ret_text = (const char *)cbor_string_handle(item);
	*ret_size = cbor_string_length(item);
	return 0;
}

int value_get_bytes(const cbor_item_t *array, size_t index, const uint8_t **ret_data,
		    size_t *ret_size)
{
	const cbor_item_t *item = nth(array, index);

	if (!item || !cbor_isa_bytestring(item))
		return ERROR_MALFORMED;
	*ret_data = cbor_bytestring_handle(item);
	*ret_size = cbor_bytestring_length(item);
	return 0;
}

static int to_json(const cbor_item_t *value, unsigned depth, json_t **ret_json, struct error *err);

static int array_to_json(const cbor_item_t *value, unsigned depth, json_t **ret_json,
			 struct error *err)
{
	json_t *array = json_array(), *item;

	for (size_t i = 0; array && i < cbor_array_size(value); i++) {
		int ret = to_json(cbor_array_handle(value)[i], depth, &item, err);

		if (!ret && json_array_append_new(array, item))
			ret = ERROR_NO_MEMORY;
		if (ret) {
			json_decref(array);
			return ret;
		}
	}
	*ret_json = array;
	return array ? 0 : ERROR_NO_MEMORY;
}

/* At a NUL, most JSON readers end the string or reject the whole document. */
static bool has_nul(const cbor_item_t *text)
{
	size_t size = cbor_string_length(text);

	return size && memchr(cbor_string_handle(text), 0, size);
}

/* On failure the error text begins with the member's name: "temperature: …". */
static int member_to_json(const struct cbor_pair *pair, unsigned depth, json_t **ret_json,
			  struct error *err)
{
	int ret = to_json(pair->value, depth, ret_json, err);

	return ret ? error_wrap(err, ret, "%.*s", (int)cbor_string_length(pair->key),
				(const char *)cbor_string_handle(pair->key))
		   : 0;
}

static int map_to_json(const cbor_item_t *value, unsigned depth, json_t **ret_json,
		       struct error *err)
{
	json_t *object = json_object(), *item;

	for (size_t i = 0; object && i < cbor_map_size(value); i++) {
		const struct cbor_pair *pair = &cbor_map_handle(value)[i];
		int ret = cbor_isa_string(pair->key) && !has_nul(pair->key)
				  ? member_to_json(pair, depth, &item, err)
				  : error_set(err, ERROR_MALFORMED,
					      "a map has a key that is not a string or contains a "
					      "NUL: use plain text as key");

		if (!ret &&
		    json_object_setn_new(object, (const char *)cbor_string_handle(pair->key),
					 cbor_string_length(pair->key), item))
			ret = error_set(err, ERROR_MALFORMED,
					"a map has a key that is not UTF-8: use plain text as key");
		if (ret) {
			json_decref(object);
			return ret;
		}
	}
	*ret_json = object;
	return object ? 0 : ERROR_NO_MEMORY;
}

static json_t *float_to_json(const cbor_item_t *value)
{
	double number;

	if (value_is_bool(value))
		return json_boolean(cbor_get_bool(value));
	if (value_is_null(value))
		return json_null();
	number = cbor_float_get_float(value);
	if (isfinite(number))
		return json_real(number);
	return json_pack("{s:s}", "not_finite",
			 isnan(number) ? "nan"
			 : number > 0  ? "inf"
				       : "-inf");
}

static json_t *negative_to_json(const cbor_item_t *value)
{
	uint64_t number = cbor_get_int(value);

	return number <= INT64_MAX ? json_integer(-1 - (int64_t)number) : NULL;
}

static json_t *unsigned_to_json(const cbor_item_t *value)
{
	uint64_t number = cbor_get_int(value);

	return number <= INT64_MAX ? json_integer((int64_t)number) : NULL;
}

static int to_json(const cbor_item_t *value, unsigned depth, json_t **ret_json, struct error *err)
{
	json_t *json = NULL;

	if (depth > DEPTH_MAX)
		return error_set(err, ERROR_TOO_LARGE,
				 "a value is nested deeper than %d levels: return a flatter one",
				 DEPTH_MAX);
	switch (cbor_typeof(value)) {
	case CBOR_TYPE_UINT:
		json = unsigned_to_json(value);
		break;
	case CBOR_TYPE_NEGINT:
		json = negative_to_json(value);
		break;
	case CBOR_TYPE_STRING:
		json = json_stringn((const char *)cbor_string_handle(value),
				    cbor_string_length(value));
		break;
	case CBOR_TYPE_ARRAY:
		return array_to_json(value, depth + 1, ret_json, err);
	case CBOR_TYPE_MAP:
		return map_to_json(value, depth + 1, ret_json, err);
	case CBOR_TYPE_FLOAT_CTRL:
		json = float_to_json(value);
		break;
	case CBOR_TYPE_BYTESTRING:
	case CBOR_TYPE_TAG:
	default:
		return error_set(err, ERROR_MALFORMED,
				 "bytes cannot be a reading's value: return numbers or text");
	}
	if (!json)
		return error_set(err, ERROR_MALFORMED,
				 "a value is an integer of more than 63 bits, or a string that is "
				 "not UTF-8: return a smaller number, or valid UTF-8");
	*ret_json = json;
	return 0;
}

int value_to_json(const cbor_item_t *value, json_t **ret_json, struct error *err)
{
	return to_json(value, 0, ret_json, err);
}
