/*
 * The units of well-known fields, such as "temperature", for the page, the API and the metrics. Any
 * thread.
 */
#ifndef HARVESTER_READING_UNITS_H
#define HARVESTER_READING_UNITS_H

#include <jansson.h>

struct reading_unit {
	const char *field;
	const char *unit;   /* for people: "°C" */
	const char *metric; /* name in Prometheus, which ends in the base unit */
	double scale;	    /* factor from `unit` to the base unit */
};

/* The unit of a field, in static memory; NULL if it is unknown. */
const struct reading_unit *reading_unit_find(const char *field);

/* All units by index, from 0; NULL after the last. */
const struct reading_unit *reading_unit_at(size_t index);

/* {"temperature": "°C", …} for those fields of a reading's data whose units are known. The caller
 * owns the object; NULL if memory runs out. */
json_t *reading_units(const json_t *data);

#endif
