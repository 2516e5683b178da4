/* The blocking part of the jobs, run on the thread pool. */
#include <sodium.h>

#include "base/error.h"
#include "store/accounts/internal.h"

/*
 * Open the file unless it is open. If it does not exist, create it if `create`; otherwise succeed
 * with authenticator->accounts NULL, or fail with ERROR_NOT_FOUND if the file existed earlier.
 */
static int open_accounts(struct authenticator *authenticator, bool create, struct error *err)
{
	int ret;

	if (authenticator->accounts)
		return 0;
	ret = accounts_open(authenticator->path, create, &authenticator->accounts, err);
	if (ret != ERROR_NOT_FOUND)
		authenticator->was_there = true;
	if (ret != ERROR_NOT_FOUND || authenticator->was_there)
		return ret;
	err->code = 0;
	return 0;
}

/* Open the file again if it was changed or replaced. *ret_changed: the list has to be read. */
static int refresh(struct authenticator *authenticator, bool *ret_changed, struct error *err)
{
	int ret = 0;

	*ret_changed = true;
	if (authenticator->accounts) {
		ret = accounts_has_changed(authenticator->accounts, ret_changed, err);
		if (!ret && !*ret_changed)
			return 0;
		/* The file may have been replaced. */
		accounts_close(authenticator->accounts);
		authenticator->accounts = NULL;
	}
	if (!ret)
		ret = open_accounts(authenticator, false, err);
	if (!ret && authenticator->accounts)
		ret = accounts_has_changed(authenticator->accounts, ret_changed, err);
	*ret_changed = true;
	return ret;
}

static int act(struct authenticator *authenticator, struct authenticator_job *job,
	       struct error *err)
{
	struct accounts *accounts = authenticator->accounts;
	int ret = 0;

	if (!accounts)
		return job->kind == AUTHENTICATOR_LOG_IN
			       ? error_set(err, ERROR_NOT_GRANTED,
					   "there is no account yet: `harvester "
					   "user add NAME` on the node adds one")
			       : 0;
	if (job->kind == AUTHENTICATOR_SET_UP)
		ret = accounts_add_user(accounts, job->name, job->password, ACCOUNTS_OPERATOR, true,
					job->now_ms, err);
	if (job->kind == AUTHENTICATOR_LOG_OUT)
		return accounts_log_out(accounts, job->hash, err);
	if (job->kind == AUTHENTICATOR_TOUCH)
		return accounts_touch(accounts, job->hash, job->now_ms, err);
	if (!ret && job->kind != AUTHENTICATOR_RELOAD)
		ret = accounts_log_in(accounts, job->name, job->password, job->now_ms, job->secret,
				      err);
	return ret;
}

static void read_list(struct authenticator *authenticator, struct authenticator_job *job)
{
	job->has_list = !authenticator->accounts ||
			!accounts_read(authenticator->accounts, &job->list, &job->problem);
}

void authenticator_work(struct authenticator *authenticator, struct authenticator_job *job)
{
	bool changed = true;
	int ret;

	if (job->kind == AUTHENTICATOR_RELOAD) {
		if (!refresh(authenticator, &changed, &job->problem) && changed)
			read_list(authenticator, job);
		return;
	}
	ret = open_accounts(authenticator, job->kind == AUTHENTICATOR_SET_UP, &job->err);
	if (!ret)
		ret = act(authenticator, job, &job->err);
	sodium_memzero(job->password, sizeof(job->password));
	if (!ret && job->kind != AUTHENTICATOR_TOUCH)
		read_list(authenticator, job);
}
