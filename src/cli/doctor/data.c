#include "cli/doctor/data.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

void doctor_check_data(struct doctor_list *list, const char *folder)
{
	struct stat found;

	if (stat(folder, &found)) {
		if (errno == ENOENT)
			doctor_add(list, "data", DOCTOR_OK,
				   "%s does not exist yet; the node creates it", folder);
		else
			doctor_add(list, "data", DOCTOR_WARNING, "%s: %s", folder, strerror(errno));
		return;
	}
	/* The folder's mode is enough: files in it may be readable, but nobody else can reach them.
	 */
	if (found.st_mode & 077)
		doctor_advise(
			doctor_add(list, "data", DOCTOR_WARNING,
				   "other users may access %s (mode %04o), which holds accounts, "
				   "tokens and all readings",
				   folder, found.st_mode & 07777),
			"`chmod 700 %s`", folder);
	else
		doctor_add(list, "data", DOCTOR_OK, "%s, which only its user may access", folder);
}
