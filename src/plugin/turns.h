/*
 * Turns on the processors: of the plugins that use much processor time, only a few compute at once.
 *
 * A plugin whose last call used much processor time waits for a turn before its next call begins,
 * and the number of turns is limited. So a hundred plugins that compute all the time take no more
 * of the machine than a few would, and a plugin that uses little always finds a free processor. Of
 * the waiting plugins, the one that has been served the least goes first (start-time fair
 * queueing). A call that waits for its turn has not begun, and neither has its deadline.
 *
 * A plugin gives its turn back when it sleeps or waits for a device, and after 2 s at the latest:
 * then it goes on computing at the lowest priority (weight.c). All functions: loop thread.
 */
#ifndef HARVESTER_PLUGIN_TURNS_H
#define HARVESTER_PLUGIN_TURNS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

struct turn;

TAILQ_HEAD(turn_list, turn);

enum turn_state { TURN_NONE, TURN_WAITS, TURN_HELD };

/*
 * One plugin's turn. Must not move in memory unless its state is TURN_NONE, which is what a zeroed
 * struct has.
 */
struct turn {
	TAILQ_ENTRY(turn) link; /* while it waits */
	enum turn_state state;
	uint64_t used_ns; /* processor time of this turn; the caller sets it before turns_end() */
	uint64_t start_ns, finish_ns; /* tags, in virtual time */
	/* The turn has begun: compute, or give it back with turns_end(). */
	void (*on_granted)(void *arg);
	void *arg;
};

struct turns {
	struct turn_list waiting; /* oldest first */
	unsigned limit, held;
	uint64_t virtual_ns; /* the largest start tag that was served */
	unsigned computing;  /* guests that computed at the last check, with or without a turn */
};

/* `limit`: how many turns there are at once, at least 1. */
void turns_init(struct turns *turns, unsigned limit);

/*
 * Ask for a turn. True: it has begun. False: the plugin waits, and on_granted() is called later
 * unless turns_end() is called before.
 */
bool turns_begin(struct turns *turns, struct turn *turn);

/*
 * End a turn, or stop waiting for one. on_granted() of another turn may be called before this
 * returns.
 */
void turns_end(struct turns *turns, struct turn *turn);

#endif
