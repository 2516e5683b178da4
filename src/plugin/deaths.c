#include "plugin/deaths.h"

static unsigned count_recent(const struct deaths *deaths, uint64_t now_ns)
{
	unsigned kept = deaths->count < DEATHS_MAX ? deaths->count : DEATHS_MAX, recent = 0;

	for (unsigned i = 0; i < kept; i++)
		recent += now_ns - deaths->own_ns[i] < DEATHS_WINDOW_NS;
	return recent;
}

unsigned deaths_add(struct deaths *deaths, uint64_t now_ns, bool is_own)
{
	unsigned recent;

	deaths->in_a_row++;
	if (!is_own)
		return deaths->in_a_row;
	deaths->own_ns[deaths->count++ % DEATHS_MAX] = now_ns;
	recent = count_recent(deaths, now_ns);
	return recent > deaths->in_a_row ? recent : deaths->in_a_row;
}

void deaths_end_row(struct deaths *deaths)
{
	deaths->in_a_row = 0;
}

void deaths_begin_probation(struct deaths *deaths, uint64_t now_ns)
{
	deaths->count = DEATHS_MAX;
	for (unsigned i = 0; i < DEATHS_MAX; i++)
		deaths->own_ns[i] = now_ns;
}

bool deaths_are_recent(const struct deaths *deaths, uint64_t now_ns)
{
	return count_recent(deaths, now_ns);
}
