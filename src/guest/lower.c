#include <string.h>

#include "base/error.h"
#include "guest/lift.h"
#include "wire/value.h"

typedef wasmtime_component_valtype_t valtype;
typedef wasmtime_component_val_t val;

static int mismatch(struct error *err, const char *wanted)
{
	return error_set(err, ERROR_MALFORMED,
			 "the broker's answer to a host call is not of type %s: install harvester "
			 "again, so that node and guest have one version",
			 wanted);
}

/* Every integer type: checks the range by its width and sign. */
static int lower_integer(const cbor_item_t *item, const valtype *type, val *ret_val,
			 struct error *err)
{
	static const struct {
		uint8_t kind, made, bits, is_signed; /* the two numberings differ for integers */
		const char *name;
	} kinds[] = {
		{WASMTIME_COMPONENT_VALTYPE_S8, WASMTIME_COMPONENT_S8, 8, 1, "s8"},
		{WASMTIME_COMPONENT_VALTYPE_S16, WASMTIME_COMPONENT_S16, 16, 1, "s16"},
		{WASMTIME_COMPONENT_VALTYPE_S32, WASMTIME_COMPONENT_S32, 32, 1, "s32"},
		{WASMTIME_COMPONENT_VALTYPE_S64, WASMTIME_COMPONENT_S64, 64, 1, "s64"},
		{WASMTIME_COMPONENT_VALTYPE_U8, WASMTIME_COMPONENT_U8, 8, 0, "u8"},
		{WASMTIME_COMPONENT_VALTYPE_U16, WASMTIME_COMPONENT_U16, 16, 0, "u16"},
		{WASMTIME_COMPONENT_VALTYPE_U32, WASMTIME_COMPONENT_U32, 32, 0, "u32"},
		{WASMTIME_COMPONENT_VALTYPE_U64, WASMTIME_COMPONENT_U64, 64, 0, "u64"},
	};
	uint64_t number, max;
	size_t i = 0;

	while (kinds[i].kind != type->kind)
		i++;
	if (!cbor_is_int(item) || (cbor_isa_negint(item) && !kinds[i].is_signed))
		return mismatch(err, kinds[i].name);
	number = cbor_get_int(item);
	max = UINT64_MAX >> (64 - kinds[i].bits + kinds[i].is_signed);
	if (number > max)
		return mismatch(err, kinds[i].name);
	/* Little-endian members of one union: the widest one holds them all; see the assert below.
	 */
	ret_val->kind = kinds[i].made;
	ret_val->of.u64 = cbor_isa_negint(item) ? ~number : number;
	return 0;
}

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
	       "lower_integer() writes the widest member");

static int lower_float(const cbor_item_t *item, const valtype *type, val *ret_val,
		       struct error *err)
{
	if (!cbor_isa_float_ctrl(item) || cbor_float_ctrl_is_ctrl(item))
		return mismatch(err, "float");
	if (type->kind == WASMTIME_COMPONENT_VALTYPE_F32)
		ret_val->of.f32 = (float)cbor_float_get_float(item);
	else
		ret_val->of.f64 = cbor_float_get_float(item);
	return 0;
}

static int lower_name(const cbor_item_t *item, wasm_name_t *ret_name, const char *wanted,
		      struct error *err)
{
	if (!cbor_isa_string(item))
		return mismatch(err, wanted);
	wasm_name_new(ret_name, cbor_string_length(item), (const char *)cbor_string_handle(item));
	return 0;
}

static int lower_bytes(const cbor_item_t *item, val *ret_val)
{
	size_t size = cbor_bytestring_length(item);
	wasmtime_component_vallist_t list;

	wasmtime_component_vallist_new_uninit(&list, size);
	for (size_t i = 0; i < size; i++) {
		list.data[i].kind = WASMTIME_COMPONENT_U8;
		list.data[i].of.u8 = cbor_bytestring_handle(item)[i];
	}
	ret_val->of.list = list;
	return 0;
}

static void clear_vals(val *vals, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		vals[i] = (val){.kind = WASMTIME_COMPONENT_BOOL};
	}
}

