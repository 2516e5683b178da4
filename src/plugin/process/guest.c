#include "plugin/process/guest.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/error.h"
#include "plugin/process/cgroup.h"
#include "plugin/process/reaper.h"
#include "wire/exit.h"

#define CHANNEL_FD 3	   /* harvester-guest expects its socket there */
#define READ_SIZE_MIN 4096 /* most frames are shorter */
#define READ_SIZE 65536
#define ITEMS_MAX 4
#define REASON_SIZE ERROR_TEXT_SIZE

struct guest {
	uv_pipe_t socket;
	struct reaper *reaper; /* borrowed */
	struct cgroup *group;  /* owned; NULL: none */
	struct guest_events events;
	void *arg;
	pid_t pid;		  /* 0: not yet known */
	bool is_reaped, is_ended; /* the process was waited for; its socket has ended */
	bool is_told;		  /* on_exited() was called */
	bool is_closing;
	bool is_killed_from_outside;
	int status;
	char reason[REASON_SIZE];
	struct buffer in;
	struct buffer out;
};

static void destroy(uv_handle_t *handle)
{
	struct guest *guest = handle->data;

	buffer_finish(&guest->in);
	buffer_finish(&guest->out);
	free(guest);
}

static const char *signal_words(int signal)
{
	switch (signal) {
	case SIGSEGV:
	case SIGBUS:
	case SIGILL:
	case SIGABRT:
		return "the guest process crashed";
	case SIGSYS:
		return "the guest process made a forbidden system call";
	case SIGKILL:
		return "the guest process was killed from outside (out of memory?)";
	default:
		return "the guest process was ended by a signal";
	}
}

static void leave_group(struct guest *guest)
{
	cgroup_close(guest->group);
	guest->group = NULL;
}

static void describe_signal(struct guest *guest, int signal)
{
	guest->is_killed_from_outside = signal == SIGKILL;
	snprintf(guest->reason, sizeof(guest->reason), "%s (signal %d)", signal_words(signal),
		 signal);
}

static void describe_end(struct guest *guest)
{
	if (*guest->reason)
		return;
	if (guest->group && cgroup_ran_out_of_memory(guest->group))
		snprintf(guest->reason, sizeof(guest->reason),
			 "the kernel killed it at the memory limit of its control group");
	else if (WIFSIGNALED(guest->status))
		describe_signal(guest, WTERMSIG(guest->status));
	else if (WEXITSTATUS(guest->status))
		snprintf(guest->reason, sizeof(guest->reason),
			 "the guest process ended (status %d)", WEXITSTATUS(guest->status));
}

static void tell_when_over(struct guest *guest)
{
	if (!guest->is_reaped || !guest->is_ended || guest->is_told || guest->is_closing)
		return;
	guest->is_told = true;
	describe_end(guest);
	leave_group(guest);
	guest->events.on_exited(guest->arg, guest->status, guest->reason);
}

static void reaped(void *arg, int status)
{
	struct guest *guest = arg;

	uv_os_fd_t socket;

	guest->is_reaped = true;
	guest->status = status;
	/* Read what the guest has sent up to now, even if a child of it still holds the socket. */
	if (!guest->is_closing && !uv_fileno((uv_handle_t *)&guest->socket, &socket))
		shutdown(socket, SHUT_RDWR);
	tell_when_over(guest);
}

static void allocate(uv_handle_t *handle, size_t suggested, uv_buf_t *ret_buffer)
{
	struct guest *guest = handle->data;
	size_t size;
	char *room;

	(void)suggested;
	if (guest->is_closing || *guest->reason)
		buffer_clear(&guest->in); /* nobody takes it */
	/* A long frame is read in parts that grow with it, so short ones need little memory. */
	size = guest->in.size < READ_SIZE_MIN ? READ_SIZE_MIN : guest->in.size;
	size = size < READ_SIZE ? size : READ_SIZE;
	room = buffer_reserve(&guest->in, size);
	*ret_buffer = uv_buf_init(room, room ? (unsigned)size : 0);
}

static void take_frames(struct guest *guest)
{
	struct error err = {0};
	cbor_item_t *frame;
	int ret = 0;

	while (!guest->is_closing && !*guest->reason &&
	       (ret = frame_next(&guest->in, FRAME_FROM_GUEST_MAX, &frame, &err)) > 0) {
		guest->events.on_frame(guest->arg, frame);
		cbor_decref(&frame);
	}
	if (ret < 0) {
		char why[REASON_SIZE];

		snprintf(why, sizeof(why), "the guest sent %.200s", err.text);
		guest_kill(guest, why);
	}
}

