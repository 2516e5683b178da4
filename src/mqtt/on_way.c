#include "mqtt/on_way.h"

#define NS_PER_S UINT64_C(1000000000)

bool mqtt_on_way_has_room(const struct mqtt_on_way *on_way)
{
	return on_way->count < MQTT_UNACKNOWLEDGED_MAX - 1;
}

void mqtt_on_way_add(struct mqtt_on_way *on_way, int id, uint64_t token, uint64_t now_ns)
{
	for (size_t i = 0; i < MQTT_UNACKNOWLEDGED_MAX; i++) {
		if (on_way->places[i].id)
			continue;
		on_way->places[i].id = id;
		on_way->places[i].token = token;
		if (!on_way->count++)
			on_way->moved_ns = now_ns;
		return;
	}
}

bool mqtt_on_way_acknowledge(struct mqtt_on_way *on_way, int id, uint64_t now_ns,
			     uint64_t *ret_token)
{
	for (size_t i = 0; i < MQTT_UNACKNOWLEDGED_MAX; i++) {
		if (!id || on_way->places[i].id != id)
			continue;
		*ret_token = on_way->places[i].token;
		on_way->places[i].id = 0;
		on_way->count--;
		on_way->moved_ns = now_ns;
		return true;
	}
	return false;
}

bool mqtt_on_way_is_stuck(const struct mqtt_on_way *on_way, uint64_t now_ns)
{
	return on_way->count && now_ns - on_way->moved_ns > MQTT_ACKNOWLEDGE_SECONDS * NS_PER_S;
}
