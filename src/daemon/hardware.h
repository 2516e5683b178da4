/*
 * The buses that the configuration wants: this machine's, simulated ones, or some of each. Loop
 * thread.
 */
#ifndef HARVESTER_DAEMON_HARDWARE_H
#define HARVESTER_DAEMON_HARDWARE_H

#include <jansson.h>
#include <stddef.h>

struct backend;
struct clock;
struct config;
struct error;
struct hardware;

/* No device is opened yet. config is copied from, clock borrowed. */
int hardware_create(const struct config *config, struct clock *clock,
		    struct hardware **ret_hardware, struct error *err);

/* NULL is allowed. Whatever was opened on its backend is closed before. */
void hardware_destroy(struct hardware *hardware);

/* Borrowed. */
struct backend *hardware_backend(struct hardware *hardware);

/* The truth of the simulated part (world_to_json()). */
json_t *hardware_truth(struct hardware *hardware);

#define HARDWARE_KINDS 5

/* Which kinds of buses are simulated: "i2c, gpio"; "" for none. Returns how many of the five. */
size_t hardware_simulated(const struct config *config, char *ret_names, size_t size);

#endif
