#include "guest/signature.h"

#include "base/buffer.h"

static void append_type(struct buffer *buffer, const wasmtime_component_valtype_t *type);

static void append_and_delete(struct buffer *buffer, wasmtime_component_valtype_t *type)
{
	append_type(buffer, type);
	wasmtime_component_valtype_delete(type);
}

static void append_separator(struct buffer *buffer, size_t index)
{
	if (index)
		buffer_append_text(buffer, ", ");
}

static void append_record(struct buffer *buffer, const wasmtime_component_record_type_t *record)
{
	buffer_append_text(buffer, "record{");
	for (size_t i = 0; i < wasmtime_component_record_type_field_count(record); i++) {
		wasmtime_component_valtype_t inner;
		const char *name;
		size_t size;

		append_separator(buffer, i);
		wasmtime_component_record_type_field_nth(record, i, &name, &size, &inner);
		buffer_printf(buffer, "%.*s: ", (int)size, name);
		append_and_delete(buffer, &inner);
	}
	buffer_append_text(buffer, "}");
}

static void append_tuple(struct buffer *buffer, const wasmtime_component_tuple_type_t *tuple)
{
	buffer_append_text(buffer, "tuple<");
	for (size_t i = 0; i < wasmtime_component_tuple_type_types_count(tuple); i++) {
		wasmtime_component_valtype_t inner;

		append_separator(buffer, i);
		wasmtime_component_tuple_type_types_nth(tuple, i, &inner);
		append_and_delete(buffer, &inner);
	}
	buffer_append_text(buffer, ">");
}

static void append_variant(struct buffer *buffer, const wasmtime_component_variant_type_t *variant)
{
	buffer_append_text(buffer, "variant{");
	for (size_t i = 0; i < wasmtime_component_variant_type_case_count(variant); i++) {
		wasmtime_component_valtype_t inner;
		bool has_payload;
		const char *name;
		size_t size;

		append_separator(buffer, i);
		wasmtime_component_variant_type_case_nth(variant, i, &name, &size, &has_payload,
							 &inner);
		buffer_printf(buffer, "%.*s", (int)size, name);
		if (!has_payload)
			continue;
		buffer_append_text(buffer, "(");
		append_and_delete(buffer, &inner);
		buffer_append_text(buffer, ")");
	}
	buffer_append_text(buffer, "}");
}

static void append_enum(struct buffer *buffer, const wasmtime_component_enum_type_t *type)
{
	buffer_append_text(buffer, "enum{");
	for (size_t i = 0; i < wasmtime_component_enum_type_names_count(type); i++) {
		const char *name;
		size_t size;

		append_separator(buffer, i);
		wasmtime_component_enum_type_names_nth(type, i, &name, &size);
		buffer_printf(buffer, "%.*s", (int)size, name);
	}
	buffer_append_text(buffer, "}");
}

static void append_flags(struct buffer *buffer, const wasmtime_component_flags_type_t *type)
{
	buffer_append_text(buffer, "flags{");
	for (size_t i = 0; i < wasmtime_component_flags_type_names_count(type); i++) {
		const char *name;
		size_t size;

		append_separator(buffer, i);
		wasmtime_component_flags_type_names_nth(type, i, &name, &size);
		buffer_printf(buffer, "%.*s", (int)size, name);
	}
	buffer_append_text(buffer, "}");
}

static void append_result(struct buffer *buffer, const wasmtime_component_result_type_t *result)
{
	wasmtime_component_valtype_t ok, error;
	bool has_ok = wasmtime_component_result_type_ok(result, &ok);
	bool has_error = wasmtime_component_result_type_err(result, &error);

	buffer_append_text(buffer, "result");
	if (has_ok || has_error)
		buffer_append_text(buffer, "<");
	if (has_ok)
		append_and_delete(buffer, &ok);
	else if (has_error)
		buffer_append_text(buffer, "_");
	if (has_error) {
		buffer_append_text(buffer, ", ");
		append_and_delete(buffer, &error);
	}
	if (has_ok || has_error)
		buffer_append_text(buffer, ">");
}

