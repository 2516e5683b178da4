/* For builds without the client library. */
#include "base/error.h"
#include "cluster/nats_engine.h"
#include "cluster/server_removal.h"

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

int server_removal_ask(const char *data_folder, const json_t *member, const json_t *authority,
		       const char *node, uint64_t now_ms, struct error *err)
{
	(void)data_folder, (void)member, (void)authority, (void)now_ms;
	return error_set(err, ERROR_UNSUPPORTED,
			 "this build of harvester has no engine for clusters, so it cannot remove "
			 "the server of %s: install libnats-dev and build it again "
			 "(tools/setup-cluster)",
			 node);
}
