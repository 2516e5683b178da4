/*
 * Linking by reflection: the component's own types say what it imports and exports, so no function
 * is named here. Every imported function becomes a question to the broker.
 */
#ifndef HARVESTER_GUEST_LINK_H
#define HARVESTER_GUEST_LINK_H

#include <cbor.h>
#include <stdbool.h>

struct error;
struct sandbox;

/* One list of [interface, function, signature]; see sandbox_imports(). NULL without memory. */
cbor_item_t *link_list(const struct sandbox *sandbox, bool imports);

/* Bind all imports but WASI's to the broker, and WASI's to nothing but clocks, random and output.
 */
int link_imports(struct sandbox *sandbox, struct error *err);

#endif