static void append_list(struct buffer *buffer, const wasmtime_component_list_type_t *list)
{
	wasmtime_component_valtype_t inner;

	wasmtime_component_list_type_element(list, &inner);
	buffer_append_text(buffer, "list<");
	append_and_delete(buffer, &inner);
	buffer_append_text(buffer, ">");
}

static void append_option(struct buffer *buffer, const wasmtime_component_option_type_t *option)
{
	wasmtime_component_valtype_t inner;

	wasmtime_component_option_type_ty(option, &inner);
	buffer_append_text(buffer, "option<");
	append_and_delete(buffer, &inner);
	buffer_append_text(buffer, ">");
}

static void append_type(struct buffer *buffer, const wasmtime_component_valtype_t *type)
{
	static const char *const scalars[] = {
		[WASMTIME_COMPONENT_VALTYPE_BOOL] = "bool",
		[WASMTIME_COMPONENT_VALTYPE_S8] = "s8",
		[WASMTIME_COMPONENT_VALTYPE_S16] = "s16",
		[WASMTIME_COMPONENT_VALTYPE_S32] = "s32",
		[WASMTIME_COMPONENT_VALTYPE_S64] = "s64",
		[WASMTIME_COMPONENT_VALTYPE_U8] = "u8",
		[WASMTIME_COMPONENT_VALTYPE_U16] = "u16",
		[WASMTIME_COMPONENT_VALTYPE_U32] = "u32",
		[WASMTIME_COMPONENT_VALTYPE_U64] = "u64",
		[WASMTIME_COMPONENT_VALTYPE_F32] = "f32",
		[WASMTIME_COMPONENT_VALTYPE_F64] = "f64",
		[WASMTIME_COMPONENT_VALTYPE_CHAR] = "char",
		[WASMTIME_COMPONENT_VALTYPE_STRING] = "string",
	};

	switch (type->kind) {
	case WASMTIME_COMPONENT_VALTYPE_LIST:
		append_list(buffer, type->of.list);
		break;
	case WASMTIME_COMPONENT_VALTYPE_RECORD:
		append_record(buffer, type->of.record);
		break;
	case WASMTIME_COMPONENT_VALTYPE_TUPLE:
		append_tuple(buffer, type->of.tuple);
		break;
	case WASMTIME_COMPONENT_VALTYPE_VARIANT:
		append_variant(buffer, type->of.variant);
		break;
	case WASMTIME_COMPONENT_VALTYPE_ENUM:
		append_enum(buffer, type->of.enum_);
		break;
	case WASMTIME_COMPONENT_VALTYPE_OPTION:
		append_option(buffer, type->of.option);
		break;
	case WASMTIME_COMPONENT_VALTYPE_RESULT:
		append_result(buffer, type->of.result);
		break;
	case WASMTIME_COMPONENT_VALTYPE_FLAGS:
		append_flags(buffer, type->of.flags);
		break;
	default:
		if (type->kind < sizeof(scalars) / sizeof(*scalars) && scalars[type->kind])
			buffer_append_text(buffer, scalars[type->kind]);
		else
			buffer_append_text(buffer, "resource");
		break;
	}
}

void signature_append(struct buffer *buffer, const wasmtime_component_func_type_t *type)
{
	wasmtime_component_valtype_t inner;

	buffer_append_text(buffer, "func(");
	for (size_t i = 0; i < wasmtime_component_func_type_param_count(type); i++) {
		const char *name;
		size_t size;

		append_separator(buffer, i);
		wasmtime_component_func_type_param_nth(type, i, &name, &size, &inner);
		buffer_printf(buffer, "%.*s: ", (int)size, name);
		append_and_delete(buffer, &inner);
	}
	buffer_append_text(buffer, ")");
	if (wasmtime_component_func_type_result(type, &inner)) {
		buffer_append_text(buffer, " -> ");
		append_and_delete(buffer, &inner);
	}
}
