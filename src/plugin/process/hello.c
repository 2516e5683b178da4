#include "plugin/process/hello.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"

int hello_expect(int socket, int *ret_fd, struct error *err)
{
	static const int on = 1;
	int fd;

	if (setsockopt(socket, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)))
		return error_set_errno(err, ERROR_SYSTEM, errno,
				       "cannot identify the plugin's process (SO_PASSCRED)");
	fd = fcntl(socket, F_DUPFD_CLOEXEC, 0);
	if (fd < 0)
		return error_set_errno(err, ERROR_SYSTEM, errno,
				       "cannot copy the descriptor of the plugin's socket (raise "
				       "the limit of open files)");
	*ret_fd = fd;
	return 0;
}

/* Otherwise a guest could make the broker watch, or kill, a process that is not a guest. */
static bool is_child(pid_t pid)
{
	siginfo_t info;

	return pid > 1 && !waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT);
}

static pid_t named_process(struct msghdr *message)
{
	struct ucred sender = {0};

	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_CREDENTIALS &&
		    c->cmsg_len >= CMSG_LEN(sizeof(sender)))
			memcpy(&sender, CMSG_DATA(c), sizeof(sender));
	}
	return sender.pid;
}

int hello_receive(int fd, pid_t *ret_pid)
{
	static const int off = 0;
	union {
		struct cmsghdr head;
		char space[CMSG_SPACE(sizeof(struct ucred))]; /* no room for descriptors */
	} control;
	char byte;
	struct iovec data = {.iov_base = &byte, .iov_len = 1};
	struct msghdr message = {
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	pid_t pid;

	if (recvmsg(fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) != 1)
		return ERROR_NOT_FOUND;
	setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &off, sizeof(off));
	pid = named_process(&message);
	if (!is_child(pid))
		return ERROR_MALFORMED;
	*ret_pid = pid;
	return 0;
}
