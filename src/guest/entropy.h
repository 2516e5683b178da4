/*
 * Random numbers for the component, from the kernel at each call.
 *
 * The engine's own generator is seeded once for a store; children of a template would all give the
 * same "random" bytes. These functions stand in for wasi:random's.
 */
#ifndef HARVESTER_GUEST_ENTROPY_H
#define HARVESTER_GUEST_ENTROPY_H

#include <wasmtime.h>

struct error;

/* After wasmtime_component_linker_add_wasip2(), whose functions it replaces. */
int entropy_link(wasmtime_component_linker_t *linker, const wasmtime_component_t *component,
		 const wasm_engine_t *engine, struct error *err);

#endif
