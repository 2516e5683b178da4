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
#include "cli/doctor/groups.h"
#include "plugin/process/cgroup.h"
#include "wire/guest_process.h"

#define LANDLOCK_SCOPES 6 /* the first version that also restricts signals */

static void check_no_new_privs(struct doctor_list *list)
{
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) >= 0)
		doctor_add(list, "no_new_privs", DOCTOR_OK, "available");
	else
		doctor_advise(doctor_add(list, "no_new_privs", DOCTOR_MISSING,
					 "this kernel does not have it: %s", strerror(errno)),
			      "use kernel 3.5 or later");
}

static void check_seccomp(struct doctor_list *list)
{
	uint32_t action = SECCOMP_RET_KILL_PROCESS;

	if (!syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action))
		doctor_add(list, "seccomp", DOCTOR_OK, "filters can kill a process");
	else
		doctor_advise(
			doctor_add(list, "seccomp", DOCTOR_MISSING,
				   "filters cannot kill a process: %s", strerror(errno)),
			"use kernel 4.14 or later with CONFIG_SECCOMP_FILTER; in a container, "
			"allow seccomp");
}

static void check_landlock(struct doctor_list *list)
{
	long version =
		syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	bool is_off = version < 0 && errno == EOPNOTSUPP;

	if (version >= LANDLOCK_SCOPES)
		doctor_add(list, "landlock", DOCTOR_OK,
			   "ABI version %ld: restricts files, TCP, signals, abstract sockets",
			   version);
	else if (version >= 1)
		doctor_add(list, "landlock", DOCTOR_OK,
			   "ABI version %ld: restricts files%s; signals by seccomp only", version,
			   version >= 4 ? ", TCP" : "");
	else
		doctor_advise(doctor_add(list, "landlock", DOCTOR_MISSING, "%s: %s",
					 is_off ? "disabled in this kernel"
						: "this kernel does not have it or allow it",
					 strerror(errno)),
			      "%s; or set `required = false` under [sandbox], and plugins run with "
			      "less protection",
			      is_off ? "add landlock to lsm= on the kernel's command line"
				     : "use kernel 5.13 or later with CONFIG_SECURITY_LANDLOCK");
}

static void check_close_range(struct doctor_list *list)
{
	/* The highest possible descriptor is never open, so nothing is closed. */
	if (!syscall(SYS_close_range, ~0u, ~0u, 0))
		doctor_add(list, "close_range", DOCTOR_OK, "available");
	else
		doctor_advise(doctor_add(list, "close_range", DOCTOR_MISSING,
					 "this kernel does not have it: %s; guests would keep the "
					 "broker's files open",
					 strerror(errno)),
			      "use kernel 5.9 or later");
}

/* Try to change the user as a guest of root does; in a child, since it cannot be undone. */
static bool can_become(uid_t id)
{
	int status = 0;
	pid_t child = fork();

	if (!child)
		_exit(setgroups(0, NULL) || setresgid(id, id, id) || setresuid(id, id, id));
	return child > 0 && waitpid(child, &status, 0) == child && !status;
}

#define WITHOUT_CGROUP "only the daemon and RLIMIT_DATA limit a plugin's memory"

static void check_own_cgroup(struct doctor_list *list)
{
	char path[PATH_MAX];
	struct error err = {0};

	if (!cgroup_find(path, &err))
		doctor_add(list, "cgroup", DOCTOR_OK,
			   "%s belongs to the daemon, so each plugin gets a cgroup", path);
	else
		doctor_advise(
			doctor_add(list, "cgroup", DOCTOR_WARNING, "%s; " WITHOUT_CGROUP, err.text),
			"if systemd starts harvester here, set `Delegate=cpu memory pids` in its "
			"unit");
}

/* What this process may do says nothing of the service, which systemd starts in another group. */
static void check_service_cgroup(struct doctor_list *list, const struct doctor_service *service)
{
	if (!strcmp(service->delegate, "yes"))
		doctor_add(list, "cgroup", DOCTOR_OK,
			   "systemd gives harvester.service %s, so each plugin gets a cgroup",
			   service->group[0] ? service->group : "one when it starts");
	else
		doctor_advise(
			doctor_add(list, "cgroup", DOCTOR_WARNING,
				   "systemd does not delegate a cgroup to "
				   "harvester.service; " WITHOUT_CGROUP),
			"`sudo systemctl edit harvester`, write `[Service]` and below it "
			"`Delegate=cpu memory pids`, then `sudo systemctl restart harvester`");
}

static void check_own_user(struct doctor_list *list)
{
	char name[64];

	doctor_user_name(name, sizeof(name));
	if (geteuid())
		doctor_add(list, "user", DOCTOR_OK, "%s: guests run as this user, locked down",
			   name);
	/* If the last id of the range can be used, all can. */
	else if (can_become(GUEST_ID_BASE + GUEST_ID_COUNT - 1))
		doctor_add(list, "user", DOCTOR_OK,
			   "root: each guest gets a user id of its own, %u + its process id",
			   GUEST_ID_BASE);
	else if (can_become(GUEST_ID_NOBODY))
		doctor_advise(doctor_add(list, "user", DOCTOR_WARNING,
					 "root, but of a user namespace without the ids %u to %u: "
					 "guests share the user nobody",
					 GUEST_ID_BASE, GUEST_ID_BASE + GUEST_ID_COUNT - 1),
			      "map these ids, or run harvester outside of the user namespace");
	else
		doctor_advise(doctor_add(list, "user", DOCTOR_MISSING,
					 "root, but guests cannot become nobody (%u)",
					 GUEST_ID_NOBODY),
			      "run harvester as a user of its own");
}

static void check_service_user(struct doctor_list *list, const struct doctor_service *service)
{
	doctor_add(list, "user", DOCTOR_OK,
		   "%s: harvester.service and its guests run as this user, the guests locked down",
		   service->user);
}

void doctor_check_sandbox(struct doctor_list *list, const struct doctor_service *service)
{
	bool is_service = doctor_service_is_installed(service);

	check_no_new_privs(list);
	check_seccomp(list);
	check_landlock(list);
	check_close_range(list);
	if (is_service)
		check_service_cgroup(list, service);
	else
		check_own_cgroup(list);
	if (is_service && service->user[0])
		check_service_user(list, service);
	else
		check_own_user(list);
}
