/*
 * Readings as lines of the log: "21.4 °C  45.1 %  1013.2 hPa  (simulated)".
 */
#ifndef HARVESTER_OUTPUT_TERMINAL_H
#define HARVESTER_OUTPUT_TERMINAL_H

#include <stddef.h>

struct reading;

/* A consumer for reading_table_subscribe(); arg is not used. Logs one line, its source the sensor.
 */
void terminal_show(void *arg, const struct reading *reading);

/*
 * That line's text. Units are guessed from the names of fields; a field that failed is shown as
 * "—", with the reading's error behind it; long values are cut and end in "…". A line longer than
 * size is cut anywhere; the log puts that right.
 */
void terminal_format(const struct reading *reading, char *ret_line, size_t size);

#endif
