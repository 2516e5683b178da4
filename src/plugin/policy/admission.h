/*
 * Admission: decides whether a version of a plugin may run, and with which grant. Loop thread.
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
 * Admit a plugin: check that its request is valid and approved, take out what the owner withholds
 * (which is logged), check the memory total, and claim the lines and addresses of the grant in
 * addition to what the plugin holds already. `advice`: options for the command in the error text;
 * NULL: none. ERROR_MALFORMED with the first problem of the permission file; errors of
 * approvals_judge(), memory_total_check() and claims_take().
 */
int admission_grant(const char *name, const struct plugin_rules *rules, const struct config *config,
		    struct claims *claims, const struct advice *advice,
		    struct permission *ret_grant, struct error *err);

/*
 * 0 if `request` is approved, or auto_approve is set. `rules` has the approval to compare with.
 * Errors of approvals_judge().
 */
int admission_check_approval(const char *name, const struct plugin_rules *rules,
			     const struct config *config, const struct permission *request,
			     const struct advice *advice, struct error *err);

#endif
