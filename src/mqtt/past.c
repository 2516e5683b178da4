#include "mqtt/past.h"

void mqtt_past_refused(struct mqtt_past *past)
{
	past->version = 4;
}

/* Try the other version next time. */
void mqtt_past_unanswered(struct mqtt_past *past)
{
	past->version = past->version == 5 ? 4 : 5;
}

bool mqtt_past_ended(struct mqtt_past *past, bool was_accepted, uint64_t lived_ms)
{
	const bool was_short = was_accepted && lived_ms < MQTT_SHORT_LIFE_MS;

	past->short_lives = was_short ? past->short_lives + 1 : 0;
	return past->short_lives >= MQTT_SHORT_LIVES_TOLD;
}
