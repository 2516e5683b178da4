#include "rollout/cluster/cluster_rollouts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cluster/names.h"
#include "rollout/cluster/internal.h"

#define PLAN_TICKS 2	  /* how often the plan is read */
#define REPORTS_TICKS 2	  /* and the reports, by the leader */
#define GREETING_TICKS 30 /* what failed is tried again */

static void write_plan(struct cluster_rollouts *rollouts, json_t *state);

/* Saving */

static void on_written(void *arg, int status, uint64_t revision, const struct error *err)
{
	struct cluster_rollouts *rollouts = arg;
	json_t *next = rollouts->next;

	rollouts->is_saving = false;
	rollouts->next = NULL;
	rollouts->saving++;
	if (status) {
		/* The plan may be another, or have this change nevertheless: read it. */
		json_decref(next);
		rollouts->must_load = true;
		if (!rollouts->is_closed)
			rollout_desk_failed(rollouts->desk, err->text);
		return;
	}
	rollouts->revision = revision;
	if (rollouts->is_closed)
		json_decref(next);
	else if (next)
		write_plan(rollouts, next);
	else {
		rollout_desk_saved(rollouts->desk);
		cluster_node_note_plan(rollouts);
	}
}

/* Takes over `state`. */
static void write_plan(struct cluster_rollouts *rollouts, json_t *state)
{
	char *text = json_dumps(state, JSON_COMPACT);
	struct error err;
	int ret = text ? member_write_key(rollouts->config.member, MEMBER_ROLLOUTS,
					  CLUSTER_PLAN_KEY, text, strlen(text), rollouts->revision,
					  on_written, rollouts)
		       : ERROR_NO_MEMORY;

	free(text);
	json_decref(state);
	rollouts->is_saving = !ret;
	if (!ret)
		return;
	rollouts->must_load = true;
	error_set(&err, ret,
		  ret == ERROR_TOO_LARGE
			  ? "the cluster's plan has no room for more roll-outs and nodes: name "
			    "fewer nodes"
			  : "the cluster cannot be reached now: try again when it is ready");
	rollout_desk_failed(rollouts->desk, err.text);
}

static void save(void *arg, json_t *state)
{
	struct cluster_rollouts *rollouts = arg;

	if (rollouts->is_saving) {
		json_decref(rollouts->next);
		rollouts->next = state;
	} else {
		write_plan(rollouts, state);
	}
}

/* Reading */

void cluster_rollouts_take_plan(struct cluster_rollouts *rollouts, const struct member_value *value)
{
	json_t *state;

	if (rollouts->is_closed || rollouts->is_saving || value->revision < rollouts->revision ||
	    (value->revision == rollouts->revision && !rollouts->must_load))
		return;
	state = json_loadb(value->data ? value->data : "", value->size, 0, NULL);
	/* This node's copy stays, and the next change here replaces what cannot be read. */
	if (json_is_object(state))
		rollout_desk_load(rollouts->desk, state);
	else
		rollouts->config.on_noted(
			rollouts->config.arg, LOG_WARNING,
			"the cluster's plan of roll-outs is no JSON object, ignoring "
			"it: find out which member wrote it");
	json_decref(state);
	rollouts->revision = value->revision;
	rollouts->must_load = false;
	cluster_node_note_plan(rollouts);
}

static void on_plan(void *arg, int status, const struct member_value *value,
		    const struct error *err)
{
	struct cluster_rollouts *rollouts = arg;

	(void)status, (void)err;
	if (!value->key)
		rollouts->is_reading = false;
	else if (rollouts->read_began == rollouts->saving)
		cluster_rollouts_take_plan(rollouts, value);
}

static void read_plan(struct cluster_rollouts *rollouts)
{
	if (rollouts->is_reading || rollouts->is_saving)
		return;
	rollouts->read_began = rollouts->saving;
	rollouts->is_reading = !member_read_key(rollouts->config.member, MEMBER_ROLLOUTS,
						CLUSTER_PLAN_KEY, on_plan, rollouts);
}

/* Leading */

/* Whether this node may move the roll-outs on, from a plan that it knows. */
static bool may_move(const struct cluster_rollouts *rollouts)
{
	uint64_t term;

	return !rollouts->is_closed && rollouts->revision && !rollouts->must_load &&
	       member_is_leader(rollouts->config.member, &term);
}

