/*
 * A guest process for one component: `harvester-guest component ARTIFACT`, socket on CHANNEL_FD.
 */
#ifndef HARVESTER_GUEST_COMPONENT_H
#define HARVESTER_GUEST_COMPONENT_H

#include <stdbool.h>

/* The process' exit status; see guest/main.c. Ends without return when the broker hangs up. */
int component_main(const char *artifact, bool lockdown_required);

#endif
