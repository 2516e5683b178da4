#include "cli/doctor/devices.h"

#include <glob.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

void doctor_user_name(char *ret_name, size_t size)
{
	const struct passwd *user = getpwuid(geteuid());

	if (user)
		snprintf(ret_name, size, "%s", user->pw_name);
	else
		snprintf(ret_name, size, "%u", (unsigned)geteuid());
}

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

void doctor_check_groups(struct doctor_list *list)
{
	char in[64] = "", out[64] = "", absent[64] = "", command[64] = "", user[64];
	struct doctor_check *check;

	if (!geteuid()) {
		doctor_add(list, "groups", DOCTOR_OK, "root needs no group");
		return;
	}
	for (size_t i = 0; i < BUSES; i++) {
		const struct group *group = getgrnam(buses[i].group);
		bool is_member = group && group_member(group->gr_gid);

		doctor_append(is_member ? in
			      : group	? out
					: absent,
			      sizeof(in), ", ", buses[i].group);
		if (group && !is_member)
			snprintf(command + strlen(command), sizeof(command) - strlen(command),
				 "%s%s", command[0] ? "," : "", buses[i].group);
	}
	check = doctor_add(list, "groups", out[0] ? DOCTOR_WARNING : DOCTOR_OK,
			   "member of: %s; not member of: %s; not on this machine: %s",
			   in[0] ? in : "none", out[0] ? out : "none", absent[0] ? absent : "none");
	doctor_user_name(user, sizeof(user));
	if (out[0])
		doctor_advise(check, "sudo usermod -aG %s %s, then log in again", command, user);
}
