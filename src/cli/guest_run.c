#include "cli/guest_run.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/text.h"
#include "config/paths.h"

#define TEXT_SIZE_MAX (1u << 20)
#define ARGS_MAX 6

static int read_all(int fd, struct buffer *text)
{
	ssize_t count;

	do {
		char *room = buffer_reserve(text, 4096);

		if (!room)
			return text->failed;
		count = read(fd, room, 4096);
		if (count > 0)
			buffer_commit(text, (size_t)count);
	} while (count > 0 || (count < 0 && errno == EINTR));
	return count ? ERROR_SYSTEM : 0;
}

static int start(const char *const *args, int out, pid_t *ret_pid)
{
	static struct paths paths;
	char *all[ARGS_MAX + 2] = {paths.guest_program};
	posix_spawn_file_actions_t actions;
	int ret;

	paths_find(&paths);
	if (!*paths.guest_program) {
		fputs("cannot find harvester-guest, which must be in the same folder as "
		      "harvester\n",
		      stderr);
		return ERROR_NOT_FOUND;
	}
	for (size_t i = 0; i < ARGS_MAX && args[i]; i++)
		all[i + 1] = (char *)args[i];
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	ret = posix_spawn(ret_pid, paths.guest_program, &actions, NULL, all, (char *[]){NULL});
	posix_spawn_file_actions_destroy(&actions);
	if (ret)
		text_printf(stderr, "%s: %s\n", paths.guest_program, strerror(ret));
	return ret ? ERROR_SYSTEM : 0;
}

int guest_run(const char *const *args, char **ret_text)
{
	struct buffer text;
	int fds[2], status, ret;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC))
		return ERROR_SYSTEM;
	buffer_init(&text, TEXT_SIZE_MAX);
	ret = start(args, fds[1], &pid);
	close(fds[1]);
	if (!ret) {
		ret = read_all(fds[0], &text);
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
		if (!WIFEXITED(status) || WEXITSTATUS(status))
			ret = ERROR_SYSTEM;
	}
	close(fds[0]);
	if (!ret && ret_text) {
		*ret_text = text.data ? text.data : strdup("");
		return 0;
	}
	buffer_finish(&text);
	return ret;
}
