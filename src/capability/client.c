#include <string.h>

#include "capability/internal.h"
#include "hardware/driver/buzzer.h"
#include "hardware/driver/fan.h"
#include "hardware/driver/led_strip.h"

#define LEDS_REMEMBERED (sizeof(((struct capability_client *)0)->leds) * 8)

/* Dim violet, because no shipped plugin uses this colour. */
static const struct led_color fault_color = {12, 0, 12}, dark = {0, 0, 0};

static void end_leds(const struct capability_client *client, struct led_color color)
{
	bool changed = false;

	for (size_t i = 0; i < LEDS_REMEMBERED; i++) {
		if (!(client->leds[i / 64] >> i % 64 & 1))
			continue;
		led_strip_set(client->host->leds, i, color);
		capability_output(client->host, client->name, (int)i,
				  (uint32_t)color.r << 16 | (uint32_t)color.g << 8 | color.b);
		changed = true;
	}
	if (changed)
		led_strip_frame_end(client->host->leds);
}

void capability_client_end(struct capability_client *client, bool is_failure)
{
	struct capability_host *host = client->host;

	if (client->is_candidate) {
		/* A candidate drove no outputs and configured nothing that the running version
		 * uses. */
		capability_state_drop(client);
		capability_gpio_drop(client);
		capability_uart_drop(client);
		return;
	}
	capability_gpio_end(client, NULL);
	/* If a relay fails here, the host's timer tries again. */
	if (host->fan && client->permission->fan)
		fan_set(host->fan, client->permission->safe_fan, NULL);
	if (host->buzzer && client->has_sounded)
		buzzer_stop(host->buzzer, NULL);
	if (host->leds)
		end_leds(client, is_failure ? fault_color : dark);
	client->has_sounded = false;
	for (size_t i = 0; i < sizeof(client->leds) / sizeof(client->leds[0]); i++)
		client->leds[i] = 0;
}

void capability_client_inherit(struct capability_client *client,
			       const struct capability_client *old)
{
	const struct permission *next = client->permission;
	struct capability_host *host = client->host;

	capability_gpio_end(old, next);
	if (host->fan && old->permission->fan && !next->fan)
		fan_set(host->fan, old->permission->safe_fan, NULL);
	client->has_sounded = old->has_sounded;
	if (next->leds)
		memcpy(client->leds, old->leds, sizeof(client->leds));
	else if (host->leds)
		end_leds(old, dark);
}

void capability_client_promote(struct capability_client *client,
			       capability_promotion_failed *on_failed)
{
	client->is_candidate = false;
	capability_state_keep(client, on_failed);
	capability_gpio_promote(client, on_failed);
	capability_uart_promote(client, on_failed);
}
