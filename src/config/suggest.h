/*
 * Finds the known word that is nearest to a misspelt one, for "did you mean …?". Any thread.
 */
#ifndef HARVESTER_CONFIG_SUGGEST_H
#define HARVESTER_CONFIG_SUGGEST_H

#include <stddef.h>

struct suggestion {
	const char *word; /* borrowed */
	const char *best; /* borrowed; NULL if no offered word is near enough */
	size_t distance;  /* between `word` and `best` */
};

/* Start the search for a word near `word`. */
void suggestion_init(struct suggestion *suggestion, const char *word);

/* Offer a known word; it becomes `best` if it is nearer than those before. */
void suggestion_offer(struct suggestion *suggestion, const char *known);

/* The edit distance: letters to insert, delete, replace or swap with a neighbour. Only the first 64
 * bytes of each word count. */
size_t suggest_distance(const char *a, const char *b);

#endif
