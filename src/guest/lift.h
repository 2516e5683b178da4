/*
 * Converts WebAssembly component values to CBOR items ("lift") and back ("lower"), in the form that
 * wire/value.h describes. One thread.
 */
#ifndef HARVESTER_GUEST_LIFT_H
#define HARVESTER_GUEST_LIFT_H

#include <cbor.h>
#include <wasmtime.h>

struct error;

/*
 * Make a CBOR item, which the caller releases. NULL if memory runs out, or if the value is of a
 * kind that is not passed to the broker (resources, futures, …). A record with the single field
 * `latin1` becomes a byte string with one byte a character, since the Python runtime passes bytes
 * that way (tools/runtime-wit); NULL if a character is above 255.
 */
cbor_item_t *lift(const wasmtime_component_val_t *val);

/*
 * Make a value of `type` from a CBOR item. The caller deletes *ret_val. If `type` is an option, an
 * empty text or array becomes its none. ERROR_MALFORMED if the item does not fit the type, which
 * *err names.
 */
int lower(const cbor_item_t *item, const wasmtime_component_valtype_t *type,
	  wasmtime_component_val_t *ret_val, struct error *err);

#endif
