#include "cli/doctor/sandbox.h"

#include <errno.h>
#include <grp.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "cli/doctor/devices.h"
#include "plugin/process/cgroup.h"
#include "wire/guest_process.h"

#define LANDLOCK_SCOPES 6 /* the version from which signals are held back too */

static void check_no_new_privs(struct doctor_list *list)
{
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) >= 0)
		doctor_add(list, "no_new_privs", DOCTOR_OK, "there");
	else
		doctor_advise(doctor_add(list, "no_new_privs", DOCTOR_MISSING,
					 "this kernel has none: %s", strerror(errno)),
			      "a kernel from 3.5 on has it");
}

static void check_seccomp(struct doctor_list *list)
{
	uint32_t action = SECCOMP_RET_KILL_PROCESS;

	if (!syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action))
		doctor_add(list, "seccomp", DOCTOR_OK, "filters that end a process");
	else
		doctor_advise(doctor_add(list, "seccomp", DOCTOR_MISSING,
					 "no filters that end a process: %s", strerror(errno)),
			      "a kernel from 4.14 on with CONFIG_SECCOMP_FILTER, and a container "
			      "that allows seccomp");
}

static void check_landlock(struct doctor_list *list)
{
	long version =
		syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	bool is_off = version < 0 && errno == EOPNOTSUPP;

	if (version >= LANDLOCK_SCOPES)
		doctor_add(list, "landlock", DOCTOR_OK,
			   "ABI version %ld: files, TCP, signals, abstract sockets", version);
	else if (version >= 1)
		doctor_add(list, "landlock", DOCTOR_OK,
			   "ABI version %ld: files%s; seccomp alone holds signals back", version,
			   version >= 4 ? ", TCP" : "");
	else
		doctor_advise(doctor_add(list, "landlock", DOCTOR_MISSING, "%s: %s",
					 is_off ? "switched off in this kernel"
						: "not in this kernel, or not allowed",
					 strerror(errno)),
			      "%s; or `required = false` under [sandbox]: plugins run with less "
			      "around them then",
			      is_off ? "add landlock to lsm= on the kernel's command line"
				     : "a kernel from 5.13 on with CONFIG_SECURITY_LANDLOCK");
}

static void check_close_range(struct doctor_list *list)
{
	/* The last number there can be: nothing is open there. */
	if (!syscall(SYS_close_range, ~0u, ~0u, 0))
		doctor_add(list, "close_range", DOCTOR_OK, "there");
	else
		doctor_advise(doctor_add(list, "close_range", DOCTOR_MISSING,
					 "not there: %s; guests would keep the broker's files open",
					 strerror(errno)),
			      "a kernel from 5.9 on has it");
}

/* What a guest of root does; in a child, since there is no way back. */
static bool can_become(uid_t id)
{
	int status = 0;
	pid_t child = fork();

	if (!child)
		_exit(setgroups(0, NULL) || setresgid(id, id, id) || setresuid(id, id, id));
	return child > 0 && waitpid(child, &status, 0) == child && !status;
}

static void check_cgroup(struct doctor_list *list)
{
	char path[PATH_MAX];
	struct error err = {0};

	if (!cgroup_find(path, &err))
		doctor_add(list, "cgroup", DOCTOR_OK, "%s is ours: each plugin has one", path);
	else
		doctor_advise(doctor_add(list, "cgroup", DOCTOR_WARNING,
					 "%s: a plugin's memory is limited by the daemon and "
					 "RLIMIT_DATA alone",
					 err.text),
			      "Delegate=memory pids in the systemd unit");
}

static void check_user(struct doctor_list *list)
{
	char name[64];

	doctor_user_name(name, sizeof(name));
	if (geteuid())
		doctor_add(list, "user", DOCTOR_OK, "%s: guests run as this user, locked down",
			   name);
	/* The last id of the range: whoever may use that one may use them all. */
	else if (can_become(GUEST_ID_BASE + GUEST_ID_COUNT - 1))
		doctor_add(list, "user", DOCTOR_OK,
			   "root: each guest gets a user id of its own, %u + its process id",
			   GUEST_ID_BASE);
	else if (can_become(GUEST_ID_NOBODY))
		doctor_advise(doctor_add(list, "user", DOCTOR_WARNING,
					 "root, but of a user namespace without the ids %u to %u: "
					 "guests share the user nobody",
					 GUEST_ID_BASE, GUEST_ID_BASE + GUEST_ID_COUNT - 1),
			      "map these ids, or run it outside of the user namespace");
	else
		doctor_advise(doctor_add(list, "user", DOCTOR_MISSING,
					 "root, but guests cannot become nobody (%u)",
					 GUEST_ID_NOBODY),
			      "run it as a user of its own");
}

void doctor_check_sandbox(struct doctor_list *list)
{
	check_no_new_privs(list);
	check_seccomp(list);
	check_landlock(list);
	check_close_range(list);
	check_cgroup(list);
	check_user(list);
}
