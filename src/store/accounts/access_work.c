/* The blocking part of the jobs, run on the thread pool. */
#include <sodium.h>

#include "base/error.h"
#include "store/accounts/internal.h"

/*
 * Open the file unless it is open. If it does not exist, create it if `create`; otherwise succeed
 * with access->accounts NULL, or fail with ERROR_NOT_FOUND if the file existed earlier.
 */
static int open_accounts(struct access *access, bool create, struct error *err)
{
	int ret;

	if (access->accounts)
		return 0;
	ret = accounts_open(access->path, create, &access->accounts, err);
	if (ret != ERROR_NOT_FOUND)
		access->was_there = true;
	if (ret != ERROR_NOT_FOUND || access->was_there)
		return ret;
	err->code = 0;
	return 0;
}

/* Open the file again if it was changed or replaced. *ret_changed: the list has to be read. */
static int refresh(struct access *access, bool *ret_changed, struct error *err)
{
	int ret = 0;

	*ret_changed = true;
	if (access->accounts) {
		ret = accounts_has_changed(access->accounts, ret_changed, err);
		if (!ret && !*ret_changed)
			return 0;
		/* The file may have been replaced. */
		accounts_close(access->accounts);
		access->accounts = NULL;
	}
	if (!ret)
		ret = open_accounts(access, false, err);
	if (!ret && access->accounts)
		ret = accounts_has_changed(access->accounts, ret_changed, err);
	*ret_changed = true;
	return ret;
}

static int act(struct access *access, struct access_job *job, struct error *err)
{
	struct accounts *accounts = access->accounts;
	int ret = 0;

	if (!accounts)
		return job->kind == ACCESS_LOG_IN ? error_set(err, ERROR_NOT_GRANTED,
							      "there is no account yet: `harvester "
							      "user add NAME` on the node adds one")
						  : 0;
	if (job->kind == ACCESS_SET_UP)
		ret = accounts_add_user(accounts, job->name, job->password, ACCOUNTS_OPERATOR, true,
					job->now_ms, err);
	if (job->kind == ACCESS_LOG_OUT)
		return accounts_log_out(accounts, job->hash, err);
	if (job->kind == ACCESS_TOUCH)
		return accounts_touch(accounts, job->hash, job->now_ms, err);
	if (!ret && job->kind != ACCESS_RELOAD)
		ret = accounts_log_in(accounts, job->name, job->password, job->now_ms, job->secret,
				      err);
	return ret;
}

static void read_list(struct access *access, struct access_job *job)
{
	job->has_list =
		!access->accounts || !accounts_read(access->accounts, &job->list, &job->problem);
}

void access_work(struct access *access, struct access_job *job)
{
	bool changed = true;
	int ret;

	if (job->kind == ACCESS_RELOAD) {
		if (!refresh(access, &changed, &job->problem) && changed)
			read_list(access, job);
		return;
	}
	ret = open_accounts(access, job->kind == ACCESS_SET_UP, &job->err);
	if (!ret)
		ret = act(access, job, &job->err);
	sodium_memzero(job->password, sizeof(job->password));
	if (!ret && job->kind != ACCESS_TOUCH)
		read_list(access, job);
}
