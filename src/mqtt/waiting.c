#include "mqtt/waiting.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"

void mqtt_waiting_init(struct mqtt_waiting *waiting)
{
	*waiting = (struct mqtt_waiting){0};
	STAILQ_INIT(&waiting->list);
}

struct mqtt_outgoing *mqtt_outgoing_create(const struct mqtt_message *message)
{
	size_t topic_size = strlen(message->topic) + 1;
	struct mqtt_outgoing *copy = malloc(sizeof(*copy) + topic_size + message->size);
	char *text = (char *)(copy + 1);

	if (!copy)
		return NULL;
	copy->message = *message;
	memcpy(text, message->topic, topic_size);
	copy->message.topic = text;
	if (message->size)
		memcpy(text + topic_size, message->payload, message->size);
	copy->message.payload = text + topic_size;
	return copy;
}

int mqtt_waiting_add(struct mqtt_waiting *waiting, struct mqtt_outgoing *outgoing)
{
	if (waiting->count >= MQTT_WAITING_MAX ||
	    (waiting->bytes && waiting->bytes + outgoing->message.size > MQTT_WAITING_BYTES_MAX)) {
		waiting->wants_room = true;
		return ERROR_BUSY;
	}
	STAILQ_INSERT_TAIL(&waiting->list, outgoing, link);
	waiting->count++;
	waiting->bytes += outgoing->message.size;
	return 0;
}

static void take_out(struct mqtt_waiting *waiting, struct mqtt_outgoing *outgoing)
{
	STAILQ_REMOVE(&waiting->list, outgoing, mqtt_outgoing, link);
	waiting->count--;
	waiting->bytes -= outgoing->message.size;
}

struct mqtt_outgoing *mqtt_waiting_take(struct mqtt_waiting *waiting, uint64_t now_ns)
{
	const bool may_for_all = now_ns < waiting->for_all_until_ns;
	struct mqtt_outgoing *outgoing;

	STAILQ_FOREACH(outgoing, &waiting->list, link)
	{
		if (!may_for_all && outgoing->message.is_for_all)
			continue;
		take_out(waiting, outgoing);
		break;
	}
	return outgoing;
}

bool mqtt_waiting_take_room(struct mqtt_waiting *waiting)
{
	const bool has_room = waiting->wants_room && waiting->count < MQTT_WAITING_MAX / 2 &&
			      waiting->bytes < MQTT_WAITING_BYTES_MAX / 2;

	waiting->wants_room = waiting->wants_room && !has_room;
	return has_room;
}

void mqtt_waiting_allow_for_all(struct mqtt_waiting *waiting, uint64_t until_ns)
{
	struct mqtt_outgoing *outgoing, *next;

	waiting->for_all_until_ns = until_ns;
	if (until_ns)
		return;
	for (outgoing = STAILQ_FIRST(&waiting->list); outgoing; outgoing = next) {
		next = STAILQ_NEXT(outgoing, link);
		if (!outgoing->message.is_for_all)
			continue;
		take_out(waiting, outgoing);
		free(outgoing);
	}
}

void mqtt_waiting_clear(struct mqtt_waiting *waiting)
{
	struct mqtt_outgoing *outgoing;

	while ((outgoing = STAILQ_FIRST(&waiting->list))) {
		take_out(waiting, outgoing);
		free(outgoing);
	}
	waiting->wants_room = false;
}
