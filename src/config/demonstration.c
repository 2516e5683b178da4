/*
 * The built-in configuration of the simulated demonstration, config/demo.toml.
 */
#include <stdlib.h>

#include "config/config.h"
#include "config/demonstration_text.h" /* made by the build: DEMONSTRATION_TEXT */

int config_demonstration(struct config **ret_config)
{
	static const char text[] = DEMONSTRATION_TEXT;
	struct config *config;
	int ret;

	ret = config_parse(text, sizeof(text) - 1, "demo.toml", &config, NULL);
	if (ret)
		return ret;
	free(config->path);
	config->path = NULL;
	*ret_config = config;
	return 0;
}
