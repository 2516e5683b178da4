/*
 * The template of all .py plugins: `harvester-guest template ARTIFACT required|optional [TARGET]`,
 * socket on CHANNEL_FD.
 *
 * It maps and instantiates the Python runtime once, and runs a trivial plugin so that the runtime
 * has loaded everything it needs. For each socket that the broker sends it forks a child, which
 * runs one plugin. It has only one thread, since it forks. (Android's zygote works the same way.)
 */
#ifndef HARVESTER_GUEST_SCRIPT_H
#define HARVESTER_GUEST_SCRIPT_H

#include <stdbool.h>

/*
 * Run the template, whose artifact was compiled for `target` (NULL: this machine); ends the process
 * when the broker hangs up. Returns the exit status (wire/exit.h) only if the runtime cannot be
 * started.
 */
int script_template_main(const char *artifact, const char *target, bool lockdown_required);

#endif
