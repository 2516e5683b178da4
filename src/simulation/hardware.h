/*
 * The buses that the node uses, each this machine's or a simulated one, as [hardware] in the
 * configuration says. Loop thread.
 */
#ifndef HARVESTER_SIMULATION_HARDWARE_H
#define HARVESTER_SIMULATION_HARDWARE_H

#include <jansson.h>
#include <stddef.h>

struct backend;
struct clock;
struct config;
struct error;
struct hardware;

/*
 * Create the buses; no device is opened yet. Copies what it needs from `config`; `clock` is
 * borrowed until hardware_destroy(). ERROR_INVALID if [hardware] names a simulated device on a bus
 * that is not simulated; ERROR_NO_MEMORY.
 */
int hardware_create(const struct config *config, struct clock *clock,
		    struct hardware **ret_hardware, struct error *err);

/* The caller has closed all devices of the backend before. NULL is allowed. */
void hardware_destroy(struct hardware *hardware);

/* Borrowed until hardware_destroy(). */
struct backend *hardware_backend(struct hardware *hardware);

/*
 * What the simulated devices really measure (world_to_json()). Only if something is simulated. The
 * caller releases it.
 */
json_t *hardware_truth(struct hardware *hardware);

#define HARDWARE_KINDS 5 /* i2c, spi, gpio, uart, 1-wire */

/* Write the names of the simulated kinds of buses, such as "i2c, gpio", and return their number. */
size_t hardware_simulated(const struct config *config, char *ret_names, size_t size);

#endif
