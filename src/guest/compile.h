/*
 * Ahead-of-time compilation, in a process of its own: `harvester-guest compile IN OUT
 * required|optional [TARGET]`. A child of that process compiles, locked down as a plugin is
 * (lockdown.h); the process itself opens, syncs and renames, and reads nothing of the component.
 */
#ifndef HARVESTER_GUEST_COMPILE_H
#define HARVESTER_GUEST_COMPILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <wasmtime.h>

struct error;

/*
 * Compile a component for `target` (a triple; NULL: this machine) into `to`, which appears whole or
 * not at all. lockdown_required: as of lockdown_enter(). Messages for people go to stderr. The
 * process' exit status; see wire/exit.h.
 */
int compile_main(const char *from, const char *to, bool lockdown_required, const char *target);

/*
 * The compilation alone, from memory; `path` names it in the text. ERROR_MALFORMED for what is no
 * component. The caller owns *ret_component.
 */
int compile_component(wasm_engine_t *engine, const uint8_t *data, size_t size, const char *path,
		      wasmtime_component_t **ret_component, struct error *err);

/* Print {"imports": [[interface, function, signature], …], "exports": […]} of an artifact or
 * component. */
int inspect_main(const char *path);

#endif
