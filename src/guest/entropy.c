#include "guest/entropy.h"

#include <string.h>
#include <sys/random.h>

#include "base/error.h"
#include "guest/sandbox.h"

/* Of one call: a component could ask for more than this process should allocate at once. */
#define BYTES_MAX 65536

static wasmtime_error_t *fill(void *data, size_t size)
{
	size_t done = 0;

	while (done < size) {
		ssize_t count = getrandom((char *)data + done, size - done, 0);

		if (count < 0)
			return wasmtime_error_new("getrandom failed");
		done += (size_t)count;
	}
	return NULL;
}

static wasmtime_error_t *give_bytes(void *arg, wasmtime_context_t *context,
				    const wasmtime_component_func_type_t *type,
				    wasmtime_component_val_t *args, size_t args_count,
				    wasmtime_component_val_t *results, size_t results_count)
{
	uint8_t bytes[BYTES_MAX];
	wasmtime_error_t *error;
	uint64_t size;

	(void)arg;
	(void)context;
	(void)type;
	size = args_count == 1 ? args[0].of.u64 : 0;
	if (results_count != 1 || size > sizeof(bytes))
		return wasmtime_error_new("more than 65536 random bytes at once");
	error = fill(bytes, (size_t)size);
	if (error)
		return error;
	results[0].kind = WASMTIME_COMPONENT_LIST;
	wasmtime_component_vallist_new_uninit(&results[0].of.list, (size_t)size);
	for (size_t i = 0; i < size; i++) {
		results[0].of.list.data[i].kind = WASMTIME_COMPONENT_U8;
		results[0].of.list.data[i].of.u8 = bytes[i];
	}
	return NULL;
}

static wasmtime_error_t *give_u64(void *arg, wasmtime_context_t *context,
				  const wasmtime_component_func_type_t *type,
				  wasmtime_component_val_t *args, size_t args_count,
				  wasmtime_component_val_t *results, size_t results_count)
{
	(void)arg;
	(void)context;
	(void)type;
	(void)args;
	(void)args_count;
	(void)results_count;
	results[0].kind = WASMTIME_COMPONENT_U64;
	return fill(&results[0].of.u64, sizeof(results[0].of.u64));
}

static wasmtime_error_t *give_pair(void *arg, wasmtime_context_t *context,
				   const wasmtime_component_func_type_t *type,
				   wasmtime_component_val_t *args, size_t args_count,
				   wasmtime_component_val_t *results, size_t results_count)
{
	wasmtime_error_t *error = NULL;

	results[0].kind = WASMTIME_COMPONENT_TUPLE;
	wasmtime_component_valtuple_new_uninit(&results[0].of.tuple, 2);
	for (size_t i = 0; i < 2; i++) {
		wasmtime_error_t *failed = give_u64(arg, context, type, args, args_count,
						    &results[0].of.tuple.data[i], results_count);

		if (failed && error)
			wasmtime_error_delete(failed);
		else if (failed)
			error = failed;
	}
	return error;
}

static const struct {
	const char *interface; /* up to its version */
	const char *function;
	wasmtime_component_func_callback_t give;
} sources[] = {
	{"wasi:random/random@", "get-random-bytes", give_bytes},
	{"wasi:random/random@", "get-random-u64", give_u64},
	{"wasi:random/insecure@", "get-insecure-random-bytes", give_bytes},
	{"wasi:random/insecure@", "get-insecure-random-u64", give_u64},
	{"wasi:random/insecure-seed@", "insecure-seed", give_pair},
};

static wasmtime_error_t *replace(wasmtime_component_linker_instance_t *root, const char *name,
				 size_t size)
{
	wasmtime_component_linker_instance_t *instance;
	wasmtime_error_t *error =
		wasmtime_component_linker_instance_add_instance(root, name, size, &instance);

	if (error)
		return error;
	for (size_t i = 0; !error && i < sizeof(sources) / sizeof(*sources); i++) {
		size_t prefix = strlen(sources[i].interface);

		if (size > prefix && !memcmp(name, sources[i].interface, prefix))
			error = wasmtime_component_linker_instance_add_func(
				instance, sources[i].function, strlen(sources[i].function),
				sources[i].give, NULL, NULL);
	}
	wasmtime_component_linker_instance_delete(instance);
	return error;
}

int entropy_link(wasmtime_component_linker_t *linker, const wasmtime_component_t *component,
		 const wasm_engine_t *engine, struct error *err)
{
	static const char package[] = "wasi:random/";
	wasmtime_component_type_t *type = wasmtime_component_type(component);
	wasmtime_component_linker_instance_t *root;
	wasmtime_error_t *error = NULL;

	wasmtime_component_linker_allow_shadowing(linker, true);
	root = wasmtime_component_linker_root(linker);
	for (size_t i = 0; !error; i++) {
		wasmtime_component_item_t item;
		const char *name;
		size_t size;

		if (!wasmtime_component_type_import_nth(type, engine, i, &name, &size, &item))
			break;
		wasmtime_component_item_delete(&item);
		if (size >= sizeof(package) && !memcmp(name, package, sizeof(package) - 1))
			error = replace(root, name, size);
	}
	wasmtime_component_linker_instance_delete(root);
	wasmtime_component_linker_allow_shadowing(linker, false);
	wasmtime_component_type_delete(type);
	return error ? sandbox_error(err, ERROR_SYSTEM, "wasi:random", error) : 0;
}
