#include "plugin/switches.h"

#include <stdlib.h>

#include "base/error.h"
#include "plugin/owner_folder.h"

#define SUFFIX ".off"

struct switches {
	struct owner_folder folder;
};

int switches_create(const char *data_folder, struct switches **ret_switches, struct error *err)
{
	struct switches *switches = calloc(1, sizeof(*switches));
	int ret;

	if (!switches)
		return error_set(err, ERROR_NO_MEMORY, "out of memory");
	ret = owner_folder_open(data_folder, "disabled", &switches->folder, err);
	if (ret)
		free(switches);
	else
		*ret_switches = switches;
	return ret;
}

void switches_destroy(struct switches *switches)
{
	if (switches)
		owner_folder_close(&switches->folder);
	free(switches);
}

const char *switches_folder(const struct switches *switches)
{
	return switches->folder.path;
}

void switches_stat(const struct switches *switches, const char *name, struct stat *ret_stat)
{
	owner_folder_stat(&switches->folder, name, SUFFIX, ret_stat);
}

bool switches_is_off(const struct switches *switches, const char *name)
{
	struct stat stat;

	switches_stat(switches, name, &stat);
	return stat.st_mode != 0;
}

int switches_set(const struct switches *switches, const char *name, bool is_off, struct error *err)
{
	struct error why = {0};
	int ret;

	if (is_off)
		return owner_folder_write(&switches->folder, name, SUFFIX, "", err);
	ret = owner_folder_remove(&switches->folder, name, SUFFIX, &why);
	if (!ret || ret == ERROR_NOT_FOUND)
		return 0;
	if (err)
		*err = why;
	return ret;
}
