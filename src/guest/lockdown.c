#include "guest/lockdown.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/error.h"

#define NOBODY 65534
#define ARTIFACT_SIZE_MAX (1ul << 30) /* of an 18 MB Python component: some 40 MB */

/* Memory, threads and time for the engine and WASI's clocks; reading and writing the socket. */
static const char *const allowed[] = {
	"brk",
	"clock_getres",
	"clock_gettime",
	"clock_nanosleep",
	"close",
	"epoll_create1",
	"epoll_ctl",
	"epoll_pwait",
	"epoll_wait",
	"eventfd2",
	"exit",
	"exit_group",
	"futex",
	"getpid",
	"getrandom",
	"gettid",
	"madvise",
	"membarrier",
	"mremap",
	"munmap",
	"nanosleep",
	"poll",
	"ppoll",
	"read",
	"recvmsg",
	"restart_syscall",
	"rseq",
	"rt_sigaction",
	"rt_sigprocmask",
	"rt_sigreturn",
	"sched_getaffinity",
	"sched_yield",
	"set_robust_list",
	"sigaltstack",
	"tgkill",
	"write",
	"writev",
};

/* Asked for by libraries that can live with a no; everything else kills. */
static const struct {
	const char *name;
	int error;
} refused[] = {
	{"clone3", ENOSYS}, /* glibc falls back to clone */
	{"openat", EACCES}, /* the number of CPUs, from cgroup files */
	{"open", EACCES},	{"statx", EACCES},	{"newfstatat", EACCES}, {"fstat", EACCES},
	{"readlink", EACCES},	{"readlinkat", EACCES}, {"ioctl", ENOTTY},	{"socket", EACCES},
	{"socketpair", EACCES}, {"prctl", EPERM}, /* names of threads */
};

static int add_memory_rules(scmp_filter_ctx filter, enum lockdown_kind kind)
{
	static const struct scmp_arg_cmp not_executable = SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0);
	unsigned count = kind == LOCKDOWN_PLUGIN ? 1 : 0;

	return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), count,
				      &not_executable) |
	       seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), count,
				      &not_executable);
}

static int add_rules(scmp_filter_ctx filter, enum lockdown_kind kind)
{
	int ret = add_memory_rules(filter, kind);

	for (size_t i = 0; i < sizeof(allowed) / sizeof(*allowed); i++)
		ret |= seccomp_rule_add(filter, SCMP_ACT_ALLOW,
					seccomp_syscall_resolve_name(allowed[i]), 0);
	for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++) {
		int number = seccomp_syscall_resolve_name(refused[i].name);

		if (number >= 0) /* not every architecture has all of them */
			ret |= seccomp_rule_add(filter, SCMP_ACT_ERRNO((uint32_t)refused[i].error),
						number, 0);
	}
	/* The engine's timers duplicate their epoll descriptor. */
	ret |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1,
				SCMP_A1(SCMP_CMP_EQ, F_DUPFD_CLOEXEC, 0));
	/* Threads, not processes. */
	ret |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
				SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD));
	return ret;
}

/* libseccomp of Debian 12 writes its program only to a descriptor. */
static int export_filter(scmp_filter_ctx filter, struct sock_fprog *ret_program)
{
	int fd = memfd_create("seccomp", MFD_CLOEXEC), ret = ERROR_SYSTEM;
	struct sock_filter *code;
	off_t size;

	if (fd < 0)
		return ERROR_SYSTEM;
	if (seccomp_export_bpf(filter, fd) || (size = lseek(fd, 0, SEEK_END)) <= 0)
		goto out_fd;
	code = malloc((size_t)size);
	if (code && pread(fd, code, (size_t)size, 0) == size) {
		ret_program->filter = code;
		ret_program->len = (unsigned short)((size_t)size / sizeof(*code));
		ret = 0;
	} else {
		free(code);
	}
out_fd:
	close(fd);
	return ret;
}

int lockdown_init(struct lockdown *lockdown, enum lockdown_kind kind, struct error *err)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int ret = ERROR_SYSTEM;

	if (!filter)
		return error_set(err, ERROR_NO_MEMORY, "seccomp: out of memory");
	lockdown->kind = kind;
	if (!add_rules(filter, kind))
		ret = export_filter(filter, &lockdown->filter);
	seccomp_release(filter);
	return ret ? error_set(err, ret, "the seccomp program cannot be made") : 0;
}

void lockdown_finish(struct lockdown *lockdown)
{
	free(lockdown->filter.filter);
	lockdown->filter.filter = NULL;
}

void lockdown_close_files(int first_fd, int last_fd)
{
	if (first_fd > 0)
		syscall(SYS_close_range, 0, first_fd - 1, 0);
	syscall(SYS_close_range, last_fd + 1, ~0u, 0);
}

static void set_limits(enum lockdown_kind kind)
{
	const struct {
		unsigned resource;
		rlim_t limit;
	} limits[] = {
		{RLIMIT_CORE, 0},
		{RLIMIT_FSIZE, kind == LOCKDOWN_COMPILER ? ARTIFACT_SIZE_MAX : 0},
		{RLIMIT_NOFILE, 64},
		{RLIMIT_MSGQUEUE, 0},
	};

	for (size_t i = 0; i < sizeof(limits) / sizeof(*limits); i++) {
		struct rlimit limit = {limits[i].limit, limits[i].limit};

		setrlimit(limits[i].resource, &limit);
	}
}

/* An engine bug that gives an attacker this process does not give him root. */
static int drop_root(struct error *err)
{
	if (geteuid() != 0)
		return 0;
	if (setgroups(0, NULL) || setresgid(NOBODY, NOBODY, NOBODY) ||
	    setresuid(NOBODY, NOBODY, NOBODY))
		return error_set_errno(err, ERROR_SYSTEM, errno, "cannot become nobody");
	return 0;
}

/* Every right that this kernel knows, granted for no path (and for no port, from version 4). */
static int enter_landlock(void)
{
	static const uint64_t rights[] = {0, 0x1fff, 0x3fff, 0x7fff, 0x7fff, 0xffff};
	struct {
		uint64_t files, net;
	} none = {0};
	long version =
		syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	size_t known = sizeof(rights) / sizeof(*rights) - 1;
	int fd, ret;

	if (version < 1)
		return -1;
	none.files = rights[(size_t)version < known ? (size_t)version : known];
	none.net = version >= 4 ? 3 : 0; /* bind and connect of TCP */
	fd = (int)syscall(SYS_landlock_create_ruleset, &none,
			  version >= 4 ? sizeof(none) : sizeof(none.files), 0);
	if (fd < 0)
		return -1;
	ret = (int)syscall(SYS_landlock_restrict_self, fd, 0);
	close(fd);
	return ret;
}

int lockdown_enter(const struct lockdown *lockdown, bool required, struct error *err)
{
	int ret;

	set_limits(lockdown->kind);
	ret = drop_root(err);
	if (ret)
		return ret;
	/* After the change of uid, which clears both. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_DUMPABLE, 0);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) && required)
		return error_set_errno(err, ERROR_UNSUPPORTED, errno, "no_new_privs");
	if (enter_landlock() && required)
		return error_set(err, ERROR_UNSUPPORTED,
				 "this kernel has no Landlock; without it plugins run only with "
				 "`required = false` under [sandbox]");
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &lockdown->filter) && required)
		return error_set(
			err, ERROR_UNSUPPORTED,
			"this kernel has no seccomp filters; without them plugins run only "
			"with `required = false` under [sandbox]");
	return 0;
}
