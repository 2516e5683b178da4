#include "guest/lockdown.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/error.h"
#include "guest/identity.h"
#include "guest/landlock.h"
#include "wire/guest_process.h"

#define ARTIFACT_SIZE_MAX (1ul << 30) /* of an 18 MB Python component: some 40 MB */
#define COMPILER_THREADS_MAX 1024     /* one for each processor */

int lockdown_init(struct lockdown *lockdown, enum lockdown_kind kind, struct error *err)
{
	lockdown->kind = kind;
	return filter_make(kind, &lockdown->filter, err);
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

static void set_limit(int resource, rlim_t value)
{
	struct rlimit limit = {value, value};

	setrlimit((unsigned)resource, &limit);
}

/* The kernel counts threads (RLIMIT_NPROC) per user: if other processes have the same user, their
 * threads would count against the limit too, so it is set only if this process is alone. */
static void set_limits(enum lockdown_kind kind, bool is_alone)
{
	bool compiles = kind == LOCKDOWN_COMPILER;

	set_limit(RLIMIT_CORE, 0);
	set_limit(RLIMIT_FSIZE, compiles ? ARTIFACT_SIZE_MAX : 0);
	set_limit(RLIMIT_NOFILE, 64);
	set_limit(RLIMIT_MSGQUEUE, 0);
	if (is_alone)
		set_limit(RLIMIT_NPROC, compiles ? COMPILER_THREADS_MAX : GUEST_THREADS_MAX);
}

/* If a bug of the engine lets a plugin take over this process, it gets neither root's rights nor
 * access to another guest. */
static int change_user(enum lockdown_kind kind, struct error *err)
{
	bool is_alone;
	bool maps = filter_is_mapping(kind);
	int ret = maps ? identity_become_own_but_files(&is_alone, err)
		       : identity_become_own(&is_alone, err);

	if (ret)
		return ret;
	if (!maps)
		identity_forget_files();
	set_limits(kind, is_alone);
	/* After the change of user, since the kernel then resets both. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_DUMPABLE, 0);
	return 0;
}

static int enter(const struct lockdown *lockdown, const char *readable, bool required,
		 struct error *err)
{
	int ret = change_user(lockdown->kind, err);

	if (ret)
		return ret;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) && required)
		return error_set_errno(err, ERROR_UNSUPPORTED, errno,
				       "cannot lock the plugin's process down: cannot set "
				       "no_new_privs (use a newer kernel)");
	if (landlock_enter(readable) && required)
		return error_set(err, ERROR_UNSUPPORTED,
				 "this kernel has no Landlock; without it plugins run only with "
				 "`required = false` under [sandbox]");
	if (filter_install(&lockdown->filter) && required)
		return error_set(
			err, ERROR_UNSUPPORTED,
			"this kernel has no seccomp filters; without them plugins run only "
			"with `required = false` under [sandbox]");
	return 0;
}

int lockdown_enter(const struct lockdown *lockdown, bool required, struct error *err)
{
	return enter(lockdown, NULL, required, err);
}

int lockdown_enter_mapping(const char *artifact, bool is_code, bool required, struct error *err)
{
	struct lockdown lockdown;
	int ret = lockdown_init(&lockdown, is_code ? LOCKDOWN_MAPPING : LOCKDOWN_MAPPING_DATA, err);

	if (ret)
		return ret;
	ret = enter(&lockdown, artifact, required, err);
	lockdown_finish(&lockdown);
	return ret;
}
