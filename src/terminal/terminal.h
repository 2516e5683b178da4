/*
 * Readings as lines of the log: "21.4 °C  45.1 %  1013.2 hPa  (simulated)".
 */
#ifndef HARVESTER_TERMINAL_TERMINAL_H
#define HARVESTER_TERMINAL_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

struct reading;

/* Borrowed by terminal_show(). */
struct terminal {
	/* Whether a line may be shown on this plugin's behalf now: it counts against its limit.
	 * NULL: any. */
	bool (*may_show)(void *arg, const char *plugin);
	void *arg;
};

/*
 * A consumer for reading_table_subscribe(); arg is a struct terminal. Logs one line, by
 * log_reading(). Its source is the plugin, and its text begins with the sensor where that has
 * another name; of another node the source is "NODE/SENSOR". Loop thread.
 */
void terminal_show(void *arg, const struct reading *reading);

/*
 * That line's text. Units are guessed from the names of fields; a field that failed is shown as
 * "—", with the reading's error behind it; long values are cut and end in "…". A line longer than
 * size is cut anywhere; the log puts that right.
 */
void terminal_format(const struct reading *reading, char *ret_line, size_t size);

#endif
