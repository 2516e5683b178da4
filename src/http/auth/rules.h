/*
 * Who may do what: one table of rules, without any state of its own.
 *
 *                            nobody's     viewer's    operator's   node's
 *     no account, loopback   all          all         all          all, and pushes
 *     no account, elsewhere  ALWAYS       reads       all          pushes
 *     accounts               OPEN         reads       all          pushes
 *     … and public_read      reads        reads       all          reads, pushes
 *     accounts not known     ALWAYS alone, whoever asks
 */
#ifndef HARVESTER_HTTP_AUTH_RULES_H
#define HARVESTER_HTTP_AUTH_RULES_H

#include <stdbool.h>

#include "store/accounts/accounts.h"

/* What a route wants. The strictest is 0: a route that says nothing is not left open. */
enum web_level {
	WEB_OPERATE, /* an operator */
	WEB_READ,    /* a viewer or operator, or anybody where reading is public */
	WEB_NODE,    /* a node's token */
	WEB_PUSH,    /* likewise, or anybody where `push_without_token` says so */
	WEB_OPEN,    /* anybody, as soon as there is an account */
	WEB_ALWAYS,  /* anybody, always */
};

/* How things are with this node. */
struct web_rules {
	bool accounts_are_known; /* false: the file cannot be read */
	bool has_users;
	bool is_loopback; /* it listens on loopback alone */
	bool public_read;
	bool push_without_token;
};

enum web_verdict {
	WEB_ALLOWED,
	WEB_LOGIN_NEEDED, /* 401 */
	WEB_ROLE_TOO_LOW, /* 403 */
	WEB_NO_ACCOUNT,	  /* 403: the node is to be set up first */
	WEB_UNKNOWN,	  /* 503 */
};

/* The role that anybody has without asking. */
enum accounts_role web_rules_anybody(const struct web_rules *rules);

/* ACCOUNTS_NOBODY: who asks showed nothing. */
enum web_verdict web_rules_judge(const struct web_rules *rules, enum web_level level,
				 enum accounts_role role);

#endif
