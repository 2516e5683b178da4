/*
 * The configuration of alerts: [[alert]] says when something is wrong, [[notify]] where messages
 * about it go, and [alerting] to which hosts they may go. Rules that people add over the API have
 * the same keys, and pass the same checks. docs/ALERTS.md explains what they mean.
 */
#ifndef HARVESTER_CONFIG_ALERT_H
#define HARVESTER_CONFIG_ALERT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/schema.h"

struct error;

#define CONFIG_ALERTS_MAX 128	    /* [[alert]] */
#define CONFIG_CHANNELS_MAX 16	    /* [[notify]] */
#define CONFIG_ALERT_CHANNELS_MAX 8 /* `notify` of one alert */
#define CONFIG_ALLOWED_HOSTS_MAX 16 /* [alerting] allowed_hosts */
#define CONFIG_ALERT_LEDS 445	    /* the longest strip: LEDS_MAX in config_keys.c */
#define CONFIG_ALERT_TIME_NONE (-1)

enum config_watch { WATCH_SENSOR, WATCH_NODE, WATCH_DISK, WATCH_PLUGIN, WATCH_ROLLOUT };
enum config_severity { SEVERITY_INFO, SEVERITY_WARNING, SEVERITY_CRITICAL };
enum config_alert_sound { SOUND_NONE, SOUND_SINGLE, SOUND_TRIPLE, SOUND_LONG };

enum config_condition {
	CONDITION_ABOVE,   /* the value is above `limit` */
	CONDITION_BELOW,   /* the value is below `limit` */
	CONDITION_OUTSIDE, /* the value is below `low` or above `high` */
	CONDITION_EQUAL,   /* the value is `limit`; true is 1, false is 0 */
	CONDITION_STALE,   /* no reading without an error for stale_seconds */
	CONDITION_ERROR,   /* the newest reading has an error */
	CONDITION_OFFLINE, /* of WATCH_NODE: the hub hears nothing of the node */
	CONDITION_FAILED,  /* of WATCH_PLUGIN: it died too often, and is not started for a while */
	CONDITION_PAUSED,  /* of WATCH_ROLLOUT: the hub paused it, since nodes failed */
};

/* Minutes after midnight, local time; both CONFIG_ALERT_TIME_NONE for no quiet hours. */
struct config_quiet {
	int from, to;
};

/* [[alert]] */
struct config_alert {
	char *name;		 /* owned, like each string here; never NULL */
	unsigned line, column;	 /* of the table in the file; 0 if it comes from elsewhere */
	enum config_watch watch; /* default WATCH_SENSOR */
	/* Patterns of fnmatch(3); default "*"; never NULL. The room is that of the owner. */
	char *node, *sensor, *room, *plugin;
	char *field; /* NULL if the condition concerns no field */
	enum config_condition condition;
	double above, below, low, high, equal; /* NaN if absent */
	double limit;			       /* `above`, `below` or `equal` */
	double hysteresis;		       /* 0, the default, or more */
	double stale_seconds;		       /* 0: absent */
	bool error;
	double for_seconds;			     /* 0..86400, default 0 */
	enum config_severity severity;		     /* default SEVERITY_WARNING */
	struct config_quiet quiet;		     /* default: that of [alerting] */
	char *notify[CONFIG_ALERT_CHANNELS_MAX + 1]; /* names of [[notify]]; ends with NULL */
	bool has_notify;		/* the key is present, perhaps with an empty list */
	enum config_alert_sound buzzer; /* default SOUND_NONE */
	int led;			/* index on the strip; -1, the default: none */
	uint32_t color;			/* 0xrrggbb, default 0xff0000 */
	bool fan;			/* default false */
	char *message;			/* template; NULL: a text that fits the condition */
};

enum config_channel_kind {
	CHANNEL_WEBHOOK,
	CHANNEL_NTFY,
	CHANNEL_ALERTMANAGER,
	CHANNEL_APPRISE,
	CHANNEL_SMTP,
};

/* [[notify]] */
struct config_channel {
	char *name; /* owned, like each string here; never NULL */
	enum config_channel_kind kind;
	char *url;	/* never NULL */
	char *topic;	/* of ntfy */
	char *tag;	/* of Apprise; may be NULL */
	char *username; /* of SMTP; may be NULL */
	/* Path of a file with the token, password or webhook secret; may be NULL. Relative paths
	 * are joined to the configuration file's folder. */
	char *secret_file;
	char *from, *to; /* of SMTP */
};

/* All of it, as a part of struct config. */
struct config_alerting {
	char *allowed_hosts[CONFIG_ALLOWED_HOSTS_MAX + 1]; /* ends with NULL */
	struct config_quiet quiet;
	/* Channels of alerts without `notify`, and of the ready-made ones; ends with NULL */
	char *notify[CONFIG_ALERT_CHANNELS_MAX + 1];
	struct config_alert *alerts;
	size_t alerts_count;
	struct config_channel *channels;
	size_t channels_count;
};

/* A copy that the caller frees with config_channel_finish(). ERROR_NO_MEMORY. */
int config_channel_copy(const struct config_channel *channel, struct config_channel *ret_copy);
void config_channel_finish(struct config_channel *channel);

/* Whether the URL names this machine itself: localhost, 127.0.0.0/8 or [::1]. */
bool config_channel_is_local(const struct config_channel *channel);

/* Read one alert from a table. `ret_alert` is to be finished in any case. Returns whether a problem
 * was added, or memory ran out. */
int config_alert_read(struct schema_reader *reader, struct toml_node *node,
		      struct config_alert *ret_alert);

/* Readers of the three sections; `target` is the struct config_alerting. */
void config_alert_read_all(struct schema_reader *reader, struct toml_node *node, const char *path,
			   void *target);
void config_channel_read_all(struct schema_reader *reader, struct toml_node *node, const char *path,
			     void *target);
extern const struct schema_key config_alerting_keys[], config_alert_keys[], config_channel_keys[];

/* Check the three sections against each other: names of channels, hosts, names used twice. */
void config_alerting_check(struct schema_reader *reader, struct toml_node *root,
			   const struct config_alerting *alerting);

/* No alert and no channel. */
void config_alerting_init(struct config_alerting *alerting);
void config_alerting_finish(struct config_alerting *alerting);

/* An alert with the defaults and no strings; config_alert_finish() frees it. */
void config_alert_init(struct config_alert *alert);
void config_alert_finish(struct config_alert *alert);
/* A copy that the caller frees with config_alert_finish(). ERROR_NO_MEMORY. */
int config_alert_copy(const struct config_alert *alert, struct config_alert *ret_copy);

/*
 * Read an alert from a JSON object with the keys of [[alert]]. The caller frees *ret_alert with
 * config_alert_finish(). ERROR_MALFORMED with all problems, as far as they fit into *err,
 * ERROR_NO_MEMORY.
 */
int config_alert_from_json(const json_t *json, struct config_alert *ret_alert, struct error *err);

/* The same object: every key whose value is not the default. The caller owns it; NULL if memory
 * runs out. */
json_t *config_alert_to_json(const struct config_alert *alert);

/* The word of the configuration for a value. Static memory. */
const char *config_severity_name(enum config_severity severity);
const char *config_channel_kind_name(enum config_channel_kind kind);
const char *config_watch_name(enum config_watch watch);
const char *config_condition_name(enum config_condition condition);

/* The placeholders of `message`, NULL at the end. */
extern const char *const config_alert_placeholders[];

#endif
