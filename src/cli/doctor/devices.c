#include "cli/doctor/devices.h"

#include <glob.h>
#include <grp.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/doctor/groups.h"

static const struct bus {
	const char *name, *group;
	const char *patterns[4]; /* below /dev */
	const char *advice;	 /* what to do if there is no such device */
} buses[] = {
	{"i2c", "i2c", {"i2c-[0-9]*"}, "on a Raspberry Pi, enable it in raspi-config"},
	{"spi", "spi", {"spidev*"}, "on a Raspberry Pi, enable it in raspi-config"},
	{"gpio", "gpio", {"gpiochip*"}, "use a board with GPIO lines"},
	{"serial",
	 "dialout",
	 {"ttyAMA*", "ttyUSB*", "ttyACM*", "serial[0-9]*"},
	 "plug in an adapter, or enable the board's port"},
};

#define BUSES (sizeof(buses) / sizeof(*buses))

static void find_files(const struct bus *bus, const char *folder, glob_t *ret_found)
{
	char pattern[PATH_MAX];
	int flags = 0;

	memset(ret_found, 0, sizeof(*ret_found));
	for (size_t i = 0; i < 4 && bus->patterns[i]; i++) {
		snprintf(pattern, sizeof(pattern), "%s/%s", folder, bus->patterns[i]);
		glob(pattern, flags, NULL, ret_found);
		flags = GLOB_APPEND;
	}
}

/* Advise to join the file's group if that may use the file, otherwise the bus's usual group. */
static void advise_group(struct doctor_check *check, const struct bus *bus, const char *path)
{
	const struct group *group = NULL;
	struct stat status;
	char user[64];

	if (!stat(path, &status) && status.st_gid && (status.st_mode & 060) == 060)
		group = getgrgid(status.st_gid);
	doctor_user_name(user, sizeof(user));
	doctor_advise(check, "sudo usermod -aG %s %s, then log in again",
		      group ? group->gr_name : bus->group, user);
}

static void check_bus(struct doctor_list *list, const struct bus *bus, const char *folder)
{
	char usable[160] = "", closed[160] = "";
	const char *first_closed = NULL;
	struct doctor_check *check;
	glob_t found;

	find_files(bus, folder, &found);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		bool is_open = !access(found.gl_pathv[i], R_OK | W_OK);

		doctor_append(is_open ? usable : closed, sizeof(usable), ", ", found.gl_pathv[i]);
		if (!is_open && !first_closed)
			first_closed = found.gl_pathv[i];
	}
	check = doctor_add(list, bus->name,
			   first_closed || !found.gl_pathc ? DOCTOR_WARNING : DOCTOR_OK,
			   "usable: %s%s%s", usable[0] ? usable : "none",
			   first_closed ? "; this user may not use: " : "", closed);
	if (first_closed)
		advise_group(check, bus, first_closed);
	else if (!found.gl_pathc)
		doctor_advise(check, "%s", bus->advice);
	globfree(&found);
}

void doctor_check_buses(struct doctor_list *list, const char *folder)
{
	for (size_t i = 0; i < BUSES; i++)
		check_bus(list, &buses[i], folder);
}
