/*
 * A client of libmosquitto, prepared for one connection: the version of the protocol, the last
 * will, TLS and the password. The connection's thread.
 */
#ifndef HARVESTER_MQTT_CLIENT_H
#define HARVESTER_MQTT_CLIENT_H

#include <mosquitto.h>

struct error;
struct mqtt_connection_config;

#define MQTT_PASSWORD_MAX 4096 /* bytes of password_file */

/*
 * Make a client, whose callbacks get `arg`. The caller frees it with mosquitto_destroy(). `version`
 * is 5, or 4 for 3.1.1. Reads the files of `config`; blocks on the disk. ERROR_NO_MEMORY; the
 * errors of buffer_read_file() for the password; ERROR_INVALID if the library refuses a setting or
 * a file.
 */
int mqtt_client_create(const struct mqtt_connection_config *config, int version, void *arg,
		       struct mosquitto **ret_client, struct error *err);

#endif
