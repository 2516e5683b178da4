#include "plugin/turns.h"

#include <assert.h>
#include <stddef.h>

void turns_init(struct turns *turns, unsigned limit)
{
	*turns = (struct turns){.limit = limit};
	TAILQ_INIT(&turns->waiting);
}

static struct turn *find_next(const struct turns *turns)
{
	struct turn *next = NULL, *turn;

	TAILQ_FOREACH(turn, &turns->waiting, link)
	{
		if (!next || turn->start_ns < next->start_ns)
			next = turn;
	}
	return next;
}

static void give(struct turns *turns, struct turn *turn)
{
	assert(turn->state != TURN_HELD && turns->held < turns->limit);
	turn->state = TURN_HELD;
	turns->held++;
	if (turn->start_ns > turns->virtual_ns)
		turns->virtual_ns = turn->start_ns;
}

bool turns_begin(struct turns *turns, struct turn *turn)
{
	if (turn->state != TURN_NONE)
		return turn->state == TURN_HELD;
	turn->used_ns = 0;
	turn->start_ns = turn->finish_ns > turns->virtual_ns ? turn->finish_ns : turns->virtual_ns;
	if (turns->held < turns->limit) {
		give(turns, turn);
		return true;
	}
	turn->state = TURN_WAITS;
	TAILQ_INSERT_TAIL(&turns->waiting, turn, link);
	return false;
}

static void take_back(struct turns *turns, struct turn *turn)
{
	assert(turns->held);
	turns->held--;
	turn->finish_ns = turn->start_ns + turn->used_ns;
}

void turns_end(struct turns *turns, struct turn *turn)
{
	struct turn *next;

	if (turn->state == TURN_WAITS)
		TAILQ_REMOVE(&turns->waiting, turn, link);
	else if (turn->state == TURN_HELD)
		take_back(turns, turn);
	turn->state = TURN_NONE;
	while (turns->held < turns->limit && (next = find_next(turns))) {
		TAILQ_REMOVE(&turns->waiting, next, link);
		give(turns, next);
		next->on_granted(next->arg);
	}
}
