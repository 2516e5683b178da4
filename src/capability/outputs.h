/*
 * Who set the LEDs and the buzzer of this node, since when, and why. Of a plugin, the reason is the
 * reading that it gave next: plugins set outputs in poll(), by the values that poll() then returns.
 * Of an alert it is the alert's text. Loop thread.
 */
#ifndef HARVESTER_CAPABILITY_OUTPUTS_H
#define HARVESTER_CAPABILITY_OUTPUTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct clock;
struct led_strip;
struct outputs;

/* `leds`: how many LEDs there are. `clock` is borrowed. NULL if memory runs out. */
struct outputs *outputs_create(size_t leds, struct clock *clock);
void outputs_destroy(struct outputs *outputs); /* NULL is allowed, also below */

/* A plugin set an LED to a colour (0xrrggbb), or sounded the buzzer (`led` -1). `arg` is the struct
 * outputs: see capability_host_watch_outputs(). */
void outputs_set(void *arg, const char *plugin, int led, uint32_t color);

/* Whether an output that this plugin set has no reason yet: its next reading is the reason. */
bool outputs_wait_for(const struct outputs *outputs, const char *plugin);

/* This is the reason of all outputs that wait for this plugin's reading. Cut after 255 bytes. */
void outputs_explain(struct outputs *outputs, const char *plugin, const char *why);

/* An alert shows its colour (0xrrggbb) on an LED; `alert` NULL: it does so no more. */
void outputs_mark(struct outputs *outputs, unsigned led, uint32_t color, const char *alert,
		  const char *why);

/* An alert sounded the buzzer, or a person did (`alert` NULL). */
void outputs_sounded(struct outputs *outputs, const char *alert, const char *why);

/*
 * {"leds": [{"led", "color", "by": "plugin", "alert" or "person", "name", "since_ms", "why"}],
 * "buzzer": the same without "led" and "color", or null}: the LEDs that are lit, and the last
 * sound. "name", "since_ms" and "why" are null if they are not known. `strip` NULL: there are no
 * LEDs. The caller owns the object; NULL if memory runs out.
 */
json_t *outputs_to_json(const struct outputs *outputs, const struct led_strip *strip);

#endif
