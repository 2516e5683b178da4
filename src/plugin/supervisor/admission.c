#include "plugin/supervisor/admission.h"

#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "config/config.h"
#include "plugin/policy/approvals.h"
#include "plugin/policy/claims.h"
#include "plugin/policy/grant.h"
#include "plugin/process/memory_total.h"
#include "plugin/supervisor/folder_snapshot.h"

static void log_withheld(const char *name, const struct permission *request,
			 const struct permission *grant)
{
	json_t *texts = grant_difference(request, grant);
	char line[256];

	if (json_array_size(texts)) {
		grant_join(texts, line, sizeof(line));
		log_info(name, "withheld by the owner: %s", line);
	}
	json_decref(texts);
}

int admission_check_approval(const char *name, const struct plugin_rules *rules,
			     const struct config *config, const struct permission *request,
			     const struct advice *advice, struct error *err)
{
	if (config->permissions.auto_approve)
		return 0;
	return approvals_judge(name, request, &rules->approved, &rules->not_approved, advice, err);
}

int admission_grant(const char *name, const struct plugin_rules *rules, const struct config *config,
		    struct claims *claims, const struct advice *advice,
		    struct permission *ret_grant, struct error *err)
{
	int ret;

	if (rules->request_problems)
		return error_set(err, ERROR_MALFORMED, "%.*s",
				 (int)strcspn(rules->request_problems, "\n"),
				 rules->request_problems);
	ret = admission_check_approval(name, rules, config, &rules->request, advice, err);
	if (ret)
		return ret;
	grant_resolve(&rules->request, config, name, ret_grant);
	ret = memory_total_check(memory_total_bytes(config), ret_grant, err);
	if (ret)
		return ret;
	log_withheld(name, &rules->request, ret_grant);
	return claims_take(claims, name, ret_grant, err);
}
