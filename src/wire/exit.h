/*
 * Exit statuses of harvester-guest, which the broker turns into words.
 */
#ifndef HARVESTER_WIRE_EXIT_H
#define HARVESTER_WIRE_EXIT_H

enum guest_exit {
	GUEST_EXIT_OK = 0,     /* done, or the broker hung up */
	GUEST_EXIT_FAILED = 1, /* said why: on stderr, or in an answer */
	GUEST_EXIT_USAGE = 2,
	GUEST_EXIT_ARTIFACT = 3, /* the artifact could not be mapped: rebuild it */
	GUEST_EXIT_TRAP = 4,	 /* the component trapped; the answer said so */
};

#endif
