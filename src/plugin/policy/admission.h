/*
 * Whether a version of a plugin may run, and with what. Loop thread; what the owner keeps back is
 * logged.
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
 * Understood, approved, narrowed by the owner, and held by nobody else: then it is granted, and
 * claimed beside what the plugin holds already. ERROR_MALFORMED with the first problem of its
 * request, and what approvals_judge(), memory_total_check() and claims_take() give. `advice`: of
 * the command that approves; NULL: none.
 */
int admission_grant(const char *name, const struct plugin_rules *rules, const struct config *config,
		    struct claims *claims, const struct advice *advice,
		    struct permission *ret_grant, struct error *err);

/* Is `request` approved, where it has to be? Errors of approvals_judge(). */
int admission_check_approval(const char *name, const struct plugin_rules *rules,
			     const struct config *config, const struct permission *request,
			     const struct advice *advice, struct error *err);

#endif
