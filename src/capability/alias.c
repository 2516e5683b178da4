#include "capability/alias.h"

#include <string.h>

#include "config/config.h"

typedef char device_name[PERMISSION_NAME_MAX + 1];

static const char *find_in(struct backend *backend, enum bus_kind kind,
			   const struct permission *denied, const char *device)
{
	size_t count = kind == BUS_SPI ? denied->spi_count : denied->uart_count;

	for (size_t i = 0; i < count; i++) {
		const char *name = kind == BUS_SPI ? denied->spi[i] : denied->uart[i];

		if (backend_is_same(backend, kind, name, device))
			return name;
	}
	return NULL;
}

const char *capability_alias_find(struct backend *backend, const struct config *config,
				  const char *plugin, enum bus_kind kind, const char *name)
{
	const struct config_plugin *own = config_find_plugin(config, plugin);
	const char *found = find_in(backend, kind, &config->permissions.rules.denied, name);

	return !found && own ? find_in(backend, kind, &own->grant.denied, name) : found;
}

/* The list of the grant without the withheld names; for each of these a text in `texts`. */
static size_t keep_others(struct backend *backend, const struct config *config, const char *plugin,
			  enum bus_kind kind, device_name *names, size_t count, json_t *texts)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		const char *same = capability_alias_find(backend, config, plugin, kind, names[i]);

		if (same)
			json_array_append_new(texts, json_sprintf("%s %s (the same as %s)",
								  kind == BUS_SPI ? "spi" : "uart",
								  names[i], same));
		else
			memmove(names[kept++], names[i], sizeof(*names));
	}
	return kept;
}

json_t *capability_alias_remove(struct backend *backend, const struct config *config,
				const char *plugin, struct permission *grant)
{
	json_t *texts = json_array();

	grant->spi_count =
		keep_others(backend, config, plugin, BUS_SPI, grant->spi, grant->spi_count, texts);
	grant->uart_count = keep_others(backend, config, plugin, BUS_UART, grant->uart,
					grant->uart_count, texts);
	return texts;
}
