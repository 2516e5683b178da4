/*
 * Finds sensors that people cannot tell apart: those with one name in one room. The API and the
 * configuration refuse to give a name twice, but a node and its hub, or both ways together, can.
 * Loop thread.
 */
#ifndef HARVESTER_READING_NAMESAKES_H
#define HARVESTER_READING_NAMESAKES_H

#include <jansson.h>

/*
 * `descriptions`: descriptions by "node:sensor", see reading/catalogue.h. The result has another
 * sensor of the same name and room for each sensor that has one: {"home:dht22": "cellar:dht22",
 * "cellar:dht22": "home:dht22"}. The caller owns it; NULL if memory runs out.
 */
json_t *reading_namesakes(const json_t *descriptions);

#endif
