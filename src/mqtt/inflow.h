/*
 * Limits what one message from the broker may cost. libmosquitto takes memory for a packet as its
 * first bytes announce it, up to 256 MB, and has no option against that; MQTT 5 lets a client ask
 * the broker not to send such packets, 3.1.1 does not. So this asks the kernel how many bytes were
 * read from the socket since the last packet that was complete: also under TLS, whose bytes these
 * are.
 *
 * The library tells nobody about the answers to its pings. So the limit grows by a few bytes a
 * second, which is more than they need. One thread at a time.
 */
#ifndef HARVESTER_MQTT_INFLOW_H
#define HARVESTER_MQTT_INFLOW_H

#include <stdbool.h>
#include <stdint.h>

/* More than a packet of MQTT_PACKET_MAX, what TLS adds to it, and one record that it has read
 * ahead. */
#define MQTT_INFLOW_MAX (64u << 10)
#define MQTT_INFLOW_A_SECOND 16

struct mqtt_inflow {
	uint64_t settled_bytes, settled_ns; /* of the connection, and when that was */
};

/* A packet was complete, or the connection begins. `socket` is a TCP socket; any other counts no
 * bytes. `now_ns` is a monotonic time. */
void mqtt_inflow_settle(struct mqtt_inflow *inflow, int socket, uint64_t now_ns);

/* Whether more than the limit was read since. */
bool mqtt_inflow_is_too_large(const struct mqtt_inflow *inflow, int socket, uint64_t now_ns);

#endif
