/*
 * harvester-guest: the only program that holds a WebAssembly engine. The broker starts it; people
 * have `harvester plugin compile` and `harvester plugin inspect`.
 */
#include <stdio.h>
#include <string.h>

#include "guest/compile.h"
#include "guest/component.h"
#include "guest/script.h"
#include "wire/exit.h"

static int usage(void)
{
	fputs("usage: harvester-guest compile COMPONENT.wasm ARTIFACT.cwasm [TARGET]\n"
	      "       harvester-guest inspect ARTIFACT.cwasm\n"
	      "       harvester-guest component ARTIFACT.cwasm required|optional\n"
	      "       harvester-guest template ARTIFACT.cwasm required|optional\n"
	      "The last two have their socket on descriptor 3, and say whether the lockdown has to "
	      "work.\n",
	      stderr);
	return GUEST_EXIT_USAGE;
}

int main(int argc, char **argv)
{
	const char *command = argc > 1 ? argv[1] : "";

	if (!strcmp(command, "compile") && (argc == 4 || argc == 5))
		return compile_main(argv[2], argv[3], argc == 5 ? argv[4] : NULL);
	if (!strcmp(command, "inspect") && argc == 3)
		return inspect_main(argv[2]);
	if (argc != 4 || (strcmp(argv[3], "required") != 0 && strcmp(argv[3], "optional") != 0))
		return usage();
	if (!strcmp(command, "component"))
		return component_main(argv[2], !strcmp(argv[3], "required"));
	if (!strcmp(command, "template"))
		return script_template_main(argv[2], !strcmp(argv[3], "required"));
	return usage();
}
