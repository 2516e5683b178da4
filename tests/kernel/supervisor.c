/*
 * supervisor SOCKET PROGRAM ARGUMENT…: runs a program as it is shipped on a kernel that is not
 * there.
 *
 * Whenever the program or what it starts opens a file or asks a device something by ioctl(), Linux
 * stops it and asks here (seccomp_unotify(2)). Devices are answered from tests/kernel, with the
 * models of the reference build behind it; all else goes on as if nobody had asked. Each connection
 * to SOCKET gets the truth of the models, as world_to_json() has it.
 *
 * Exit status: the program's; 77 where this kernel cannot do it; 2 for wrong usage.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "kernel.h"
#include "simulation/world.h"

#define EXIT_UNABLE 77
#define FILES_MAX 64
#define PATH_SIZE 256

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#error "the filter does not know this architecture"
#endif

struct supervisor {
	struct world *world;
	struct kernel *kernel;
	int listener; /* of the filter */
	int socket;   /* for the truth */
	int child;    /* a pidfd */
};

/* A request that waits for its answer. */
struct question {
	const struct supervisor *supervisor;
	const struct seccomp_notif *asked;
};

static pid_t child_pid;

static void pass_on(int number)
{
	kill(child_pid, number);
}

/* In the child: openat() and ioctl() of our devices' types are asked about. The listener, or -1. */
static int install_filter(void)
{
#define TYPE_IS(type, skip) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (type) << 8, skip, 0)
	static struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 0, 8),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat, 7, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_ioctl, 0, 5),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[1])),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xff00),
		TYPE_IS(0x07, 3),
		TYPE_IS('k', 2),
		TYPE_IS(0xb4, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
	};
	const struct sock_fprog program = {.len = sizeof(code) / sizeof(code[0]), .filter = code};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -1;
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER,
			    &program);
}

static void send_descriptor(int socket, int fd)
{
	char byte = 0, room[CMSG_SPACE(sizeof(fd))] = {0};
	struct iovec data = {.iov_base = &byte, .iov_len = 1};
	struct msghdr message = {.msg_iov = &data,
				 .msg_iovlen = 1,
				 .msg_control = room,
				 .msg_controllen = sizeof(room)};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(header), &fd, sizeof(fd));
	sendmsg(socket, &message, 0);
}

static int receive_descriptor(int socket)
{
	char byte, room[CMSG_SPACE(sizeof(int))];
	struct iovec data = {.iov_base = &byte, .iov_len = 1};
	struct msghdr message = {.msg_iov = &data,
				 .msg_iovlen = 1,
				 .msg_control = room,
				 .msg_controllen = sizeof(room)};
	struct cmsghdr *header;
	int fd;

	if (recvmsg(socket, &message, MSG_CMSG_CLOEXEC) != 1)
		return -1;
	header = CMSG_FIRSTHDR(&message);
	if (!header || header->cmsg_type != SCM_RIGHTS)
		return -1;
	memcpy(&fd, CMSG_DATA(header), sizeof(fd));
	return fd;
}

static void run_child(int socket, char **arguments)
{
	int listener = install_filter();

	if (listener < 0) {
		perror("supervisor: seccomp");
		_exit(EXIT_UNABLE);
	}
	send_descriptor(socket, listener);
	close(listener);
	close(socket);
	execv(arguments[0], arguments);
	perror(arguments[0]);
	_exit(EXIT_FAILURE);
}

/* The memory of the process that asks. */

static int read_process(const struct kernel_process *process, void *to, uint64_t from, size_t size)
{
	const struct question *question = process->arg;
	const struct iovec here = {.iov_base = to, .iov_len = size};
	const struct iovec there = {.iov_base = (void *)(uintptr_t)from, .iov_len = size};
	ssize_t count = process_vm_readv((pid_t)question->asked->pid, &here, 1, &there, 1, 0);

	return count == (ssize_t)size ? 0 : -EFAULT;
}

static int write_process(const struct kernel_process *process, uint64_t to, const void *from,
			 size_t size)
{
	const struct question *question = process->arg;
	const struct iovec here = {.iov_base = (void *)(uintptr_t)from, .iov_len = size};
	const struct iovec there = {.iov_base = (void *)(uintptr_t)to, .iov_len = size};
	ssize_t count = process_vm_writev((pid_t)question->asked->pid, &here, 1, &there, 1, 0);

	return count == (ssize_t)size ? 0 : -EFAULT;
}

static int install_fd(const struct kernel_process *process, int fd)
{
	const struct question *question = process->arg;
	const struct seccomp_notif_addfd add = {
		.id = question->asked->id, .srcfd = (uint32_t)fd, .newfd_flags = O_CLOEXEC};
	int number = ioctl(question->supervisor->listener, SECCOMP_IOCTL_NOTIF_ADDFD, &add);

	if (number < 0)
		number = -errno;
	close(fd);
	return number;
}

/* A path ends before the next page does, or is asked for byte by byte from there on. */
static bool read_path(const struct kernel_process *process, uint64_t from, char ret_path[PATH_SIZE])
{
	for (size_t i = 0; i < PATH_SIZE; i++) {
		size_t size = 1;

		if (i == 0 && (from & 0xfff) + PATH_SIZE <= 0x1000)
			size = PATH_SIZE;
		if (process->read(process, ret_path + i, from + i, size))
			return false;
		if (size == PATH_SIZE)
			return memchr(ret_path, '\0', PATH_SIZE) != NULL;
		if (!ret_path[i])
			return true;
	}
	return false;
}

