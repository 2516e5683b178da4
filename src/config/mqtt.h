/*
 * The section [mqtt]: the broker of MQTT that the node publishes to, and what others may tell the
 * node through it. Not thread-safe.
 */
#ifndef HARVESTER_CONFIG_MQTT_H
#define HARVESTER_CONFIG_MQTT_H

#include <stdbool.h>

#include "config/schema.h"

#define CONFIG_MQTT_HOST_SIZE 256
#define CONFIG_MQTT_PORT 1883
#define CONFIG_MQTT_TLS_PORT 8883

struct config_mqtt {
	char *url;	 /* NULL: the node uses no MQTT, and the rest has no effect */
	char *client_id; /* NULL: "harvester-" and the node's name */
	char *username, *password_file;
	char *tls_ca;			 /* NULL: the authorities that the system trusts */
	char *tls_certificate, *tls_key; /* both or none */
	bool allow_plain_password;	 /* default false */
	char *topic_prefix;		 /* default "harvester"; never NULL */
	char *discovery_prefix;		 /* default "homeassistant"; never NULL */
	bool discovery;			 /* default true */
	bool history;			 /* default false */
	/* What others may command; default false. */
	bool allow_buzzer, allow_fan, allow_leds, allow_reload, allow_approve;
};

/* Their targets are in struct config. */
extern const struct schema_key config_mqtt_keys[];

/* Fill in the defaults. ERROR_NO_MEMORY; config_mqtt_finish() is right after a failure, too. */
int config_mqtt_init(struct config_mqtt *mqtt);
void config_mqtt_finish(struct config_mqtt *mqtt);

/* Check the keys against each other. */
void config_mqtt_check(struct schema_reader *reader, struct toml_node *root,
		       const struct config_mqtt *mqtt);

/* Take a URL apart that config_mqtt_check() accepted. An IPv6 address comes without brackets. */
struct config_mqtt_address {
	char host[CONFIG_MQTT_HOST_SIZE];
	int port;
	bool is_tls;
};
int config_mqtt_address(const char *url, struct config_mqtt_address *ret_address);

#endif
