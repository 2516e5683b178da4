#include "cli/program_run.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/error.h"

static int start(const char *const *args, int out, pid_t *ret_pid)
{
	posix_spawn_file_actions_t actions;
	int ret;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&actions, out, STDERR_FILENO);
	ret = posix_spawnp(ret_pid, args[0], &actions, NULL, (char *const *)args, environ);
	posix_spawn_file_actions_destroy(&actions);
	return ret;
}

/* Read to the end, and drop what exceeds the buffer's limit: the program would hang if nobody read
 * its output. */
static void read_all(int fd, struct buffer *output)
{
	char part[4096];
	ssize_t count;

	do {
		count = read(fd, part, sizeof(part));
		if (count > 0)
			buffer_append(output, part, (size_t)count);
	} while (count > 0 || (count < 0 && errno == EINTR));
}

int program_run(const char *const *args, struct buffer *output, int *ret_status, struct error *err)
{
	int fds[2], status, code;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC))
		return error_set_errno(err, ERROR_SYSTEM, errno,
				       "cannot start %s (close other programs)", args[0]);
	code = start(args, fds[1], &pid);
	close(fds[1]);
	if (!code) {
		read_all(fds[0], output);
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
	}
	close(fds[0]);
	if (code)
		return error_set_errno(err, code == ENOENT ? ERROR_NOT_FOUND : ERROR_SYSTEM, code,
				       "cannot start %s (is it installed?)", args[0]);
	*ret_status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	return 0;
}
