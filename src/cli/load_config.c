#include "cli/load_config.h"

#include <stdio.h>
#include <unistd.h>

#include "base/text.h"
#include "config/config.h"

int load_config_quietly(const char *path, struct config **ret_config, struct problem_list *problems)
{
	if (!path && !access(DEFAULT_CONFIG, F_OK))
		path = DEFAULT_CONFIG;
	return path ? config_load(path, ret_config, problems) : config_demonstration(ret_config);
}

int load_config(const char *path, struct config **ret_config)
{
	struct problem_list problems;
	int ret;

	problem_list_init(&problems);
	ret = load_config_quietly(path, ret_config, &problems);
	for (size_t i = 0; i < problems.count; i++)
		text_printf(stderr, "%s\n", problems.items[i].text);
	if (problems.dropped)
		fprintf(stderr, "and %zu more problems; correct those above first\n",
			problems.dropped);
	problem_list_finish(&problems);
	return ret;
}
