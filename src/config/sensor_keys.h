/*
 * Reads the owner's decisions about sensors: [sensors.ID] and [sensors.ID.fields.FIELD].
 */
#ifndef HARVESTER_CONFIG_SENSOR_KEYS_H
#define HARVESTER_CONFIG_SENSOR_KEYS_H

#include "config/schema.h"

struct config;

/* The keys of [sensors.ID], except `fields`, and of [sensors.ID.fields.FIELD]. The targets are a
 * struct config_sensor and a struct config_field. */
extern const struct schema_key config_sensor_keys[], config_field_keys[];

/* Read [sensors.ID], the child `node` of [sensors]; `target` is the struct config. */
void sensor_read(struct schema_reader *reader, struct toml_node *node, const char *path,
		 void *target);

/* Read a key of [sensors.dht22] or [sensors.bme680] that is not about the device itself: `node` is
 * that key. */
void sensor_read_dht22_key(struct schema_reader *reader, struct toml_node *node, const char *path,
			   void *target);
void sensor_read_bme680_key(struct schema_reader *reader, struct toml_node *node, const char *path,
			    void *target);

/* Call on_found() for each key of [sensors.ID] that differs, as schema_compare() does. */
void sensor_compare_all(const struct config *running, const struct config *fresh,
			schema_difference *on_found, void *arg);

/* Compares the filters of two struct config_field. */
bool sensor_filters_equal(const void *a, const void *b);

/* Check what concerns several keys: units against quantities, and two sensors of one name. */
void sensor_check_all(struct schema_reader *reader, const struct toml_node *sensors,
		      const struct config *config);

#endif
