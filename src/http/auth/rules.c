#include "http/auth/rules.h"

enum accounts_role web_rules_anybody(const struct web_rules *rules)
{
	if (!rules->accounts_are_known)
		return ACCOUNTS_NOBODY;
	if (!rules->has_users)
		return rules->is_loopback ? ACCOUNTS_OPERATOR : ACCOUNTS_NOBODY;
	return rules->public_read ? ACCOUNTS_VIEWER : ACCOUNTS_NOBODY;
}

static bool may(const struct web_rules *rules, enum web_level level, enum accounts_role role)
{
	enum accounts_role anybody = web_rules_anybody(rules);

	if (level == WEB_NODE)
		return role == ACCOUNTS_NODE;
	if (level == WEB_PUSH)
		return role == ACCOUNTS_NODE || rules->push_without_token;
	if (role < anybody)
		role = anybody;
	return level == WEB_OPEN ||
	       role >= (level == WEB_READ ? ACCOUNTS_VIEWER : ACCOUNTS_OPERATOR);
}

enum web_verdict web_rules_judge(const struct web_rules *rules, enum web_level level,
				 enum accounts_role role)
{
	if (level == WEB_ALWAYS)
		return WEB_ALLOWED;
	if (!rules->accounts_are_known)
		return WEB_UNKNOWN;
	if (!rules->has_users && !rules->is_loopback && role == ACCOUNTS_NOBODY)
		return WEB_NO_ACCOUNT;
	if (may(rules, level, role))
		return WEB_ALLOWED;
	return role == ACCOUNTS_NOBODY ? WEB_LOGIN_NEEDED : WEB_ROLE_TOO_LOW;
}