static void take_report(struct cluster_rollouts *rollouts, const char *node,
			const struct member_value *value)
{
	json_t *body = json_loadb(value->data ? value->data : "", value->size, 0, NULL);
	json_t *answer = NULL;
	struct error err;

	if (body && strlen(node) <= READING_NAME_MAX)
		rollout_desk_ask(rollouts->desk, node, body, &answer, &err);
	json_decref(answer);
	json_decref(body);
}

static void on_report(void *arg, int status, const struct member_value *value,
		      const struct error *err)
{
	struct cluster_rollouts *rollouts = arg;
	const size_t prefix = strlen(CLUSTER_REPORT_KEY);

	(void)status, (void)err;
	if (!value->key)
		rollouts->is_reading_reports = false;
	else if (may_move(rollouts) && !strncmp(value->key, CLUSTER_REPORT_KEY, prefix))
		take_report(rollouts, value->key + prefix, value);
}

static void read_reports(struct cluster_rollouts *rollouts)
{
	if (rollouts->is_reading_reports || rollouts->is_saving || !may_move(rollouts) ||
	    !rollout_desk_count(rollouts->desk).active)
		return;
	rollouts->is_reading_reports =
		!member_read_key(rollouts->config.member, MEMBER_ROLLOUTS, CLUSTER_REPORT_KEY ">",
				 on_report, rollouts);
}

static void tick(uv_timer_t *timer)
{
	struct cluster_rollouts *rollouts = timer->data;

	rollouts->ticks++;
	if (!member_is_ready(rollouts->config.member))
		return;
	if (rollouts->ticks % PLAN_TICKS == 0 || rollouts->must_load)
		read_plan(rollouts);
	if (rollouts->ticks % REPORTS_TICKS == 1)
		read_reports(rollouts);
	cluster_node_tick(rollouts);
	if (rollouts->updater && rollouts->has_greeted && rollouts->ticks % GREETING_TICKS == 0)
		rollout_updater_greet(rollouts->updater, false, false);
}

/* Life */

static void on_noted(void *arg, enum log_level level, const char *text)
{
	const struct cluster_rollouts_config *config = &((struct cluster_rollouts *)arg)->config;

	config->on_noted(config->arg, level, text);
}

/* The nodes read the plan by themselves. */
static void on_news(void *arg, const char *node)
{
	(void)arg, (void)node;
}

int cluster_rollouts_create(const struct cluster_rollouts_config *config,
			    struct cluster_rollouts **ret_rollouts, struct error *err)
{
	struct cluster_rollouts *rollouts = calloc(1, sizeof(*rollouts));
	const struct rollout_desk_config desk = {.loop = config->loop,
						 .clock = config->clock,
						 .config = config->config,
						 .data_folder = config->data_folder,
						 .on_noted = on_noted,
						 .on_news = on_news,
						 .save = save,
						 .share = cluster_bundle_share,
						 .arg = rollouts};
	int ret;

	if (!rollouts)
		return error_set(err, ERROR_NO_MEMORY, "cannot prepare the cluster's roll-outs: %s",
				 error_text(ERROR_NO_MEMORY));
	rollouts->config = *config;
	rollouts->asking.rollouts = rollouts->fetching.rollouts = rollouts;
	uv_timer_init(config->loop, &rollouts->timer);
	rollouts->timer.data = rollouts;
	*ret_rollouts = rollouts;
	ret = rollout_desk_create(&desk, &rollouts->desk, err);
	if (!ret && config->probation)
		ret = cluster_node_create(rollouts, err);
	if (!ret)
		uv_timer_start(&rollouts->timer, tick, CLUSTER_ROLLOUTS_TICK_MS,
			       CLUSTER_ROLLOUTS_TICK_MS);
	return ret;
}

void cluster_rollouts_close(struct cluster_rollouts *rollouts)
{
	if (!rollouts)
		return;
	rollouts->is_closed = true;
	uv_close((uv_handle_t *)&rollouts->timer, NULL);
	rollout_updater_close(rollouts->updater);
	rollout_desk_close(rollouts->desk);
}

void cluster_rollouts_destroy(struct cluster_rollouts *rollouts)
{
	if (!rollouts)
		return;
	rollout_updater_destroy(rollouts->updater);
	rollout_desk_destroy(rollouts->desk);
	json_decref(rollouts->next);
	free(rollouts->asking.body);
	free(rollouts->reported);
	free(rollouts->desired);
	free(rollouts);
}

struct rollout_desk *cluster_rollouts_desk(struct cluster_rollouts *rollouts)
{
	return rollouts->desk;
}

struct rollout_updater *cluster_rollouts_updater(struct cluster_rollouts *rollouts)
{
	return rollouts->updater;
}
