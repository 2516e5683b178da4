/*
 * The guest process that runs one component: `harvester-guest component ARTIFACT
 * required|optional [TARGET]`, with its socket to the broker on CHANNEL_FD.
 */
#ifndef HARVESTER_GUEST_COMPONENT_H
#define HARVESTER_GUEST_COMPONENT_H

#include <stdbool.h>

/*
 * Run the component of `artifact`, which was compiled for `target` (NULL: this machine), and answer
 * the broker's calls; ends the process when the broker hangs up. Returns the exit status
 * (wire/exit.h) only if the component cannot be started.
 */
int component_main(const char *artifact, const char *target, bool lockdown_required);

#endif
