#include "guest/filter.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/error.h"

#ifndef MAP_GROWSDOWN
#define MAP_GROWSDOWN 0x0100
#endif
#ifndef MAP_HUGETLB
#define MAP_HUGETLB 0x040000
#endif
#ifndef MAP_DROPPABLE /* Linux 6.11 */
#define MAP_DROPPABLE 0x08
#endif

/* What the engine needs for memory, threads and clocks, and to read and write the socket. */
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
	"tgkill", /* and see own_signals */
	"write",
	"writev",
};

/* Only until the artifact is mapped: what it takes to open the artifact, set limits and install the
 * next filter. */
static const char *const allowed_mapping[] = {
	"close_range",
	"fstat",
	"geteuid",
	"getrlimit",
	"getuid",
	"landlock_create_ruleset",
	"landlock_restrict_self",
	"lseek",
	"newfstatat",
	"open",
	"openat",
	"prctl",
	"pread64",
	"prlimit64",
	"seccomp",
	"setfsuid",
	"setrlimit",
	"statx",
};

/* Libraries call these, and work if they fail with this error. Every other call kills. */
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

bool filter_is_mapping(enum lockdown_kind kind)
{
	return kind == LOCKDOWN_MAPPING || kind == LOCKDOWN_MAPPING_DATA;
}

static bool is_mapping_call(enum lockdown_kind kind, const char *name)
{
	for (size_t i = 0; i < sizeof(allowed_mapping) / sizeof(*allowed_mapping); i++) {
		if (filter_is_mapping(kind) && !strcmp(allowed_mapping[i], name))
			return true;
	}
	return false;
}

/*
 * Allow only private mappings that RLIMIT_DATA counts. It does not count shared memory, stacks that
 * grow by themselves (MAP_GROWSDOWN) or huge pages.
 */
static int add_memory_rules(scmp_filter_ctx filter, enum lockdown_kind kind)
{
	const struct scmp_arg_cmp map[] = {
		SCMP_A3(SCMP_CMP_MASKED_EQ, MAP_TYPE | MAP_GROWSDOWN | MAP_HUGETLB, MAP_PRIVATE),
		SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0),
	};
	/* glibc 2.41 asks for such memory for getrandom(), and works without. */
	const struct scmp_arg_cmp droppable[] = {
		SCMP_A3(SCMP_CMP_MASKED_EQ, MAP_TYPE, MAP_DROPPABLE),
	};
	bool is_strict = kind == LOCKDOWN_PLUGIN || kind == LOCKDOWN_MAPPING_DATA;

	return seccomp_rule_add_array(filter, SCMP_ACT_ERRNO(ENOMEM), SCMP_SYS(mmap), 1,
				      droppable) |
	       seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), is_strict ? 2 : 1,
				      map) |
	       seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), is_strict ? 1 : 0,
				      &map[1]);
}

/* Skips system calls that this architecture does not have. */
static int add_names(scmp_filter_ctx filter, const char *const *names, size_t count)
{
	int ret = 0;

	for (size_t i = 0; i < count; i++) {
		int number = seccomp_syscall_resolve_name(names[i]);

		if (number != __NR_SCMP_ERROR)
			ret |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 0);
	}
	return ret;
}

static int add_rules(scmp_filter_ctx filter, enum lockdown_kind kind)
{
	int ret = add_memory_rules(filter, kind);

	ret |= add_names(filter, allowed, sizeof(allowed) / sizeof(*allowed));
	if (filter_is_mapping(kind))
		ret |= add_names(filter, allowed_mapping,
				 sizeof(allowed_mapping) / sizeof(*allowed_mapping));
	for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++) {
		int number = seccomp_syscall_resolve_name(refused[i].name);

		if (number >= 0 && !is_mapping_call(kind, refused[i].name))
			ret |= seccomp_rule_add(filter, SCMP_ACT_ERRNO((uint32_t)refused[i].error),
						number, 0);
	}
	/* The engine's timers duplicate their epoll descriptor. */
	ret |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1,
				SCMP_A1(SCMP_CMP_EQ, F_DUPFD_CLOEXEC, 0));
	/* The engine's error message about a file that it cannot map includes the file's mode. */
	if (filter_is_mapping(kind))
		ret |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1,
					SCMP_A1(SCMP_CMP_EQ, F_GETFL, 0));
	/* New threads, but no new processes. */
	ret |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
				SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD));
	return ret;
}

/*
 * Instructions before libseccomp's: tgkill() to another process kills the caller. (abort() and
 * raise() send to their own process.) filter_install() writes the process id into OWN_PID, since a
 * template makes the program before it forks.
 */
#define ARGUMENT_0_LOW                                                                             \
	(offsetof(struct seccomp_data, args) + (__BYTE_ORDER == __BIG_ENDIAN ? 4 : 0))
#define OWN_PID 3 /* index of the instruction that compares */
#define OWN_SIGNALS 5

static const struct sock_filter own_signals[OWN_SIGNALS] = {
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_tgkill, 0, 3),
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, ARGUMENT_0_LOW),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
};

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
	code = malloc(sizeof(own_signals) + (size_t)size);
	if (code && pread(fd, code + OWN_SIGNALS, (size_t)size, 0) == size) {
		memcpy(code, own_signals, sizeof(own_signals));
		ret_program->filter = code;
		ret_program->len = (unsigned short)(OWN_SIGNALS + (size_t)size / sizeof(*code));
		ret = 0;
	} else {
		free(code);
	}
out_fd:
	close(fd);
	return ret;
}

/* libseccomp makes no program, and gives no reason, where the kernel cannot run it. */
static bool is_supported(void)
{
	uint32_t action = SECCOMP_RET_KILL_PROCESS;

	return !syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action);
}

int filter_make(enum lockdown_kind kind, struct sock_fprog *ret_program, struct error *err)
{
	scmp_filter_ctx filter;
	int ret = ERROR_SYSTEM;

	if (!is_supported()) {
		*ret_program = (struct sock_fprog){0};
		return 0;
	}
	filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	if (!filter)
		return error_set(err, ERROR_NO_MEMORY,
				 "out of memory while making the seccomp filter; this machine "
				 "needs more free memory");
	if (!add_rules(filter, kind))
		ret = export_filter(filter, ret_program);
	seccomp_release(filter);
	return ret ? error_set(err, ret,
			       "cannot make the seccomp filter of the plugin's process: install "
			       "libseccomp again")
		   : 0;
}

int filter_install(const struct sock_fprog *program)
{
	if (program->filter)
		program->filter[OWN_PID].k = (uint32_t)getpid();
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, program);
}
