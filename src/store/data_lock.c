#include "store/data_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/error.h"

int data_lock(const char *folder, int *ret_fd, struct error *err)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return error_set_errno(err, ERROR_SYSTEM, errno,
				       "cannot open the data folder %s (--data chooses another)",
				       folder);
	if (flock(fd, LOCK_EX | LOCK_NB)) {
		close(fd);
		return error_set(err, ERROR_BUSY,
				 "another harvester already uses the data folder %s: stop it, or "
				 "choose another folder with --data",
				 folder);
	}
	*ret_fd = fd;
	return 0;
}
