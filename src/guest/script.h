/*
 * The template of all .py plugins: `harvester-guest template ARTIFACT`, socket on CHANNEL_FD.
 *
 * It maps and instantiates the shared Python runtime once, warms it with a trivial plugin, stays
 * single-threaded, and forks a child for each socket that the broker sends. (Android's zygote.)
 */
#ifndef HARVESTER_GUEST_SCRIPT_H
#define HARVESTER_GUEST_SCRIPT_H

#include <stdbool.h>

/* The process' exit status; see wire/exit.h. Ends without return when the broker hangs up. */
int script_template_main(const char *artifact, bool lockdown_required);

#endif
