/*
 * "did you mean …": the nearest of the known words to one that a person wrote. Any thread.
 */
#ifndef HARVESTER_CONFIG_SUGGEST_H
#define HARVESTER_CONFIG_SUGGEST_H

#include <stddef.h>

struct suggestion {
	const char *word; /* borrowed */
	const char *best; /* borrowed; NULL where nothing offered is near enough */
	size_t distance;
};

void suggestion_init(struct suggestion *suggestion, const char *word);
void suggestion_offer(struct suggestion *suggestion, const char *known);

/* Letters to put in, take out, change or swap with their neighbour; words are cut at 64 bytes. */
size_t suggest_distance(const char *a, const char *b);

#endif