static void received(uv_stream_t *stream, ssize_t count, const uv_buf_t *data)
{
	struct guest *guest = stream->data;

	(void)data; /* it is in guest->in already */
	if (count == UV_ENOBUFS)
		guest_kill(guest, "out of memory while reading from the guest; this machine needs "
				  "more free memory");
	if (count < 0) {
		uv_read_stop(stream);
		guest->is_ended = true;
		tell_when_over(guest);
		return;
	}
	buffer_commit(&guest->in, (size_t)count);
	take_frames(guest);
}

int guest_prepare(uv_loop_t *loop, struct reaper *reaper, const struct guest_events *events,
		  void *arg, struct guest **ret_guest, int *ret_remote_fd, struct error *err)
{
	struct guest *guest = calloc(1, sizeof(*guest));
	int fds[2];

	if (!guest)
		return error_set(err, ERROR_NO_MEMORY,
				 "out of memory while preparing the plugin's process; this machine "
				 "needs more free memory");
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds)) {
		free(guest);
		return error_set_errno(
			err, ERROR_SYSTEM, errno,
			"cannot make the socket of the plugin's process (close other programs)");
	}
	guest->reaper = reaper;
	guest->events = *events;
	guest->arg = arg;
	guest->socket.data = guest;
	buffer_init(&guest->in, FRAME_FROM_GUEST_MAX + FRAME_HEADER_SIZE + READ_SIZE);
	buffer_init(&guest->out, FRAME_SIZE_MAX + FRAME_HEADER_SIZE);
	uv_pipe_init(loop, &guest->socket, 0);
	uv_pipe_open(&guest->socket, fds[0]);
	*ret_guest = guest;
	*ret_remote_fd = fds[1];
	return 0;
}

/* The guest gets /dev/null, the broker's stderr (for a crash of the engine) and its socket. */
static int spawn(const struct guest_command *command, int socket, pid_t *ret_pid)
{
	char *args[] = {
		(char *)command->program,
		(char *)command->command,
		(char *)command->artifact,
		(char *)(command->lockdown_required ? "required" : "optional"),
		(char *)command->target,
		NULL,
	};
	char *environment[] = {NULL};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none, all;
	int ret;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &all);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	/* dup2() onto itself would keep close-on-exec; glibc's action clears the flag then. */
	posix_spawn_file_actions_adddup2(&actions, socket, CHANNEL_FD);
	ret = posix_spawn(ret_pid, command->program, &actions, &attributes, args, environment);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	return ret;
}

int guest_spawn(uv_loop_t *loop, struct reaper *reaper, const struct guest_command *command,
		const struct guest_events *events, void *arg, struct guest **ret_guest,
		struct error *err)
{
	struct guest *guest;
	int remote_fd, ret;
	pid_t pid;

	ret = guest_prepare(loop, reaper, events, arg, &guest, &remote_fd, err);
	if (ret)
		return ret;
	ret = spawn(command, remote_fd, &pid);
	close(remote_fd);
	if (ret) {
		guest_close(guest);
		return error_set_errno(
			err, ERROR_SYSTEM, ret,
			"cannot start the guest program %s (install harvester again)",
			command->program);
	}
	ret = guest_set_pid(guest, pid);
	if (ret) {
		guest_close(guest);
		return error_set(err, ret, "cannot watch the process of the guest program %s: %s",
				 command->program, error_text(ret));
	}
	*ret_guest = guest;
	return 0;
}

int guest_set_pid(struct guest *guest, pid_t pid)
{
	int ret = reaper_watch(guest->reaper, pid, reaped, guest);

	if (ret)
		return ret;
	guest->pid = pid;
	uv_read_start((uv_stream_t *)&guest->socket, allocate, received);
	return 0;
}

int guest_socket(const struct guest *guest)
{
	uv_os_fd_t fd;

	return uv_fileno((const uv_handle_t *)&guest->socket, &fd) ? -1 : fd;
}

int guest_contain(struct guest *guest, struct cgroup_tree *tree, uint64_t memory_bytes,
		  struct error *err)
{
	return tree ? cgroup_open(tree, guest->pid, memory_bytes, &guest->group, err) : 0;
}

