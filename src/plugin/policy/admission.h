/*
 * Admission: decides whether a version of a plugin is allowed to run, and with which grant. Loop
 * thread.
 */
#ifndef HARVESTER_PLUGIN_POLICY_ADMISSION_H
#define HARVESTER_PLUGIN_POLICY_ADMISSION_H

struct advice;
struct claims;
struct config;
struct error;
struct permission;
struct plugin_rules;

/*
 * Admit a version of a plugin: check that its request is valid and approved, take out what the
 * owner withholds (which is logged), check that its memory fits the total of all plugins, and claim
 * the GPIO lines and i2c addresses of the grant. What the running version of the plugin has claimed
 * stays claimed. Error texts may contain a command for the owner, such as `harvester plugin approve
 * door`; `advice` holds the options (such as --data) with which that command finds this node; NULL:
 * none. ERROR_MALFORMED with the first problem of the permission file; errors of approvals_judge(),
 * memory_total_check() and claims_take().
 */
int admission_grant(const char *name, const struct plugin_rules *rules, const struct config *config,
		    struct claims *claims, const struct advice *advice,
		    struct permission *ret_grant, struct error *err);

/*
 * Return 0 if the approval in `rules` covers `request`, or auto_approve is set. `rules` describes
 * the files that are on the disk now; `request` is that of the version to check. The two differ if
 * the running version was started from older files. Errors of approvals_judge().
 */
int admission_check_approval(const char *name, const struct plugin_rules *rules,
			     const struct config *config, const struct permission *request,
			     const struct advice *advice, struct error *err);

#endif
