/* What blocks, on a thread of the pool. */
#include <sodium.h>

#include "base/error.h"
#include "store/accounts/access_internal.h"

/* Open the file unless it is; without `create`, none is no error but leaves none open. */
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

/* Whether the list has to be read (again). */
static int look(struct access *access, bool *ret_changed, struct error *err)
{
	int ret = 0;

	*ret_changed = true;
	if (access->accounts) {
		ret = accounts_has_changed(access->accounts, ret_changed, err);
		if (!ret && !*ret_changed)
			return 0;
		/* It may be another file by now. */
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
		return job->kind == ACCESS_LOG_IN
			       ? error_set(err, ERROR_NOT_GRANTED, "there is no account yet")
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
		if (!look(access, &changed, &job->problem) && changed)
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
