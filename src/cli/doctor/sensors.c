#include <glob.h>
#include <limits.h>
#include <string.h>

#include "cli/doctor/hardware.h"

/* The first line of FOLDER/NAME; "" if it cannot be read. */
static void read_line(const char *folder, const char *name, char *ret_line, size_t size)
{
	char path[PATH_MAX];
	FILE *file;

	ret_line[0] = '\0';
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "re");
	if (!file)
		return;
	if (!fgets(ret_line, (int)size, file))
		ret_line[0] = '\0';
	ret_line[strcspn(ret_line, "\n")] = '\0';
	fclose(file);
}

/* List all folders that match `pattern`, with the content of their file `name`: "thermal_zone0
 * (cpu-thermal), …". */
static void check(struct doctor_list *list, const char *title, const char *root,
		  const char *pattern, const char *name)
{
	char whole[PATH_MAX], line[48], one[96], text[400] = "";
	glob_t found;

	snprintf(whole, sizeof(whole), "%s%s", root, pattern);
	if (!glob(whole, 0, NULL, &found)) {
		for (size_t i = 0; i < found.gl_pathc; i++) {
			read_line(found.gl_pathv[i], name, line, sizeof(line));
			snprintf(one, sizeof(one), "%s (%s)", strrchr(found.gl_pathv[i], '/') + 1,
				 line[0] ? line : "without a name");
			doctor_append(text, sizeof(text), ", ", one);
		}
	}
	globfree(&found);
	doctor_add(list, title, DOCTOR_OK, "%s", text[0] ? text : "none on this machine");
}

void doctor_check_sensors(struct doctor_list *list, const char *root)
{
	check(list, "thermal", root, "/sys/class/thermal/thermal_zone*", "type");
	check(list, "iio", root, "/sys/bus/iio/devices/iio:device*", "name");
}
