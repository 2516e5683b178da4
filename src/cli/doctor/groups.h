/*
 * The groups that may use the buses, and whether the user that runs the node is in them. Main
 * thread.
 */
#ifndef HARVESTER_CLI_DOCTOR_GROUPS_H
#define HARVESTER_CLI_DOCTOR_GROUPS_H

#include <stdbool.h>
#include <sys/types.h>

#include "cli/doctor/list.h"

#define DOCTOR_GROUPS 4

struct doctor_service;

struct doctor_group {
	const char *name; /* static: "i2c" */
	bool exists;
	bool is_member;	  /* the user is, as the system's files say */
	bool is_in_force; /* and this process, if it is the user's, has the group */
};

struct doctor_groups {
	char user[64]; /* who runs the node */
	bool is_known; /* this machine has a user of that name */
	bool is_root;  /* the user is root, who needs no group */
	struct doctor_group items[DOCTOR_GROUPS];
};

/*
 * The user that runs the node; the first that there is: the user of process `node` (0: no node
 * runs), the user of the installed service, the user who called sudo, and this process's user.
 */
void doctor_find_user(pid_t node, const struct doctor_service *service, char *ret_name,
		      size_t size);

/* The name of this process's user, or the user id if it has no name. */
void doctor_user_name(char *ret_name, size_t size);

void doctor_find_groups(const char *user, struct doctor_groups *ret_groups);

/* The group exists, and the user is not in it. Never for root or an unknown user. */
bool doctor_group_is_missing(const struct doctor_groups *groups, size_t index);

/* Add the check "groups", with a warning if a group is missing or not in force. `fix_command` adds
 * the user to groups. */
void doctor_check_groups(struct doctor_list *list, const struct doctor_groups *groups,
			 const char *fix_command);

#endif
