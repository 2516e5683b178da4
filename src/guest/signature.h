/*
 * Function types as WIT text: "func(addr: u8, write-data: string) -> result<string, string>".
 *
 * Named types are written out ("enum{a, b}", "record{x: f32}"), since the names of a component's
 * own types do not matter to the host.
 */
#ifndef HARVESTER_GUEST_SIGNATURE_H
#define HARVESTER_GUEST_SIGNATURE_H

#include <wasmtime.h>

struct buffer;

void signature_append(struct buffer *buffer, const wasmtime_component_func_type_t *type);

#endif
