/*
 * What past connections say about the next: the version of the protocol, and whether somebody else
 * uses the same client id. The connection's thread.
 */
#ifndef HARVESTER_MQTT_PAST_H
#define HARVESTER_MQTT_PAST_H

#include <stdbool.h>
#include <stdint.h>

/* A connection that ends sooner counts as one that somebody else ended. */
#define MQTT_SHORT_LIFE_MS 10000
#define MQTT_SHORT_LIVES_TOLD 3

struct mqtt_past {
	int version;	      /* of the protocol, for the next attempt: 5, or 4 for 3.1.1 */
	unsigned short_lives; /* connections in a row that ended soon after they were made */
};

/* The broker refused to speak this version. */
void mqtt_past_refused(struct mqtt_past *past);

/* The broker closed the connection before it answered: with MQTT 5 an old one may do so. */
void mqtt_past_unanswered(struct mqtt_past *past);

/*
 * A connection has ended, `lived_ms` after the broker had accepted it; `was_accepted` false: it had
 * not. Returns whether MQTT_SHORT_LIVES_TOLD or more in a row were short: then somebody else may
 * use the client id. With MQTT 3.1.1 no broker says so, and with 5 not each does.
 */
bool mqtt_past_ended(struct mqtt_past *past, bool was_accepted, uint64_t lived_ms);

#endif
