#include "hardware/driver/led_strip.h"

#include "capability/internal.h"
#include "config/config.h"
#include "hardware/bus/spi.h"

/*
 * If the configuration gives a plugin one LED ([plugins.NAME] led = N), whatever the plugin sets,
 * it sets on that LED only.
 */

#define LEDS_OF_SET_TWO 2

/* The strip; NULL if there is none, or if this plugin may not change it. */
static struct led_strip *strip_of(struct capability_call *call)
{
	struct capability_client *client = capability_call_client(call);
	struct capability_host *host = capability_call_host(call);

	if (!client->permission->leds) {
		capability_deny_leds(call);
		return NULL;
	}
	return client->is_candidate ? NULL : host->leds;
}

/* The LED that the configuration gives the plugin; -1: it may use all. */
static int own_led(struct capability_call *call)
{
	const struct config_plugin *plugin = config_find_plugin(capability_call_host(call)->config,
								capability_call_client(call)->name);

	return plugin ? plugin->led : -1;
}

static int get_color(const cbor_item_t *args, size_t first, struct led_color *ret_color)
{
	uint64_t r, g, b;

	if (value_get_unsigned(args, first, UINT8_MAX, &r) ||
	    value_get_unsigned(args, first + 1, UINT8_MAX, &g) ||
	    value_get_unsigned(args, first + 2, UINT8_MAX, &b))
		return ERROR_MALFORMED;
	*ret_color = (struct led_color){(uint8_t)r, (uint8_t)g, (uint8_t)b};
	return 0;
}

static void remember(struct capability_client *client, size_t index)
{
	if (index < sizeof(client->leds) * 8)
		client->leds[index / 64] |= UINT64_C(1) << index % 64;
}

static void tell(struct capability_call *call, size_t index, struct led_color color)
{
	capability_output(capability_call_host(call), capability_call_client(call)->name,
			  (int)index, (uint32_t)color.r << 16 | (uint32_t)color.g << 8 | color.b);
}

static void set_one(struct capability_call *call, struct led_strip *strip, size_t index,
		    struct led_color color)
{
	int own = own_led(call);

	if (own >= 0)
		index = (size_t)own;
	/* The WIT type has no error, so an LED that does not exist is ignored. */
	if (!strip || led_strip_set(strip, index, color))
		return;
	remember(capability_call_client(call), index);
	tell(call, index, color);
}

static void set_every(struct capability_call *call, struct led_color color)
{
	struct led_strip *strip = strip_of(call);
	size_t count = strip ? led_strip_count(strip) : 0;

	/* If the plugin has only one LED, set_one() sets that one. */
	for (size_t i = 0; i < count; i++)
		set_one(call, strip, i, color);
}

static int set_led(struct capability_call *call, const cbor_item_t *args)
{
	struct led_color color;
	uint64_t index;

	if (value_get_unsigned(args, 0, UINT8_MAX, &index) || get_color(args, 1, &color))
		return ERROR_MALFORMED;
	set_one(call, strip_of(call), index, color);
	return capability_reply(call, NULL);
}

static int set_all(struct capability_call *call, const cbor_item_t *args)
{
	struct led_color color;

	if (get_color(args, 0, &color))
		return ERROR_MALFORMED;
	set_every(call, color);
	return capability_reply(call, NULL);
}

static int set_two(struct capability_call *call, const cbor_item_t *args)
{
	struct led_color colors[LEDS_OF_SET_TWO];
	struct led_strip *strip;

	for (size_t i = 0; i < LEDS_OF_SET_TWO; i++) {
		if (get_color(args, 3 * i, &colors[i]))
			return ERROR_MALFORMED;
	}
	strip = strip_of(call);
	/* Backwards: if both go to the plugin's one LED, the first colour remains. */
	for (size_t i = LEDS_OF_SET_TWO; i-- > 0;)
		set_one(call, strip, i, colors[i]);
	return capability_reply(call, NULL);
}

static int clear(struct capability_call *call, const cbor_item_t *args)
{
	(void)args;
	set_every(call, (struct led_color){0});
	return capability_reply(call, NULL);
}

static int sync_leds(struct capability_call *call, const cbor_item_t *args)
{
	struct led_strip *strip = strip_of(call);

	(void)args;
	if (strip)
		led_strip_frame_end(strip);
	return capability_reply(call, NULL);
}

/* The only write of this cycle, however often plugins called sync-leds. */
void capability_cycle_end(struct capability_host *host)
{
	/* If the queue is full, the strip counts a failure and the next cycle writes. */
	if (host->leds)
		led_strip_flush(host->leds);
}

static const struct capability_function functions[] = {
	{"set-led", 4, set_led, "func(index: u8, r: u8, g: u8, b: u8)"},
	{"set-all", 3, set_all, "func(r: u8, g: u8, b: u8)"},
	{"set-two", 6, set_two, "func(r0: u8, g0: u8, b0: u8, r1: u8, g1: u8, b1: u8)"},
	{"clear", 0, clear, "func()"},
	{"sync-leds", 0, sync_leds, "func()"},
	{0},
};

const struct capability_interface capability_led_controller = {"led-controller", functions};