/* The answer is left to Linux if it is no device of ours. */

static int answer_open(const struct kernel_process *process, const struct question *question)
{
	char path[PATH_SIZE];
	int fd;

	if (!read_path(process, question->asked->data.args[1], path) || !kernel_has_path(path))
		return -ENOSYS;
	fd = kernel_open(question->supervisor->kernel, path);
	return fd < 0 ? fd : process->install(process, fd);
}

static int answer_ioctl(const struct kernel_process *process, const struct question *question)
{
	const struct seccomp_data *data = &question->asked->data;
	struct stat found;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%u/fd/%llu", question->asked->pid, data->args[0]);
	if (stat(path, &found))
		return -ENOSYS;
	return kernel_ioctl(question->supervisor->kernel, process, found.st_ino, data->args[1],
			    data->args[2]);
}

static void answer(const struct supervisor *supervisor)
{
	struct seccomp_notif asked = {0};
	const struct question question = {.supervisor = supervisor, .asked = &asked};
	const struct kernel_process process = {.read = read_process,
					       .write = write_process,
					       .install = install_fd,
					       .arg = (void *)&question};
	struct seccomp_notif_resp reply = {0};
	int ret;

	/* Whoever asked may have died meanwhile, here and at the end. */
	if (ioctl(supervisor->listener, SECCOMP_IOCTL_NOTIF_RECV, &asked))
		return;
	ret = asked.data.nr == SYS_ioctl ? answer_ioctl(&process, &question)
					 : answer_open(&process, &question);
	reply.id = asked.id;
	if (ret == -ENOSYS)
		reply.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
	else if (ret < 0)
		reply.error = ret;
	else
		reply.val = ret;
	ioctl(supervisor->listener, SECCOMP_IOCTL_NOTIF_SEND, &reply);
}

static void tell_truth(const struct supervisor *supervisor)
{
	int fd = accept4(supervisor->socket, NULL, NULL, SOCK_CLOEXEC);
	json_t *truth;

	if (fd < 0)
		return;
	kernel_reap(supervisor->kernel);
	truth = world_to_json(supervisor->world);
	json_dumpfd(truth, fd, JSON_COMPACT);
	json_decref(truth);
	close(fd);
}

static int open_socket(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (fd >= 0 && !bind(fd, (struct sockaddr *)&address, sizeof(address)) && !listen(fd, 8))
		return fd;
	perror(path);
	return -1;
}

static int create_kernel(struct supervisor *supervisor)
{
	static const char *const extra[] = {"bme280", "pca9685", "mcp3008", "button"};
	const struct world_config config = {
		.seed = 7,
		.i2c_bus = 1,
		.bme680_address = 0x77,
		.dht22_pin = 4,
		.led_spi = "spi0.0",
		.led_count = 11,
		.buzzer_pin = 17,
		.buzzer_active_low = true,
		.fan_pin = 27,
		.extra = extra,
		.extra_count = sizeof(extra) / sizeof(extra[0]),
	};
	struct error err;

	if (world_create(&config, clock_system(), &supervisor->world, &err)) {
		fprintf(stderr, "supervisor: %s\n", err.text);
		return -1;
	}
	supervisor->kernel = kernel_create(world_backend(supervisor->world), NULL);
	return supervisor->kernel ? 0 : -1;
}

/* Until the child ends. Its status. */
static int serve(struct supervisor *supervisor)
{
	struct pollfd set[3 + FILES_MAX];
	siginfo_t ended = {0};

	for (;;) {
		size_t count = kernel_poll_set(supervisor->kernel, set + 3, FILES_MAX);

		set[0] = (struct pollfd){.fd = supervisor->child, .events = POLLIN};
		set[1] = (struct pollfd){.fd = supervisor->listener, .events = POLLIN};
		set[2] = (struct pollfd){.fd = supervisor->socket, .events = POLLIN};
		if (poll(set, 3 + count, -1) < 0)
			continue;
		if (set[0].revents)
			break;
		if (set[1].revents & POLLIN)
			answer(supervisor);
		if (set[2].revents)
			tell_truth(supervisor);
		kernel_reap(supervisor->kernel);
	}
	waitid(P_PIDFD, (id_t)supervisor->child, &ended, WEXITED);
	return ended.si_code == CLD_EXITED ? ended.si_status : 128 + ended.si_status;
}

int main(int argc, char **argv)
{
	struct supervisor supervisor = {0};
	const struct sigaction pass = {.sa_handler = pass_on};
	int pair[2], status;

	if (argc < 3) {
		fprintf(stderr, "supervisor SOCKET PROGRAM ARGUMENT…\n");
		return 2;
	}
	supervisor.socket = open_socket(argv[1]);
	if (supervisor.socket < 0 || create_kernel(&supervisor) ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return EXIT_FAILURE;
	child_pid = fork();
	if (!child_pid)
		run_child(pair[1], argv + 2);
	close(pair[1]);
	sigaction(SIGTERM, &pass, NULL);
	sigaction(SIGINT, &pass, NULL);
	signal(SIGPIPE, SIG_IGN);
	supervisor.child = (int)syscall(SYS_pidfd_open, child_pid, 0);
	supervisor.listener = receive_descriptor(pair[0]);
	if (supervisor.child < 0 || supervisor.listener < 0)
		return EXIT_UNABLE;
	status = serve(&supervisor);
	kernel_destroy(supervisor.kernel);
	world_destroy(supervisor.world);
	return status;
}
