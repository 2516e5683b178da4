/* The routes /api/v1/rollouts of a hub: which versions of plugins its nodes are to run. */
#include <stdlib.h>

#include "base/error.h"
#include "bundle/manifest.h"
#include "http/api/bundle_body.h"
#include "http/api/uplink.h"
#include "http/server/handler.h"
#include "link/hub/hub.h"
#include "rollout/groups.h"
#include "rollout/hub/desk.h"
#include "rollout/rollout.h"

enum { BUNDLE, SIGNATURE, DIGEST, NODES, GROUPS, SUCCESS, PAUSE_ON };

#define NODES_TEXT_MAX 20000
#define SUCCESS_DEFAULT 100
#define PAUSE_ON_DEFAULT 1

const struct web_parameter web_rollout_fields[] = {
	[BUNDLE] = {.name = "bundle",
		    .type = WEB_TEXT,
		    .minimum = 4,
		    .maximum = WEB_BUNDLE_TEXT_MAX},
	[SIGNATURE] = {.name = "signature",
		       .type = WEB_TEXT,
		       .minimum = 4,
		       .maximum = WEB_SIGNATURE_TEXT_MAX},
	[DIGEST] = {.name = "digest",
		    .type = WEB_TEXT,
		    .minimum = BUNDLE_DIGEST_SIZE - 1,
		    .maximum = BUNDLE_DIGEST_SIZE - 1},
	[NODES] = {.name = "nodes", .type = WEB_TEXT, .minimum = 1, .maximum = NODES_TEXT_MAX},
	[GROUPS] = {.name = "groups",
		    .type = WEB_TEXT,
		    .minimum = 1,
		    .maximum = ROLLOUT_GROUPS_TEXT_MAX},
	[SUCCESS] = {.name = "success", .type = WEB_INTEGER, .minimum = 1, .maximum = 100},
	[PAUSE_ON] = {.name = "pause_on",
		      .type = WEB_INTEGER,
		      .minimum = 1,
		      .maximum = ROLLOUT_NODES_MAX},
	{0},
};

struct web_answer web_get_rollouts(struct web *web, struct web_request *request)
{
	(void)request;
	if (!web_config(web)->rollouts)
		return web_uplink_no_hub();
	return web_answer_json(MHD_HTTP_OK, rollout_desk_to_json(web_config(web)->rollouts));
}

/* Start */

static struct web_answer start(struct web *web, struct web_request *request,
			       const struct rollout_start *order)
{
	struct deferred_response *pending = deferred_response_begin(request);
	struct error err = {0};
	int ret;

	if (!pending)
		return web_answer_json(MHD_HTTP_OK, NULL);
	ret = rollout_desk_start(web_config(web)->rollouts, order, web_bundle_done, pending, &err);
	if (ret)
		deferred_response_finish(pending, web_bundle_refuse(ret, &err));
	return web_answer_later();
}

static unsigned number_or(const struct web_value *field, unsigned otherwise)
{
	return field->is_set ? (unsigned)field->number : otherwise;
}

/* A hub's spokes, or the members of a cluster. */
static json_t *list_nodes(const struct web *web)
{
	const struct web_actions *actions = &web_config(web)->actions;

	return web_config(web)->hub ? hub_to_json(web_config(web)->hub)
	       : actions->nodes	    ? actions->nodes(actions->arg)
				    : json_array();
}

static struct web_answer start_with(struct web *web, struct web_request *request,
				    const struct web_bundle_body *body)
{
	const struct web_value *fields = request->fields;
	json_t *known = list_nodes(web);
	const struct rollout_start order = {
		.bundle = body->bundle,
		.size = body->size,
		.signature = body->signature,
		.digest = fields[DIGEST].text,
		.nodes = fields[NODES].text,
		.known = known,
		.groups = fields[GROUPS].text,
		.success_percent = number_or(&fields[SUCCESS], SUCCESS_DEFAULT),
		.pause_on = number_or(&fields[PAUSE_ON], PAUSE_ON_DEFAULT),
	};
	struct web_answer answer = start(web, request, &order);

	json_decref(known);
	return answer;
}

/* Either the bundle itself, or the digest of one that the hub has. */
static bool names_one_bundle(const struct web_value *fields)
{
	return fields[BUNDLE].is_set
		       ? !fields[DIGEST].is_set
		       : fields[DIGEST].is_set && bundle_is_digest(fields[DIGEST].text);
}

struct web_answer web_post_rollout(struct web *web, struct web_request *request)
{
	const struct web_value *fields = request->fields;
	struct web_bundle_body body = {0};
	struct web_answer answer;

	if (!web_config(web)->rollouts)
		return web_uplink_no_hub();
	if (!names_one_bundle(fields))
		return web_answer_problem(MHD_HTTP_BAD_REQUEST,
					  "send either `bundle`, as base64, or the `digest` of a "
					  "bundle that this hub has");
	if (web_bundle_body_read(&body, &fields[BUNDLE], &fields[SIGNATURE], &answer))
		answer = start_with(web, request, &body);
	web_bundle_body_finish(&body);
	return answer;
}

/* Decisions */

static bool parse_number(const char *text, uint64_t *ret_number)
{
	char *end;

	*ret_number = strtoull(text, &end, 10);
	return *text >= '0' && *text <= '9' && !*end && *ret_number <= BUNDLE_COUNTER_MAX;
}

static struct web_answer act(struct web *web, struct web_request *request,
			     enum rollout_action action)
{
	struct deferred_response *pending;
	struct error err = {0};
	uint64_t number;
	int ret;

	if (!web_config(web)->rollouts)
		return web_uplink_no_hub();
	if (!parse_number(request->segment, &number))
		return web_answer_problem(MHD_HTTP_NOT_FOUND,
					  "no roll-out has this number: GET /api/v1/rollouts lists "
					  "them");
	pending = deferred_response_begin(request);
	if (!pending)
		return web_answer_json(MHD_HTTP_OK, NULL);
	ret = rollout_desk_act(web_config(web)->rollouts, number, action, web_bundle_done, pending,
			       &err);
	if (ret == ERROR_INVALID) /* the roll-out's state does not allow it */
		deferred_response_finish(pending,
					 web_answer_problem(MHD_HTTP_CONFLICT, "%s", err.text));
	else if (ret)
		deferred_response_finish(pending, web_bundle_refuse(ret, &err));
	return web_answer_later();
}

struct web_answer web_post_rollout_pause(struct web *web, struct web_request *request)
{
	return act(web, request, ROLLOUT_PAUSE_IT);
}

struct web_answer web_post_rollout_resume(struct web *web, struct web_request *request)
{
	return act(web, request, ROLLOUT_RESUME_IT);
}

struct web_answer web_post_rollout_abort(struct web *web, struct web_request *request)
{
	return act(web, request, ROLLOUT_ABORT_IT);
}

struct web_answer web_post_rollout_undo(struct web *web, struct web_request *request)
{
	return act(web, request, ROLLOUT_UNDO_IT);
}
