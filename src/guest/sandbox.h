/*
 * Wall one: a component mapped, linked and instantiated, with nothing but its imports bound to the
 * broker, clocks and random numbers of WASI, and its output sent to the log. One thread.
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
	bool is_python;	      /* the interpreter's traps are explained */
	int64_t memory_limit; /* bytes of linear memory */
	uint64_t next_host_id;
	bool is_lost; /* a trap ended the instance: no further call */
};

/* The engine's settings, the same for compiling and for mapping. NULL target: this machine. */
wasm_engine_t *sandbox_engine_create(const char *target, struct error *err);

/* Map an artifact that `harvester-guest compile` made (trusted: see docs/ARCHITECTURE.md). */
int sandbox_open(struct sandbox *sandbox, const char *artifact, struct error *err);
void sandbox_close(struct sandbox *sandbox);

/* Of linear memory, in bytes, from now on. */
void sandbox_set_memory_limit(struct sandbox *sandbox, uint64_t bytes);

/* [[interface, function, signature], …] of all imports but WASI's. NULL without memory. */
cbor_item_t *sandbox_imports(const struct sandbox *sandbox);

/* The same for exports; the interface of a function at the top is "". */
cbor_item_t *sandbox_exports(const struct sandbox *sandbox);

/* Bind every import to the broker, instantiate. After this code of the component has run. */
int sandbox_instantiate(struct sandbox *sandbox, struct error *err);

/* An exported function by name; `interface` "" stands for the top. ERROR_NOT_FOUND. */
int sandbox_find(struct sandbox *sandbox, const char *interface, const char *function,
		 wasmtime_component_func_t *ret_function, struct error *err);

/*
 * Call with `count` arguments, which are deleted here. *ret_result is the caller's to delete (kind
 * BOOL for a function without one). A trap is ERROR_CLOSED, and ends the sandbox.
 */
int sandbox_call(struct sandbox *sandbox, const wasmtime_component_func_t *function,
		 wasmtime_component_val_t *args, size_t count, bool has_result,
		 wasmtime_component_val_t *ret_result, struct error *err);

/* err takes the engine's message without its backtrace; `error` is deleted. Returns `code`. */
int sandbox_error(struct error *err, int code, const char *what, wasmtime_error_t *error);

#endif
