#include "capability/outputs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "capability/internal.h"
#include "hardware/driver/led_strip.h"

#define WHY_SIZE 256

/* Who set an output last. */
struct use {
	char name[CLIENT_NAME_SIZE]; /* of the plugin or alert; "": nobody, or a person */
	char why[WHY_SIZE];
	uint64_t since_ms; /* Unix time; 0: never */
	uint32_t color;	   /* of an LED */
	bool is_alert;
	bool waits; /* for a reading of its plugin */
};

struct led_uses {
	struct use plugin, alert;
};

struct outputs {
	struct clock *clock; /* borrowed */
	struct use buzzer;
	size_t waiting; /* uses that wait for a reading of their plugin */
	size_t count;
	struct led_uses leds[];
};

struct outputs *outputs_create(size_t leds, struct clock *clock)
{
	struct outputs *outputs = calloc(1, sizeof(*outputs) + leds * sizeof(*outputs->leds));

	if (!outputs)
		return NULL;
	outputs->count = leds;
	outputs->clock = clock;
	return outputs;
}

void outputs_destroy(struct outputs *outputs)
{
	free(outputs);
}

static void fill(struct outputs *outputs, struct use *use, const char *name, const char *why)
{
	snprintf(use->name, sizeof(use->name), "%s", name ? name : "");
	snprintf(use->why, sizeof(use->why), "%s", why ? why : "");
	text_make_utf8(use->why);
	use->since_ms = clock_unix_ms(outputs->clock);
}

static void wait_for_reading(struct outputs *outputs, struct use *use, bool waits)
{
	outputs->waiting += waits;
	outputs->waiting -= use->waits;
	use->waits = waits;
}

/* A plugin sets its LED at each poll: only another colour, or another plugin, is news. */
void outputs_set(void *arg, const char *plugin, int led, uint32_t color)
{
	struct outputs *outputs = arg;
	struct use *use;

	if (!outputs || led >= (int)outputs->count)
		return;
	use = led < 0 ? &outputs->buzzer : &outputs->leds[led].plugin;
	if (led >= 0 && use->color == color && !strcmp(use->name, plugin))
		return;
	fill(outputs, use, plugin, NULL);
	use->color = color;
	use->is_alert = false;
	wait_for_reading(outputs, use, true);
}

static bool waits_for(const struct use *use, const char *plugin)
{
	return use->waits && !strcmp(use->name, plugin);
}

bool outputs_wait_for(const struct outputs *outputs, const char *plugin)
{
	bool waits = outputs && outputs->waiting && waits_for(&outputs->buzzer, plugin);

	for (size_t i = 0; outputs && outputs->waiting && !waits && i < outputs->count; i++)
		waits = waits_for(&outputs->leds[i].plugin, plugin);
	return waits;
}

static void explain(struct outputs *outputs, struct use *use, const char *plugin, const char *why)
{
	if (!waits_for(use, plugin))
		return;
	snprintf(use->why, sizeof(use->why), "%s", why);
	text_make_utf8(use->why);
	wait_for_reading(outputs, use, false);
}

void outputs_explain(struct outputs *outputs, const char *plugin, const char *why)
{
	if (!outputs)
		return;
	explain(outputs, &outputs->buzzer, plugin, why);
	for (size_t i = 0; i < outputs->count; i++)
		explain(outputs, &outputs->leds[i].plugin, plugin, why);
}

void outputs_mark(struct outputs *outputs, unsigned led, uint32_t color, const char *alert,
		  const char *why)
{
	if (!outputs || led >= outputs->count)
		return;
	outputs->leds[led].alert.color = color;
	fill(outputs, &outputs->leds[led].alert, alert, why);
}

void outputs_sounded(struct outputs *outputs, const char *alert, const char *why)
{
	if (!outputs)
		return;
	outputs->buzzer.is_alert = alert != NULL;
	wait_for_reading(outputs, &outputs->buzzer, false);
	fill(outputs, &outputs->buzzer, alert, why);
}

/* JSON */

static json_t *text_or_null(const char *text)
{
	return *text ? json_string(text) : json_null();
}

static json_t *use_to_json(const struct use *use, const char *by)
{
	bool is_known = use && use->since_ms;

	return json_pack("{s:s, s:o, s:o, s:o}", "by", by, "name",
			 text_or_null(is_known ? use->name : ""), "since_ms",
			 is_known ? json_integer((json_int_t)use->since_ms) : json_null(), "why",
			 text_or_null(is_known ? use->why : ""));
}

static json_t *led_to_json(const struct led_uses *uses, size_t led, uint32_t color)
{
	json_t *json;

	if (*uses->alert.name && uses->alert.color == color)
		json = use_to_json(&uses->alert, "alert");
	else if (*uses->plugin.name && uses->plugin.color == color)
		json = use_to_json(&uses->plugin, "plugin");
	else
		json = use_to_json(NULL, "person");
	json_object_set_new(json, "led", json_integer((json_int_t)led));
	json_object_set_new(json, "color", json_sprintf("#%06x", color));
	return json;
}

static json_t *leds_to_json(const struct outputs *outputs, const struct led_strip *strip)
{
	json_t *list = json_array();
	struct led_color shown;

	for (size_t i = 0; strip && i < outputs->count && !led_strip_visible(strip, i, &shown);
	     i++) {
		uint32_t color = (uint32_t)shown.r << 16 | (uint32_t)shown.g << 8 | shown.b;

		if (color)
			json_array_append_new(list, led_to_json(&outputs->leds[i], i, color));
	}
	return list;
}

json_t *outputs_to_json(const struct outputs *outputs, const struct led_strip *strip)
{
	const struct use *buzzer = &outputs->buzzer;
	const char *by = buzzer->is_alert ? "alert" : *buzzer->name ? "plugin" : "person";

	return json_pack("{s:o, s:o}", "leds", leds_to_json(outputs, strip), "buzzer",
			 buzzer->since_ms ? use_to_json(buzzer, by) : json_null());
}
