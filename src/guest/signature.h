/*
 * Writes a function's type as WIT text: "func(addr: u8, write-data: string) -> result<string,
 * string>".
 *
 * Named types are written out ("enum{a, b}", "record{x: f32}"): the broker compares signatures as
 * text, and a component may name its own types as it likes.
 */
#ifndef HARVESTER_GUEST_SIGNATURE_H
#define HARVESTER_GUEST_SIGNATURE_H

#include <wasmtime.h>

struct buffer;

/* Append the type to `buffer`; if memory runs out, buffer.h says how the buffer reports it. */
void signature_append(struct buffer *buffer, const wasmtime_component_func_type_t *type);

#endif
