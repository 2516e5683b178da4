#include "guest/sandbox.h"

#include <stdlib.h>
#include <string.h>
#include <wasi.h>

#include "base/error.h"
#include "guest/link.h"

/* "first\n    1: second" becomes "first: second", and a bare newline a space. The text never grows,
 * so it is changed in place. */
static void join_lines(char *text)
{
	char *to = text;

	for (const char *from = text; *from;) {
		size_t gap = *from == '\n' ? strspn(from, " \n0123456789:") : 0;

		if (gap && from[gap]) {
			if (gap > 1)
				*to++ = ':';
			*to++ = ' ';
		}
		from += gap;
		if (!gap)
			*to++ = *from++;
	}
	*to = '\0';
}

int sandbox_error(struct error *err, int code, const char *what, wasmtime_error_t *error)
{
	static const char cause[] = "Caused by:";
	wasm_name_t message;
	char *text;

	wasmtime_error_message(error, &message);
	wasmtime_error_delete(error);
	text = strndup(message.data, message.size);
	wasm_name_delete(&message);
	if (!text)
		return error_set(err, code,
				 "%s: out of memory, so the cause is unknown; this machine needs "
				 "more free memory",
				 what);
	/* A trap's message starts with a backtrace of machine names; the cause stands at its end.
	 */
	for (char *at = strstr(text, cause); at; at = strstr(at, cause)) {
		at += sizeof(cause) - 1;
		at += strspn(at, " \n0123456789:");
		memmove(text, at, strlen(at) + 1);
		at = text;
	}
	join_lines(text);
	error_set(err, code, "%s: %s", what, text);
	free(text);
	return code;
}

wasm_engine_t *sandbox_engine_create(const char *target, struct error *err)
{
	wasm_config_t *config = wasm_config_new();
	wasmtime_error_t *error;

	if (target) {
		error = wasmtime_config_target_set(config, target);
		if (error) {
			wasm_config_delete(config);
			sandbox_error(err, ERROR_INVALID, target, error);
			return NULL;
		}
	}
	return wasm_engine_new_with_config(config);
}

int sandbox_open(struct sandbox *sandbox, const char *artifact, const char *target,
		 struct error *err)
{
	wasmtime_error_t *error;

	memset(sandbox, 0, sizeof(*sandbox));
	sandbox->memory_limit = SANDBOX_MEMORY_DEFAULT;
	output_init(&sandbox->standard_output, &sandbox->channel, LOG_INFO);
	output_init(&sandbox->standard_error, &sandbox->channel, LOG_WARNING);
	sandbox->engine = sandbox_engine_create(target, err);
	if (!sandbox->engine)
		return ERROR_NO_MEMORY;
	error = wasmtime_component_deserialize_file(sandbox->engine, artifact, &sandbox->component);
	if (error) {
		wasm_engine_delete(sandbox->engine);
		return sandbox_error(err, ERROR_MALFORMED, artifact, error);
	}
	sandbox->linker = wasmtime_component_linker_new(sandbox->engine);
	return 0;
}

void sandbox_close(struct sandbox *sandbox)
{
	if (sandbox->store)
		wasmtime_store_delete(sandbox->store);
	wasmtime_component_linker_delete(sandbox->linker);
	wasmtime_component_delete(sandbox->component);
	wasm_engine_delete(sandbox->engine);
}

/* Tables, instances and memories: a component of componentize-py has some tens of each. */
static void set_limiter(struct sandbox *sandbox)
{
	wasmtime_store_limiter(sandbox->store, sandbox->memory_limit, 1000000, 1000, 1000, 100);
}

void sandbox_set_memory_limit(struct sandbox *sandbox, uint64_t bytes)
{
	sandbox->memory_limit = bytes < INT64_MAX ? (int64_t)bytes : INT64_MAX;
	if (sandbox->store)
		set_limiter(sandbox);
}

cbor_item_t *sandbox_imports(const struct sandbox *sandbox)
{
	return link_list(sandbox, true);
}

cbor_item_t *sandbox_exports(const struct sandbox *sandbox)
{
	return link_list(sandbox, false);
}

int sandbox_instantiate(struct sandbox *sandbox, struct error *err)
{
	wasi_config_t *wasi = wasi_config_new();
	wasmtime_error_t *error;
	int ret;

	ret = link_imports(sandbox, err);
	if (ret)
		return ret;
	sandbox->store = wasmtime_store_new(sandbox->engine, NULL, NULL);
	sandbox->context = wasmtime_store_context(sandbox->store);
	set_limiter(sandbox);
	wasi_config_set_stdout_custom(wasi, output_write, &sandbox->standard_output, NULL);
	wasi_config_set_stderr_custom(wasi, output_write, &sandbox->standard_error, NULL);
	error = wasmtime_context_set_wasi(sandbox->context, wasi);
	if (error)
		return sandbox_error(err, ERROR_SYSTEM, "WASI", error);
	error = wasmtime_component_linker_instantiate(sandbox->linker, sandbox->context,
						      sandbox->component, &sandbox->instance);
	return error ? sandbox_error(err, ERROR_INVALID,
				     "cannot start the component; build it again for this version "
				     "of harvester",
				     error)
		     : 0;
}

int sandbox_find(struct sandbox *sandbox, const char *interface, const char *function,
		 wasmtime_component_func_t *ret_function, struct error *err)
{
	wasmtime_component_export_index_t *outer = NULL, *inner;
	bool found;

	if (*interface)
		outer = wasmtime_component_get_export_index(sandbox->component, NULL, interface,
							    strlen(interface));
	inner = wasmtime_component_get_export_index(sandbox->component, outer, function,
						    strlen(function));
	found = inner && wasmtime_component_instance_get_func(&sandbox->instance, sandbox->context,
							      inner, ret_function);
	if (inner)
		wasmtime_component_export_index_delete(inner);
	if (outer)
		wasmtime_component_export_index_delete(outer);
	return found ? 0
		     : error_set(err, ERROR_NOT_FOUND,
				 "the plugin exports no function %s%s%s: export it as wit/ "
				 "declares it",
				 interface, *interface ? "#" : "", function);
}

/* Add to the error what a trap of the Python interpreter most often means. */
static void hint(const struct sandbox *sandbox, struct error *err)
{
	size_t length = strlen(err->text);

	if (sandbox->is_python && strstr(err->text, "unreachable"))
		snprintf(err->text + length, sizeof(err->text) - length,
			 " (Python stops like this when it is out of memory; its limit is %lld MB)",
			 (long long)(sandbox->memory_limit >> 20));
}

int sandbox_call(struct sandbox *sandbox, const wasmtime_component_func_t *function,
		 wasmtime_component_val_t *args, size_t count, bool has_result,
		 wasmtime_component_val_t *ret_result, struct error *err)
{
	wasmtime_component_val_t result = {.kind = WASMTIME_COMPONENT_BOOL};
	wasmtime_error_t *error;

	error = wasmtime_component_func_call(function, sandbox->context, args, count, &result,
					     has_result ? 1 : 0);
	for (size_t i = 0; i < count; i++)
		wasmtime_component_val_delete(&args[i]);
	output_flush(&sandbox->standard_output);
	output_flush(&sandbox->standard_error);
	if (error) {
		sandbox->is_lost = true;
		sandbox_error(err, ERROR_CLOSED, "trap", error);
		hint(sandbox, err);
		return ERROR_CLOSED;
	}
	*ret_result = result;
	return 0;
}