static int lower_list(const cbor_item_t *item, const valtype *type, val *ret_val, struct error *err)
{
	wasmtime_component_vallist_t list;
	valtype element;
	int ret = 0;

	wasmtime_component_list_type_element(type->of.list, &element);
	if (cbor_isa_bytestring(item) && element.kind == WASMTIME_COMPONENT_VALTYPE_U8) {
		ret = lower_bytes(item, ret_val);
	} else if (!cbor_isa_array(item)) {
		ret = mismatch(err, "list");
	} else {
		wasmtime_component_vallist_new_uninit(&list, cbor_array_size(item));
		clear_vals(list.data, list.size);
		for (size_t i = 0; i < list.size && !ret; i++)
			ret = lower(cbor_array_handle(item)[i], &element, &list.data[i], err);
		if (ret)
			wasmtime_component_vallist_delete(&list);
		else
			ret_val->of.list = list;
	}
	wasmtime_component_valtype_delete(&element);
	return ret;
}

static int lower_tuple(const cbor_item_t *item, const valtype *type, val *ret_val,
		       struct error *err)
{
	size_t count = wasmtime_component_tuple_type_types_count(type->of.tuple);
	wasmtime_component_valtuple_t tuple;
	int ret = 0;

	if (!cbor_isa_array(item) || cbor_array_size(item) != count)
		return mismatch(err, "tuple");
	wasmtime_component_valtuple_new_uninit(&tuple, count);
	clear_vals(tuple.data, count);
	for (size_t i = 0; i < count && !ret; i++) {
		valtype inner;

		wasmtime_component_tuple_type_types_nth(type->of.tuple, i, &inner);
		ret = lower(cbor_array_handle(item)[i], &inner, &tuple.data[i], err);
		wasmtime_component_valtype_delete(&inner);
	}
	if (ret)
		wasmtime_component_valtuple_delete(&tuple);
	else
		ret_val->of.tuple = tuple;
	return ret;
}

static const cbor_item_t *find_field(const cbor_item_t *map, const char *name, size_t size)
{
	for (size_t i = 0; i < cbor_map_size(map); i++) {
		const struct cbor_pair *pair = &cbor_map_handle(map)[i];

		if (cbor_isa_string(pair->key) && cbor_string_length(pair->key) == size &&
		    !memcmp(cbor_string_handle(pair->key), name, size))
			return pair->value;
	}
	return NULL;
}

static int lower_record(const cbor_item_t *item, const valtype *type, val *ret_val,
			struct error *err)
{
	size_t count = wasmtime_component_record_type_field_count(type->of.record);
	wasmtime_component_valrecord_t record;
	int ret = 0;

	if (!cbor_isa_map(item))
		return mismatch(err, "record");
	wasmtime_component_valrecord_new_uninit(&record, count);
	for (size_t i = 0; i < count; i++) {
		wasm_name_new_empty(&record.data[i].name);
		clear_vals(&record.data[i].val, 1);
	}
	for (size_t i = 0; i < count && !ret; i++) {
		const cbor_item_t *field;
		const char *name;
		size_t size;
		valtype inner;

		wasmtime_component_record_type_field_nth(type->of.record, i, &name, &size, &inner);
		wasm_name_new(&record.data[i].name, size, name);
		field = find_field(item, name, size);
		ret = field ? lower(field, &inner, &record.data[i].val, err)
			    : mismatch(err, "record with all its fields");
		wasmtime_component_valtype_delete(&inner);
	}
	if (ret)
		wasmtime_component_valrecord_delete(&record);
	else
		ret_val->of.record = record;
	return ret;
}

/* A value of `type` on the heap; NULL if `type` is NULL. */
static int lower_boxed(const cbor_item_t *item, const valtype *type, val **ret_boxed,
		       struct error *err)
{
	val inner;
	int ret;

	if (!type) {
		*ret_boxed = NULL;
		return 0;
	}
	ret = lower(item, type, &inner, err);
	if (!ret)
		*ret_boxed = wasmtime_component_val_new(&inner);
	return ret;
}

/* The Python runtime has options in place of empty lists: see tools/runtime-wit. An empty list or
 * text is therefore its none. */
