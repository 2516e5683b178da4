/*
 * Turns on the processors: plugins that use much of them compute a few at a time.
 *
 * A plugin whose last call used much processor time waits for a turn before its next call begins;
 * how many have one at once is limited. So a hundred plugins that compute without end take no more
 * of the machine than a few would, and one that uses little finds a processor. Of those that wait,
 * the one that used the least in its last call goes first. A call that waits has not begun, and
 * neither has its deadline.
 *
 * A turn is for computing: who sleeps, or waits for a device, gives it back, and
 * so does after 2 s whoever still computes (weight.c). Loop thread.
 */
#ifndef HARVESTER_PLUGIN_TURNS_H
#define HARVESTER_PLUGIN_TURNS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

struct turn;

TAILQ_HEAD(turn_list, turn);

enum turn_state { TURN_NONE, TURN_WAITS, TURN_HELD };

/* A plugin's part in it; stays where it is while it waits or is held. Zeroed: TURN_NONE. */
struct turn {
	TAILQ_ENTRY(turn) link; /* while it waits */
	enum turn_state state;
	uint64_t used_ns;	      /* in this turn; the caller's to set before turns_end() */
	uint64_t start_ns, finish_ns; /* tags, in virtual time */
	/* It has its turn now: take it, or hand it back with turns_end(). */
	void (*granted)(void *arg);
	void *arg;
};

struct turns {
	struct turn_list waiting; /* oldest first */
	unsigned limit, held;
	uint64_t virtual_ns; /* the largest start tag that was served */
	unsigned computing; /* guests that did when they were looked at last, with a turn or without
			     */
};

/* limit: at once; at least 1. */
void turns_init(struct turns *turns, unsigned limit);

/* True: it has a turn. False: it waits, and granted() follows unless turns_end() is called before.
 */
bool turns_begin(struct turns *turns, struct turn *turn);

/* It no longer has, or wants, a turn. granted() of another may be called before this returns. */
void turns_end(struct turns *turns, struct turn *turn);

#endif
