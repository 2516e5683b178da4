/*
 * The exit statuses of harvester-guest. The broker turns them into messages.
 */
#ifndef HARVESTER_WIRE_EXIT_H
#define HARVESTER_WIRE_EXIT_H

enum guest_exit {
	GUEST_EXIT_OK = 0,	 /* finished, or the broker closed the socket */
	GUEST_EXIT_FAILED = 1,	 /* failed; the reason is on stderr or in an answer frame */
	GUEST_EXIT_USAGE = 2,	 /* wrong arguments */
	GUEST_EXIT_ARTIFACT = 3, /* cannot map the compiled component: compile it again */
	GUEST_EXIT_TRAP = 4,	 /* the component trapped; the reason is in an answer frame */
};

#endif