static bool is_empty(const cbor_item_t *item)
{
	return (cbor_isa_string(item) && !cbor_string_length(item)) ||
	       (cbor_isa_array(item) && !cbor_array_size(item));
}

static int lower_option(const cbor_item_t *item, const valtype *type, val *ret_val,
			struct error *err)
{
	valtype inner;
	int ret;

	if (value_is_null(item) || is_empty(item)) {
		ret_val->of.option = NULL;
		return 0;
	}
	wasmtime_component_option_type_ty(type->of.option, &inner);
	ret = lower_boxed(item, &inner, &ret_val->of.option, err);
	wasmtime_component_valtype_delete(&inner);
	return ret;
}

static int lower_result(const cbor_item_t *item, const valtype *type, val *ret_val,
			struct error *err)
{
	const cbor_item_t *flag;
	valtype inner;
	bool ok, typed;
	val *boxed;
	int ret;

	if (!cbor_isa_array(item) || cbor_array_size(item) != 2)
		return mismatch(err, "result");
	flag = cbor_array_handle(item)[0];
	if (!value_is_bool(flag))
		return mismatch(err, "result");
	ok = cbor_get_bool(flag);
	typed = ok ? wasmtime_component_result_type_ok(type->of.result, &inner)
		   : wasmtime_component_result_type_err(type->of.result, &inner);
	ret = lower_boxed(cbor_array_handle(item)[1], typed ? &inner : NULL, &boxed, err);
	if (!ret) {
		ret_val->of.result.is_ok = ok;
		ret_val->of.result.val = boxed;
	}
	if (typed)
		wasmtime_component_valtype_delete(&inner);
	return ret;
}

int lower(const cbor_item_t *item, const valtype *type, val *ret_val, struct error *err)
{
	val made = {.kind = type->kind};
	int ret;

	switch (type->kind) {
	case WASMTIME_COMPONENT_VALTYPE_BOOL:
		ret = value_is_bool(item) ? 0 : mismatch(err, "bool");
		made.of.boolean = !ret && cbor_get_bool(item);
		break;
	case WASMTIME_COMPONENT_VALTYPE_S8:
	case WASMTIME_COMPONENT_VALTYPE_S16:
	case WASMTIME_COMPONENT_VALTYPE_S32:
	case WASMTIME_COMPONENT_VALTYPE_S64:
	case WASMTIME_COMPONENT_VALTYPE_U8:
	case WASMTIME_COMPONENT_VALTYPE_U16:
	case WASMTIME_COMPONENT_VALTYPE_U32:
	case WASMTIME_COMPONENT_VALTYPE_U64:
		ret = lower_integer(item, type, &made, err);
		break;
	case WASMTIME_COMPONENT_VALTYPE_F32:
	case WASMTIME_COMPONENT_VALTYPE_F64:
		ret = lower_float(item, type, &made, err);
		break;
	case WASMTIME_COMPONENT_VALTYPE_STRING:
		ret = lower_name(item, &made.of.string, "string", err);
		break;
	case WASMTIME_COMPONENT_VALTYPE_ENUM:
		ret = lower_name(item, &made.of.enumeration, "enum", err);
		break;
	case WASMTIME_COMPONENT_VALTYPE_LIST:
		ret = lower_list(item, type, &made, err);
		break;
	case WASMTIME_COMPONENT_VALTYPE_TUPLE:
		ret = lower_tuple(item, type, &made, err);
		break;
	case WASMTIME_COMPONENT_VALTYPE_RECORD:
		ret = lower_record(item, type, &made, err);
		break;
	case WASMTIME_COMPONENT_VALTYPE_OPTION:
		ret = lower_option(item, type, &made, err);
		break;
	case WASMTIME_COMPONENT_VALTYPE_RESULT:
		ret = lower_result(item, type, &made, err);
		break;
	default:
		/* No capability answers with one of the other kinds. */
		ret = error_set(err, ERROR_UNSUPPORTED,
				"a function that the plugin imports returns a type that no "
				"capability returns: build the plugin for this version's wit/");
		break;
	}
	if (!ret)
		*ret_val = made;
	return ret;
}
