/* For builds without the client library. */
#include "base/error.h"
#include "cluster/nats_engine.h"

bool nats_engine_is_built(void)
{
	return false;
}

int nats_engine_create(const struct nats_engine_config *config, struct engine **ret_engine,
		       struct error *err)
{
	(void)config, (void)ret_engine;
	return error_set(err, ERROR_UNSUPPORTED,
			 "this build of harvester has no engine for clusters: install libnats-dev "
			 "and build it again (tools/setup-cluster), or remove `engine` from "
			 "[cluster]");
}

void nats_engine_close(struct engine *engine, void (*on_closed)(void *arg), void *arg)
{
	(void)engine, (void)on_closed, (void)arg;
}

uint64_t nats_engine_dropped(const struct engine *engine)
{
	(void)engine;
	return 0;
}
