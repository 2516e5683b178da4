/*
 * wasi:random for the component, answered by the kernel's generator at each call.
 *
 * The engine's own generator is seeded once per store, so all children that are forked from one
 * template would get the same "random" bytes.
 */
#ifndef HARVESTER_GUEST_ENTROPY_H
#define HARVESTER_GUEST_ENTROPY_H

#include <wasmtime.h>

struct error;

/*
 * Replace the engine's wasi:random functions in `linker` by those that read from the kernel. Call
 * after wasmtime_component_linker_add_wasip2().
 */
int entropy_link(wasmtime_component_linker_t *linker, const wasmtime_component_t *component,
		 const wasm_engine_t *engine, struct error *err);

#endif
