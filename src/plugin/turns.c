#include "plugin/turns.h"

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
		if (!next || turn->used_ns < next->used_ns)
			next = turn;
	}
	return next;
}

bool turns_begin(struct turns *turns, struct turn *turn)
{
	if (turn->state == TURN_NONE && turns->held < turns->limit) {
		turn->state = TURN_HELD;
		turns->held++;
	} else if (turn->state == TURN_NONE) {
		turn->state = TURN_WAITS;
		TAILQ_INSERT_TAIL(&turns->waiting, turn, link);
	}
	return turn->state == TURN_HELD;
}

void turns_end(struct turns *turns, struct turn *turn)
{
	struct turn *next;

	if (turn->state == TURN_WAITS)
		TAILQ_REMOVE(&turns->waiting, turn, link);
	else if (turn->state == TURN_HELD)
		turns->held--;
	turn->state = TURN_NONE;
	while (turns->held < turns->limit && (next = find_next(turns))) {
		TAILQ_REMOVE(&turns->waiting, next, link);
		next->state = TURN_HELD;
		turns->held++;
		next->granted(next->arg);
	}
}
