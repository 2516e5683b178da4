/* `harvester version`: prints the version, and that of the engine's artifacts. */
#include <stdio.h>

#include "cli/command.h"

int command_version(const struct command_options *options)
{
	if (options->json)
		printf("{\"version\": \"%s\", \"engine\": \"%s\"}\n", HARVESTER_VERSION,
		       HARVESTER_ENGINE_KEY);
	else
		printf("harvester %s (%s)\n", HARVESTER_VERSION, HARVESTER_ENGINE_KEY);
	return EXIT_DONE;
}
