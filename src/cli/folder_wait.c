#include "cli/folder_wait.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/error.h"
#include "plugin/discovery/tree_watch.h"

#define EVENTS (IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE)

static int fail(const struct folder_wait *wait, struct error *err)
{
	return error_set_errno(err, ERROR_SYSTEM, errno,
			       "%s: cannot watch this folder for changes (check its path, or raise "
			       "the kernel's fs.inotify.max_user_watches)",
			       wait->path);
}

/* Watch the folders that there are now; a watch that exists stays. */
static int watch_all(struct folder_wait *wait, struct error *err)
{
	struct tree_watch_list folders;

	if (inotify_add_watch(wait->fd, wait->path, EVENTS) < 0)
		return fail(wait, err);
	tree_watch_list(wait->path, &folders);
	for (size_t i = 0; i < folders.count; i++)
		inotify_add_watch(wait->fd, folders.paths[i], EVENTS);
	tree_watch_list_finish(&folders);
	return 0;
}

int folder_wait_open(const char *path, struct folder_wait *ret_wait, struct error *err)
{
	*ret_wait = (struct folder_wait){
		.fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK),
		.path = path,
	};
	if (ret_wait->fd < 0)
		return fail(ret_wait, err);
	return watch_all(ret_wait, err);
}

void folder_wait_close(struct folder_wait *wait)
{
	if (wait->fd >= 0)
		close(wait->fd);
}

/* Wait so long (-1: without end) for a change, and take it. Returns whether there was one. */
static int take_change(struct folder_wait *wait, int milliseconds)
{
	struct pollfd poll_fd = {.fd = wait->fd, .events = POLLIN};
	char events[4096];
	int count;

	do {
		count = poll(&poll_fd, 1, milliseconds);
	} while (count < 0 && errno == EINTR);
	while (read(wait->fd, events, sizeof(events)) > 0)
		;
	return count;
}

int folder_wait(struct folder_wait *wait, struct error *err)
{
	if (take_change(wait, -1) < 0)
		return fail(wait, err);
	while (take_change(wait, FOLDER_WAIT_QUIET_MS) > 0)
		;
	return watch_all(wait, err);
}
