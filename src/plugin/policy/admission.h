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
 * Admit a version of a plugin: check that its request is valid and approved, take out what the
 * owner withholds (which is logged), check that its memory fits the total of all plugins, and claim
 * the GPIO lines and i2c addresses of the grant. What the running version of the plugin has claimed
 * stays claimed. `advice`: the options, such as --data, that `harvester plugin approve` needs in
 * the error text to find this node; NULL: none. ERROR_MALFORMED with the first problem of the
 * permission file; errors of approvals_judge(), memory_total_check() and claims_take().
 */
int admission_grant(const char *name, const struct plugin_rules *rules, const struct config *config,
		    struct claims *claims, const struct advice *advice,
		    struct permission *ret_grant, struct error *err);

/*
 * 0 if the approval in `rules` covers `request`, or auto_approve is set. `request` may differ from
 * the one in `rules`: a running version has the request of its own files.
 * Errors of approvals_judge().
 */
int admission_check_approval(const char *name, const struct plugin_rules *rules,
			     const struct config *config, const struct permission *request,
			     const struct advice *advice, struct error *err);

#endif
