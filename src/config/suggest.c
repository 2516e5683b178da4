#include "config/suggest.h"

#include <string.h>

#define WORD_MAX 64

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Optimal string alignment: Levenshtein distance in which swapping two neighbours costs one. */
size_t suggest_distance(const char *a, const char *b)
{
	size_t a_size = strnlen(a, WORD_MAX), b_size = strnlen(b, WORD_MAX);
	size_t cost[WORD_MAX + 1][WORD_MAX + 1];

	for (size_t i = 0; i <= a_size; i++) {
		for (size_t j = 0; j <= b_size; j++) {
			if (!i || !j) {
				cost[i][j] = i + j;
				continue;
			}
			cost[i][j] = smaller(smaller(cost[i - 1][j], cost[i][j - 1]) + 1,
					     cost[i - 1][j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				cost[i][j] = smaller(cost[i][j], cost[i - 2][j - 2] + 1);
		}
	}
	return cost[a_size][b_size];
}

void suggestion_init(struct suggestion *suggestion, const char *word)
{
	/* A third of the letters may be wrong, and at least one. */
	size_t allowed = strnlen(word, WORD_MAX) / 3;

	*suggestion = (struct suggestion){
		.word = word,
		.distance = (allowed ? allowed : 1) + 1,
	};
}

void suggestion_offer(struct suggestion *suggestion, const char *known)
{
	size_t distance = suggest_distance(suggestion->word, known);

	if (distance >= suggestion->distance)
		return;
	suggestion->distance = distance;
	suggestion->best = known;
}
