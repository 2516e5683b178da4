/* Makes the simulated world that a node's configuration describes. */
#ifndef HARVESTER_SIMULATION_WORLD_CREATE_H
#define HARVESTER_SIMULATION_WORLD_CREATE_H

struct clock;
struct config;
struct error;
struct world;

/*
 * Create the world with the devices and faults of the configuration that are on simulated buses.
 * Copies what it needs from `config`; `clock` is borrowed until world_destroy(). The errors are
 * those of world_create().
 */
int world_create_configured(const struct config *config, struct clock *clock,
			    struct world **ret_world, struct error *err);

/* ERROR_INVALID if [hardware] devices names a simulated device on a bus that is not simulated. */
int world_check_devices(const struct config *config, struct error *err);

#endif
