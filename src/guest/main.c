/*
 * harvester-guest: the only program that holds a WebAssembly engine. The broker starts it; people
 * have `harvester plugin compile` and `harvester plugin inspect`.
 */
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "guest/compile.h"
#include "guest/component.h"
#include "guest/script.h"
#include "wire/exit.h"

static int usage(void)
{
	fputs("usage: harvester-guest compile COMPONENT.wasm ARTIFACT.cwasm required|optional "
	      "[TARGET]\n"
	      "       harvester-guest inspect ARTIFACT.cwasm\n"
	      "       harvester-guest component ARTIFACT.cwasm required|optional [TARGET]\n"
	      "       harvester-guest template ARTIFACT.cwasm required|optional [TARGET]\n"
	      "required: fail if the kernel lacks a part of the lockdown. The last two expect "
	      "their socket on descriptor 3.\n",
	      stderr);
	return GUEST_EXIT_USAGE;
}

static int read_lockdown(const char *word, bool *ret_required)
{
	*ret_required = !strcmp(word, "required");
	return !*ret_required && strcmp(word, "optional") != 0;
}

int main(int argc, char **argv)
{
	const char *command = argc > 1 ? argv[1] : "";
	bool required;

	/* A terminal that closes sends SIGHUP to all its processes. The broker goes on, so a guest
	 * must too. */
	signal(SIGHUP, SIG_IGN);
	if (!strcmp(command, "inspect") && argc == 3)
		return inspect_main(argv[2]);
	if (!strcmp(command, "compile") && (argc == 5 || argc == 6) &&
	    !read_lockdown(argv[4], &required))
		return compile_main(argv[2], argv[3], required, argc == 6 ? argv[5] : NULL);
	if ((argc != 4 && argc != 5) || read_lockdown(argv[3], &required))
		return usage();
	if (!strcmp(command, "component"))
		return component_main(argv[2], argv[4], required);
	if (!strcmp(command, "template"))
		return script_template_main(argv[2], argv[4], required);
	return usage();
}
