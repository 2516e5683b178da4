#include "cli/json_print.h"

#include <stdio.h>
#include <unistd.h>

void json_print(const json_t *json, size_t flags)
{
	json_dumpf(json, stdout, flags | (isatty(STDOUT_FILENO) ? JSON_ENSURE_ASCII : 0));
	putchar('\n');
}
