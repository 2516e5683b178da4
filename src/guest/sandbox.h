/*
 * Wall one: a WebAssembly component in the engine, and calls to its functions. The component can
 * reach only what is linked: its imports are answered by the broker, of WASI it has clocks and
 * random numbers, and its output goes to the log. One thread.
 */
#ifndef HARVESTER_GUEST_SANDBOX_H
#define HARVESTER_GUEST_SANDBOX_H

#include <cbor.h>
#include <stdbool.h>
#include <stdint.h>
#include <wasmtime.h>

#include "guest/output.h"

struct channel;
struct error;

/* bytes of linear memory, until a limit is set */
#define SANDBOX_MEMORY_DEFAULT (128ll << 20)

struct sandbox {
	struct channel *channel; /* borrowed; NULL before there is one */
	wasm_engine_t *engine;	 /* owned, as all below */
	wasmtime_component_t *component;
	wasmtime_component_linker_t *linker;
	wasmtime_store_t *store;
	wasmtime_context_t *context; /* the store's */
	wasmtime_component_instance_t instance;
	struct output standard_output, standard_error;
	bool is_python;	      /* explain what a trap of the Python interpreter means */
	int64_t memory_limit; /* bytes of linear memory */
	uint64_t next_host_id;
	bool is_lost; /* a trap ended the instance; every further call fails */
};

/*
 * Create an engine; its settings are the same for compiling and for mapping, since artifacts depend
 * on them. `target`: a triple, or an interpreter's name; NULL: this machine. The caller deletes it.
 * NULL on failure.
 */
wasm_engine_t *sandbox_engine_create(const char *target, struct error *err);

/*
 * Map an artifact that `harvester-guest compile` made for `target` (NULL: this machine). The engine
 * trusts its content: see "Why the compiled cache can be trusted" in docs/ARCHITECTURE.md. After a
 * failure the caller calls sandbox_close() too.
 */
int sandbox_open(struct sandbox *sandbox, const char *artifact, const char *target,
		 struct error *err);
void sandbox_close(struct sandbox *sandbox);

/* Limit the component's linear memory from now on. */
void sandbox_set_memory_limit(struct sandbox *sandbox, uint64_t bytes);

/*
 * List all imports except WASI's as [[interface, function, signature], …]. The caller releases the
 * list. NULL without memory.
 */
cbor_item_t *sandbox_imports(const struct sandbox *sandbox);

/* The same for exports; for a function that is in no interface, `interface` is "". */
cbor_item_t *sandbox_exports(const struct sandbox *sandbox);

/* Bind every import to the broker and instantiate the component, which runs code of it. */
int sandbox_instantiate(struct sandbox *sandbox, struct error *err);

/*
 * Find an exported function by name; `interface` is "" for a function that is in none.
 * ERROR_NOT_FOUND if the component does not export it.
 */
int sandbox_find(struct sandbox *sandbox, const char *interface, const char *function,
		 wasmtime_component_func_t *ret_function, struct error *err);

/*
 * Call a function. Takes ownership of the `count` arguments. The caller deletes *ret_result, which
 * is of kind BOOL if the function returns nothing. ERROR_CLOSED if the component trapped: the
 * sandbox then accepts no further call.
 */
int sandbox_call(struct sandbox *sandbox, const wasmtime_component_func_t *function,
		 wasmtime_component_val_t *args, size_t count, bool has_result,
		 wasmtime_component_val_t *ret_result, struct error *err);

/*
 * Set *err to `what` and the engine's message, without its backtrace. Takes ownership of `error`.
 * Returns `code`.
 */
int sandbox_error(struct error *err, int code, const char *what, wasmtime_error_t *error);

#endif