int guest_set_nice(const struct guest *guest, int nice)
{
	if (guest->group && !cgroup_set_nice(guest->group, nice))
		return 0;
	return setpriority(PRIO_PROCESS, (id_t)guest->pid, nice) ? ERROR_SYSTEM : 0;
}

pid_t guest_pid(const struct guest *guest)
{
	return guest->pid;
}

struct pending_write {
	uv_write_t request;
	char data[];
};

static void written(uv_write_t *request, int status)
{
	(void)status; /* the end of the socket tells if the guest is gone */
	free(request->data);
}

static int queue_rest(struct guest *guest, const char *data, size_t size)
{
	struct pending_write *write = malloc(sizeof(*write) + size);
	uv_buf_t buffer;

	if (!write)
		return ERROR_NO_MEMORY;
	if (uv_stream_get_write_queue_size((uv_stream_t *)&guest->socket) + size >
	    GUEST_QUEUE_MAX) {
		free(write);
		guest_kill(guest, "the guest does not read what it is sent");
		return ERROR_CLOSED;
	}
	memcpy(write->data, data, size);
	write->request.data = write;
	buffer = uv_buf_init(write->data, (unsigned)size);
	if (uv_write(&write->request, (uv_stream_t *)&guest->socket, &buffer, 1, written)) {
		free(write);
		return ERROR_CLOSED;
	}
	return 0;
}

int guest_send(struct guest *guest, enum frame_type type, uint64_t id, size_t count, ...)
{
	cbor_item_t *items[ITEMS_MAX] = {0};
	uv_buf_t buffer;
	va_list args;
	int ret, sent;

	va_start(args, count);
	for (size_t i = 0; i < count && i < ITEMS_MAX; i++)
		items[i] = va_arg(args, cbor_item_t *);
	va_end(args);
	buffer_clear(&guest->out);
	ret = frame_append(&guest->out, type, id, count, items[0], items[1], items[2], items[3]);
	if (ret)
		return ret;
	buffer = uv_buf_init(guest->out.data, (unsigned)guest->out.size);
	sent = uv_try_write((uv_stream_t *)&guest->socket, &buffer, 1);
	if (sent < 0 && sent != UV_EAGAIN)
		return ERROR_CLOSED;
	if (sent < 0)
		sent = 0;
	if ((size_t)sent == guest->out.size)
		return 0;
	return queue_rest(guest, guest->out.data + sent, guest->out.size - (size_t)sent);
}

int guest_send_fd(struct guest *guest, enum frame_type type, uint64_t id, int fd)
{
	union {
		struct cmsghdr head;
		char space[CMSG_SPACE(sizeof(int))];
	} control = {.head = {
			     .cmsg_len = CMSG_LEN(sizeof(int)),
			     .cmsg_level = SOL_SOCKET,
			     .cmsg_type = SCM_RIGHTS,
		     }};
	struct iovec data;
	struct msghdr message = {
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	uv_os_fd_t socket;

	buffer_clear(&guest->out);
	if (frame_append(&guest->out, type, id, 0))
		return ERROR_NO_MEMORY;
	data = (struct iovec){.iov_base = guest->out.data, .iov_len = guest->out.size};
	memcpy(CMSG_DATA(&control.head), &fd, sizeof(fd));
	if (uv_fileno((uv_handle_t *)&guest->socket, &socket) ||
	    sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL) != (ssize_t)guest->out.size)
		return ERROR_SYSTEM;
	return 0;
}

bool guest_is_ending(const struct guest *guest)
{
	return *guest->reason;
}

void guest_kill(struct guest *guest, const char *why)
{
	if (!*guest->reason)
		snprintf(guest->reason, sizeof(guest->reason), "%s", why);
	if (guest->pid && !guest->is_reaped)
		kill(guest->pid, SIGKILL);
}

bool guest_was_killed_from_outside(const struct guest *guest)
{
	return guest->is_killed_from_outside;
}

void guest_close(struct guest *guest)
{
	if (!guest || guest->is_closing)
		return;
	guest->is_closing = true;
	leave_group(guest);
	if (guest->pid && !guest->is_reaped) {
		kill(guest->pid, SIGKILL);
		reaper_forget(guest->reaper, guest->pid);
	}
	uv_close((uv_handle_t *)&guest->socket, destroy);
}
