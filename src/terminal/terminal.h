/* Shows readings as lines of the log, such as "21.4 °C  45.1 %  1013.2 hPa  (simulated)". */
#ifndef HARVESTER_TERMINAL_TERMINAL_H
#define HARVESTER_TERMINAL_TERMINAL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct reading;
struct reading_catalogue;

/* The argument of terminal_show(), which borrows it. */
struct terminal {
	/*
	 * Whether this plugin may write another line now; the line then counts against the
	 * plugin's limit. NULL: no limit.
	 */
	bool (*may_show)(void *arg, const char *plugin);
	void *arg;
	struct reading_catalogue *catalogue; /* what is known about the sensors; NULL: nothing */
};

/*
 * Log one reading with log_reading(). Pass this to reading_table_subscribe(), with a struct
 * terminal as `arg`. The line's source is the plugin, and the text begins with the sensor if its
 * name is not the plugin's, or with the name that the owner gave it; for a reading of another node
 * the source is "NODE/SENSOR". Loop thread.
 */
void terminal_show(void *arg, const struct reading *reading);

/*
 * Write the text of such a line. `description` (reading/catalogue.h) has names, units and decimals
 * of the fields; NULL: nothing is known. A value is shown in the unit that the owner chose. A field
 * without a value is shown as "—", followed by the reading's error. Long values are cut and end in
 * "…". A line longer than `size` is cut at any byte; the log repairs a cut character.
 */
void terminal_format(const struct reading *reading, const json_t *description, char *ret_line,
		     size_t size);

#endif
