#include "plugin/policy/decision_store.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/work_queue.h"
#include "plugin/discovery/source.h"
#include "plugin/policy/approvals.h"
#include "plugin/policy/disabled_plugins.h"

/* One decision that waits to be written. */
struct decision {
	const struct decision_store *store;
	int (*write)(const struct decision *decision, struct error *err);
	char name[PLUGIN_NAME_SIZE];
	bool is_off;
	struct permission request;
	struct error err;
};

static int write_switch(const struct decision *decision, struct error *err)
{
	return disabled_plugins_set(decision->store->disabled, decision->name, decision->is_off,
				    err);
}

static int write_approval(const struct decision *decision, struct error *err)
{
	return approvals_add(decision->store->approvals, decision->name, &decision->request, err);
}

static void run(void *arg)
{
	struct decision *decision = arg;

	decision->err.code = decision->write(decision, &decision->err);
}

static void done(void *arg, int status)
{
	struct decision *decision = arg;

	if (status) /* the queue has closed first: write here, since blocking the loop no longer
		       matters */
		run(decision);
	decision->store->on_written(decision->store->arg, decision->name, &decision->err);
	free(decision);
}

static struct decision *create(const struct decision_store *store, const char *name,
			       struct error *err)
{
	struct decision *decision = calloc(1, sizeof(*decision));

	if (decision) {
		decision->store = store;
		snprintf(decision->name, sizeof(decision->name), "%s", name);
	} else {
		error_set(err, ERROR_NO_MEMORY,
			  "out of memory while writing the owner's decision; this machine needs "
			  "more free memory");
	}
	return decision;
}

/* Takes ownership of `decision`, which may be NULL (out of memory). */
static int submit(struct decision *decision, struct error *err)
{
	int ret = decision ? work_queue_submit(decision->store->queue, run, done, decision)
			   : ERROR_NO_MEMORY;

	if (!ret || !decision)
		return ret;
	free(decision);
	return error_set(err, ret,
			 ret == ERROR_CLOSED
				 ? "the node is stopping: try again after it has started"
				 : "too many changes wait to be written to the disk; try again in "
				   "a few seconds");
}

int decision_store_approve(const struct decision_store *store, const char *name,
			   const struct permission *request, struct error *err)
{
	struct decision *decision = create(store, name, err);

	if (decision) {
		decision->write = write_approval;
		decision->request = *request;
	}
	return submit(decision, err);
}

int decision_store_switch(const struct decision_store *store, const char *name, bool is_off,
			  struct error *err)
{
	struct decision *decision = create(store, name, err);

	if (decision) {
		decision->write = write_switch;
		decision->is_off = is_off;
	}
	return submit(decision, err);
}
