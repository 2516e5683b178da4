/* Replaces the simulation in a build without it (-Dsimulation=false): world_create() always fails.
 */
#include "simulation/world.h"

#include "base/error.h"

int world_create(const struct world_config *config, struct clock *clock, struct world **ret_world,
		 struct error *err)
{
	(void)config;
	(void)clock;
	(void)ret_world;
	return error_set(err, ERROR_INVALID,
			 "this harvester was built without the simulation: set `backend = "
			 "\"linux\"` under [hardware], and every NAME_backend too");
}

/* Never called, since no world can be created. */
void world_destroy(struct world *world)
{
	(void)world;
}

struct backend *world_backend(struct world *world)
{
	(void)world;
	return NULL;
}

json_t *world_to_json(struct world *world)
{
	(void)world;
	return NULL;
}
