/*
 * What the numbers of well-known fields mean: the one table of units, for pages, the API and
 * metrics.
 */
#ifndef HARVESTER_READING_UNITS_H
#define HARVESTER_READING_UNITS_H

#include <jansson.h>

struct reading_unit {
	const char *field;
	const char *unit;   /* as people write it */
	const char *metric; /* name for Prometheus, with the base unit at its end */
	double scale;	    /* from the field's unit to the base unit */
};

/* The entry of that field; NULL where its unit is not known. Static. */
const struct reading_unit *reading_unit_find(const char *field);

/* By index, from 0; NULL behind the last. */
const struct reading_unit *reading_unit_at(size_t index);

/* {"temperature": "°C", …} for the fields of a reading's data. New; NULL without memory. */
json_t *reading_units(const json_t *data);

#endif
