/* What stands in for the simulation in a build without it (-Dsimulation=false): nothing can be
 * simulated. */
#include "simulation/world.h"

#include "base/error.h"

int world_create(const struct world_config *config, struct clock *clock, struct world **ret_world,
		 struct error *err)
{
	(void)config;
	(void)clock;
	(void)ret_world;
	return error_set(err, ERROR_INVALID,
			 "this harvester was built without the simulation; set "
			 "[hardware] backend = \"linux\", and every NAME_backend too");
}

/* No world can be made, so that none comes here. */
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
