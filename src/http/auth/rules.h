/*
 * The rules of access: which role may use a route of which level. Pure functions without state; any
 * thread. Each cell names the levels that are allowed; every role also has ALWAYS, and OPEN
 * wherever it has more than ALWAYS.
 *
 *                             without login  viewer    operator   node's token
 *     no account, loopback    all            all       all        all, NODE and PUSH
 *     no account, elsewhere   ALWAYS         READ      all        OPEN, NODE and PUSH
 *     accounts                OPEN           READ      all        OPEN, NODE and PUSH
 *     … and public_read       READ           READ      all        READ, NODE and PUSH
 *     accounts unreadable     ALWAYS, for every role
 *
 * "all" means OPEN, READ and OPERATE. NODE and PUSH need a node's token; with
 * push_without_token, whoever has OPEN may PUSH too.
 */
#ifndef HARVESTER_HTTP_AUTH_RULES_H
#define HARVESTER_HTTP_AUTH_RULES_H

#include <stdbool.h>

#include "http/server/route.h"
#include "store/accounts/accounts.h"

/* The facts about this node that the rules need. */
struct web_rules {
	bool accounts_are_known; /* false: the accounts file cannot be read */
	bool has_users;
	bool is_loopback; /* the server listens on loopback only */
	bool public_read;
	bool push_without_token;
};

enum web_verdict {
	WEB_ALLOWED,
	WEB_LOGIN_NEEDED, /* 401 */
	WEB_ROLE_TOO_LOW, /* 403 */
	WEB_NO_ACCOUNT,	  /* 403: the node needs its first account */
	WEB_UNKNOWN,	  /* 503: the accounts cannot be read */
};

/* The role that everybody has without logging in. */
enum accounts_role web_rules_anybody(const struct web_rules *rules);

/* May somebody with this role use a route of this level? ACCOUNTS_NOBODY: not logged in. */
enum web_verdict web_rules_judge(const struct web_rules *rules, enum web_level level,
				 enum accounts_role role);

#endif
