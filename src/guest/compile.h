/*
 * Ahead-of-time compilation of a component: `harvester-guest compile IN OUT required|optional
 * [TARGET]`. A locked-down child process (lockdown.h) reads the component and compiles it; the
 * parent only opens, syncs and renames the files, so that no bytes of a stranger are parsed outside
 * the lockdown.
 */
#ifndef HARVESTER_GUEST_COMPILE_H
#define HARVESTER_GUEST_COMPILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <wasmtime.h>

struct error;

/*
 * Compile the component `from` for `target` (a triple; NULL: this machine) into the artifact `to`,
 * which is written atomically. lockdown_required: see lockdown_enter(). Errors go to stderr.
 * Returns the process's exit status (wire/exit.h).
 */
int compile_main(const char *from, const char *to, bool lockdown_required, const char *target);

/*
 * Compile a component from memory; `path` is used in error messages only. The caller deletes
 * *ret_component. ERROR_MALFORMED if `data` is no valid component.
 */
int compile_component(wasm_engine_t *engine, const uint8_t *data, size_t size, const char *path,
		      wasmtime_component_t **ret_component, struct error *err);

/*
 * Print the imports and exports of an artifact as JSON: {"imports": [[interface, function,
 * signature], …], "exports": […]}. Returns the process's exit status.
 */
int inspect_main(const char *path);

#endif
