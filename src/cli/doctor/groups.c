#include "cli/doctor/groups.h"

#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/doctor/service.h"

#define MEMBERSHIPS_MAX 256 /* groups of a user that are looked at */

static const char *const names[DOCTOR_GROUPS] = {"i2c", "spi", "gpio", "dialout"};

static void name_user(uid_t id, char *ret_name, size_t size)
{
	const struct passwd *user = getpwuid(id);

	if (user)
		snprintf(ret_name, size, "%s", user->pw_name);
	else
		snprintf(ret_name, size, "%u", (unsigned)id);
}

void doctor_user_name(char *ret_name, size_t size)
{
	name_user(geteuid(), ret_name, size);
}

static bool is_user(const char *name)
{
	return name && *name && getpwnam(name);
}

void doctor_find_user(pid_t node, const struct doctor_service *service, char *ret_name, size_t size)
{
	const char *caller = geteuid() ? NULL : getenv("SUDO_USER");
	struct stat process;
	char path[32];

	snprintf(path, sizeof(path), "/proc/%d", (int)node);
	if (node > 0 && !stat(path, &process))
		name_user(process.st_uid, ret_name, size);
	else if (doctor_service_is_installed(service) && is_user(service->user))
		snprintf(ret_name, size, "%s", service->user);
	else if (is_user(caller))
		snprintf(ret_name, size, "%s", caller);
	else
		doctor_user_name(ret_name, size);
}

static bool has_group(const gid_t *ids, int count, gid_t id)
{
	for (int i = 0; i < count; i++)
		if (ids[i] == id)
			return true;
	return false;
}

void doctor_find_groups(const char *user, struct doctor_groups *ret_groups)
{
	const struct passwd *found = getpwnam(user);
	gid_t ids[MEMBERSHIPS_MAX];
	int count = 0;
	bool is_own = found && found->pw_uid == geteuid();

	*ret_groups = (struct doctor_groups){.is_known = found, .is_root = found && !found->pw_uid};
	snprintf(ret_groups->user, sizeof(ret_groups->user), "%s", user);
	if (found) {
		count = MEMBERSHIPS_MAX;
		/* With more groups than fit, `ids` has the first of them. */
		if (getgrouplist(user, found->pw_gid, ids, &count) < 0)
			count = MEMBERSHIPS_MAX;
	}
	for (size_t i = 0; i < DOCTOR_GROUPS; i++) {
		const struct group *group = getgrnam(names[i]);
		bool is_member = group && has_group(ids, count, group->gr_gid);

		ret_groups->items[i] = (struct doctor_group){
			.name = names[i],
			.exists = group,
			.is_member = is_member,
			.is_in_force = is_member && (!is_own || group_member(group->gr_gid)),
		};
	}
}

bool doctor_group_is_missing(const struct doctor_groups *groups, size_t index)
{
	const struct doctor_group *group = &groups->items[index];

	return groups->is_known && !groups->is_root && group->exists && !group->is_member;
}

static void list_groups(const struct doctor_groups *groups, bool exists, bool is_member,
			char *ret_text, size_t size)
{
	ret_text[0] = '\0';
	for (size_t i = 0; i < DOCTOR_GROUPS; i++) {
		const struct doctor_group *group = &groups->items[i];

		if (group->exists == exists && group->is_member == is_member)
			doctor_append(ret_text, size, ", ", group->name);
	}
	if (!ret_text[0])
		snprintf(ret_text, size, "none");
}

static bool is_in_force(const struct doctor_groups *groups)
{
	for (size_t i = 0; i < DOCTOR_GROUPS; i++)
		if (groups->items[i].is_member && !groups->items[i].is_in_force)
			return false;
	return true;
}

static bool is_missing(const struct doctor_groups *groups)
{
	for (size_t i = 0; i < DOCTOR_GROUPS; i++)
		if (doctor_group_is_missing(groups, i))
			return true;
	return false;
}

void doctor_check_groups(struct doctor_list *list, const struct doctor_groups *groups,
			 const char *fix_command)
{
	bool missing = is_missing(groups), in_force = is_in_force(groups);
	char in[64], out[64], absent[64];
	struct doctor_check *check;

	if (groups->is_root) {
		doctor_add(list, "groups", DOCTOR_OK,
			   "the user of the node is root, who needs no group");
		return;
	}
	list_groups(groups, true, true, in, sizeof(in));
	list_groups(groups, true, false, out, sizeof(out));
	list_groups(groups, false, false, absent, sizeof(absent));
	check = doctor_add(list, "groups", missing || !in_force ? DOCTOR_WARNING : DOCTOR_OK,
			   "%s is a member of: %s; not a member of: %s; not on this machine: %s%s",
			   groups->user, in, out, absent,
			   in_force ? "" : "; this login is older than a membership");
	if (missing)
		doctor_advise(check, "`sudo %s` adds %s to the groups; then log in again",
			      fix_command, groups->user);
	else if (!in_force)
		doctor_advise(check, "log in again");
}
