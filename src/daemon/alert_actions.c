#include "daemon/alert_actions.h"

#include "alert/alerts.h"
#include "base/error.h"
#include "daemon/node_actions.h"

static struct alerts *alerts_of(void *arg)
{
	return ((struct node_actions *)arg)->alerts;
}

static json_t *show_all(void *arg)
{
	return alerts_of(arg) ? alerts_to_json(alerts_of(arg)) : NULL;
}

static json_t *show_list(void *arg)
{
	json_t *all = show_all(arg);
	json_t *list = json_incref(json_object_get(all, "alerts"));

	json_decref(all);
	return list;
}

static json_t *show_one(void *arg, const char *name)
{
	return alerts_of(arg) ? alerts_show(alerts_of(arg), name) : NULL;
}

static int closed(struct error *err)
{
	return error_set(err, ERROR_CLOSED,
			 "the node is starting or stopping: try again after it has started");
}

static int add(void *arg, const json_t *definition, struct error *err)
{
	return alerts_of(arg) ? alerts_add(alerts_of(arg), definition, err) : closed(err);
}

static int change(void *arg, const char *name, const json_t *keys, struct error *err)
{
	return alerts_of(arg) ? alerts_change(alerts_of(arg), name, keys, err) : closed(err);
}

static int act(void *arg, const char *name, enum web_alert_action action, uint64_t seconds,
	       struct error *err)
{
	struct alerts *alerts = alerts_of(arg);

	if (!alerts)
		return closed(err);
	switch (action) {
	case WEB_ALERT_REMOVE:
		return alerts_remove(alerts, name, err);
	case WEB_ALERT_ACKNOWLEDGE:
		return alerts_acknowledge(alerts, name, err);
	case WEB_ALERT_SNOOZE:
		return alerts_snooze(alerts, name, seconds, err);
	case WEB_ALERT_TEST:
		break;
	}
	return alerts_test(alerts, name, err);
}

void alert_actions_add(struct web_actions *actions)
{
	actions->alerts = show_all;
	actions->alert_list = show_list;
	actions->alert = show_one;
	actions->alert_add = add;
	actions->alert_change = change;
	actions->alert_act = act;
}
