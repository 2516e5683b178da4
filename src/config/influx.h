/*
 * The section [influx]: the time series database that the node writes its readings to, over HTTP,
 * in InfluxDB's line protocol. Not thread-safe.
 */
#ifndef HARVESTER_CONFIG_INFLUX_H
#define HARVESTER_CONFIG_INFLUX_H

#include <stdbool.h>

#include "config/schema.h"

struct config_influx {
	char *url;	  /* NULL: the node writes to no such database; the rest has no effect */
	char *org;	  /* NULL: the server needs none */
	char *bucket;	  /* default "harvester"; never NULL */
	char *token_file; /* NULL: without authentication */
	char *tls_ca;	  /* NULL: the authorities that the system trusts */
	bool allow_plain_token; /* default false */
};

/* Their targets are in struct config. */
extern const struct schema_key config_influx_keys[];

/* Fill in the defaults. ERROR_NO_MEMORY; config_influx_finish() is right after a failure, too. */
int config_influx_init(struct config_influx *influx);
void config_influx_finish(struct config_influx *influx);

/* Check the keys against each other. */
void config_influx_check(struct schema_reader *reader, struct toml_node *root,
			 const struct config_influx *influx);

#endif
