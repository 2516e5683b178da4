/* The life of an alert's and a channel's configuration, and the words for their values. */
#include "config/alert.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

void config_alert_init(struct config_alert *alert)
{
	*alert = (struct config_alert){
		.above = NAN,
		.below = NAN,
		.low = NAN,
		.high = NAN,
		.equal = NAN,
		.limit = NAN,
		.severity = SEVERITY_WARNING,
		.quiet = {CONFIG_ALERT_TIME_NONE, CONFIG_ALERT_TIME_NONE},
		.led = -1,
		.color = 0xff0000,
	};
}

static void free_names(char **names)
{
	for (size_t i = 0; names[i]; i++)
		free(names[i]);
}

void config_alert_finish(struct config_alert *alert)
{
	free(alert->name);
	free(alert->node);
	free(alert->sensor);
	free(alert->room);
	free(alert->plugin);
	free(alert->field);
	free(alert->message);
	free_names(alert->notify);
	config_alert_init(alert);
}

void config_channel_finish(struct config_channel *channel)
{
	free(channel->name);
	free(channel->url);
	free(channel->topic);
	free(channel->tag);
	free(channel->username);
	free(channel->secret_file);
	free(channel->from);
	free(channel->to);
}

void config_alerting_init(struct config_alerting *alerting)
{
	*alerting =
		(struct config_alerting){.quiet = {CONFIG_ALERT_TIME_NONE, CONFIG_ALERT_TIME_NONE}};
}

void config_alerting_finish(struct config_alerting *alerting)
{
	free_names(alerting->allowed_hosts);
	free_names(alerting->notify);
	for (size_t i = 0; i < alerting->alerts_count; i++)
		config_alert_finish(&alerting->alerts[i]);
	for (size_t i = 0; i < alerting->channels_count; i++)
		config_channel_finish(&alerting->channels[i]);
	free(alerting->alerts);
	free(alerting->channels);
	config_alerting_init(alerting);
}

static bool copy_text(char **to, const char *from)
{
	*to = from ? strdup(from) : NULL;
	return !from || *to;
}

int config_alert_copy(const struct config_alert *alert, struct config_alert *ret_copy)
{
	struct config_alert copy = *alert;
	bool ok;

	memset(copy.notify, 0, sizeof(copy.notify));
	ok = copy_text(&copy.name, alert->name);
	ok &= copy_text(&copy.node, alert->node);
	ok &= copy_text(&copy.sensor, alert->sensor);
	ok &= copy_text(&copy.room, alert->room);
	ok &= copy_text(&copy.plugin, alert->plugin);
	ok &= copy_text(&copy.field, alert->field);
	ok &= copy_text(&copy.message, alert->message);
	for (size_t i = 0; ok && alert->notify[i]; i++)
		ok = copy_text(&copy.notify[i], alert->notify[i]);
	if (!ok) {
		config_alert_finish(&copy);
		return ERROR_NO_MEMORY;
	}
	*ret_copy = copy;
	return 0;
}

int config_channel_copy(const struct config_channel *channel, struct config_channel *ret_copy)
{
	struct config_channel copy = *channel;
	bool ok = copy_text(&copy.name, channel->name);

	ok &= copy_text(&copy.url, channel->url);
	ok &= copy_text(&copy.topic, channel->topic);
	ok &= copy_text(&copy.tag, channel->tag);
	ok &= copy_text(&copy.username, channel->username);
	ok &= copy_text(&copy.secret_file, channel->secret_file);
	ok &= copy_text(&copy.from, channel->from);
	ok &= copy_text(&copy.to, channel->to);
	if (!ok) {
		config_channel_finish(&copy);
		return ERROR_NO_MEMORY;
	}
	*ret_copy = copy;
	return 0;
}

const char *config_channel_kind_name(enum config_channel_kind kind)
{
	static const char *const names[] = {"webhook", "ntfy", "alertmanager", "apprise", "smtp"};

	return names[kind];
}

const char *config_severity_name(enum config_severity severity)
{
	static const char *const names[] = {"info", "warning", "critical"};

	return names[severity];
}

const char *config_watch_name(enum config_watch watch)
{
	static const char *const names[] = {"sensor", "node", "disk", "plugin", "rollout"};

	return names[watch];
}

const char *config_condition_name(enum config_condition condition)
{
	static const char *const names[] = {"above", "below",	"outside", "equal", "stale",
					    "error", "offline", "failed",  "paused"};

	return names[condition];
}
