#include "plugin/policy/disabled_plugins.h"

#include <stdlib.h>

#include "base/error.h"
#include "plugin/policy/trusted_folder.h"

#define SUFFIX ".off"

struct disabled_plugins {
	struct trusted_folder folder;
};

int disabled_plugins_create(const char *data_folder, struct disabled_plugins **ret_disabled,
			    struct error *err)
{
	struct disabled_plugins *disabled = calloc(1, sizeof(*disabled));
	int ret;

	if (!disabled)
		return error_set(err, ERROR_NO_MEMORY,
				 "out of memory while opening the list of disabled plugins; this "
				 "machine needs more free memory");
	ret = trusted_folder_open(data_folder, "disabled", &disabled->folder, err);
	if (ret)
		free(disabled);
	else
		*ret_disabled = disabled;
	return ret;
}

void disabled_plugins_destroy(struct disabled_plugins *disabled)
{
	if (disabled)
		trusted_folder_close(&disabled->folder);
	free(disabled);
}

const char *disabled_plugins_folder(const struct disabled_plugins *disabled)
{
	return disabled->folder.path;
}

void disabled_plugins_stat(const struct disabled_plugins *disabled, const char *name,
			   struct stat *ret_stat)
{
	trusted_folder_stat(&disabled->folder, name, SUFFIX, ret_stat);
}

bool disabled_plugins_is_off(const struct disabled_plugins *disabled, const char *name)
{
	struct stat stat;

	disabled_plugins_stat(disabled, name, &stat);
	return stat.st_mode != 0;
}

int disabled_plugins_set(const struct disabled_plugins *disabled, const char *name, bool is_off,
			 struct error *err)
{
	struct error why = {0};
	int ret;

	if (is_off)
		return trusted_folder_write(&disabled->folder, name, SUFFIX, "", err);
	ret = trusted_folder_remove(&disabled->folder, name, SUFFIX, &why);
	if (!ret || ret == ERROR_NOT_FOUND)
		return 0;
	if (err)
		*err = why;
	return ret;
}
