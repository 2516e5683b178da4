#include "cli/doctor/data.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

void doctor_check_data(struct doctor_list *list, const char *folder)
{
	struct stat found;

	if (stat(folder, &found)) {
		if (errno == ENOENT)
			doctor_add(list, "data", DOCTOR_OK, "%s: not there yet", folder);
		else
			doctor_add(list, "data", DOCTOR_WARNING, "%s: %s", folder, strerror(errno));
		return;
	}
	/* Files that an earlier version wrote may be open; nobody reaches them in a folder that is
	 * not. */
	if (found.st_mode & 077)
		doctor_advise(
			doctor_add(list, "data", DOCTOR_WARNING,
				   "%s may be used by other users (mode %04o): it holds accounts, "
				   "tokens and every reading",
				   folder, found.st_mode & 07777),
			"`chmod 700 %s`", folder);
	else
		doctor_add(list, "data", DOCTOR_OK, "%s, for its owner alone", folder);
}
