/*
 * Links a component by reflection: the imports and exports are read from the component's own types,
 * so this code names no function of any interface. When the component calls an imported function,
 * the guest sends the call to the broker and waits for its answer.
 */
#ifndef HARVESTER_GUEST_LINK_H
#define HARVESTER_GUEST_LINK_H

#include <cbor.h>
#include <stdbool.h>

struct error;
struct sandbox;

/*
 * List the imports, or else the exports, as [[interface, function, signature], …]; see
 * sandbox_imports(). The caller releases the list. NULL without memory.
 */
cbor_item_t *link_list(const struct sandbox *sandbox, bool imports);

/*
 * Bind all imports except WASI's to the broker. Of WASI, only clocks, random numbers and standard
 * output work.
 */
int link_imports(struct sandbox *sandbox, struct error *err);

#endif
