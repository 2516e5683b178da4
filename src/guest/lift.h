/*
 * Component values to CBOR and back, in the form of wire/value.h. One thread.
 */
#ifndef HARVESTER_GUEST_LIFT_H
#define HARVESTER_GUEST_LIFT_H

#include <cbor.h>
#include <wasmtime.h>

struct error;

/*
 * A fresh item, or NULL: out of memory, or a kind that does not cross (resources, futures, …). A
 * record with the one field `latin1` becomes the bytes that its characters are, as the Python
 * runtime passes them (tools/runtime-wit); NULL for a character above 255.
 */
cbor_item_t *lift(const wasmtime_component_val_t *val);

/*
 * Make a value of `type` from an item. On failure *ret_val is untouched and `err` names the type
 * that was wanted. The caller deletes the value. An empty text or array where an option is wanted
 * is its none.
 */
int lower(const cbor_item_t *item, const wasmtime_component_valtype_t *type,
	  wasmtime_component_val_t *ret_val, struct error *err);

#endif
