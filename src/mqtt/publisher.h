/*
 * Publishes what a node knows over MQTT: the newest reading of each sensor as retained JSON, its
 * availability, all readings in order on topics of their own if the configuration says so, and the
 * messages by which Home Assistant finds devices. And takes commands, as far as the configuration
 * allows them. docs/MQTT.md describes topics and messages.
 *
 * It puts together the connection, the devices of Home Assistant and the feed of the history. Loop
 * thread.
 */
#ifndef HARVESTER_MQTT_PUBLISHER_H
#define HARVESTER_MQTT_PUBLISHER_H

#include <jansson.h>
#include <stdbool.h>
#include <uv.h>

#include "base/log.h"

struct alerts;
struct clock;
struct config;
struct error;
struct history;
struct mqtt_publisher;
struct reading_table;

struct mqtt_publisher_config {
	uv_loop_t *loop; /* all pointers are borrowed until on_closed() */
	struct clock *clock;
	struct clock *boot_clock;    /* CLOCK_BOOTTIME; it is never freed */
	const struct config *config; /* [mqtt] with a url, and the node's name */
	const char *data_folder;
	struct reading_table *table;
	struct history *history; /* NULL: none is kept, so there is no feed */
	const struct alerts *alerts;
	/* Lists as of GET /api/v1/nodes and /plugins; new references. */
	json_t *(*nodes)(void *lists_arg);
	json_t *(*plugins)(void *lists_arg);
	void *lists_arg;
	/*
	 * Carry out a command: "buzzer", "fan", "leds", "reload" or "approve", with the JSON body
	 * that the API's route takes ("reload" and "approve" with "plugin" besides). Checked like a
	 * request of the API. The publisher releases *ret_result, which may stay NULL.
	 */
	int (*command)(void *command_arg, const char *name, const json_t *body, json_t **ret_result,
		       struct error *err);
	void *command_arg;
	/*
	 * Whether this node can publish for all: it reaches the broker, or lost it a moment ago.
	 * Called once a second, before publishes_until_ns().
	 */
	void (*want)(void *arg, bool is_wanted);
	/*
	 * Until when this node publishes for all nodes (CLOCK_BOOTTIME, ns): of a cluster's members
	 * one does. 0: it does not, and publishes its own availability and answers alone.
	 * UINT64_MAX: it always does.
	 */
	uint64_t (*publishes_until_ns)(void *arg);
	/* How far the one that publishes has come, for its successor: history_feed_progress().
	 * `progress` is stolen; the other is borrowed, or NULL. */
	void (*set_progress)(void *arg, json_t *progress);
	const json_t *(*progress)(void *arg);
	void (*on_noted)(void *arg, enum log_level level, const char *text);
	void *arg;
};

/* A broker that cannot be reached is no error: the publisher tries again. ERROR_NO_MEMORY,
 * ERROR_SYSTEM, ERROR_TOO_LARGE. */
int mqtt_publisher_create(const struct mqtt_publisher_config *config,
			  struct mqtt_publisher **ret_publisher, struct error *err);

/* Publish "offline", disconnect, free the memory, then call on_closed(arg) on a later turn of the
 * loop. */
void mqtt_publisher_close(struct mqtt_publisher *publisher, void (*on_closed)(void *arg),
			  void *arg);

/*
 * {"state": "online"|"offline", "reason": null|text, "broker": url, "client_id", "protocol":
 * null|"5"|"3.1.1", "discovery": bool, "history": bool, "counters": {…}}: see web/openapi.json. The
 * caller owns it; NULL if memory runs out.
 */
json_t *mqtt_publisher_to_json(const struct mqtt_publisher *publisher);

#endif
