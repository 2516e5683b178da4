#include "plugin/process/reaper.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "base/error.h"

struct watch {
	struct watch *next;
	pid_t pid;
	reaper_exited *on_exited; /* NULL: wait for the process, report nothing */
	void *arg;
};

struct reaper {
	uv_signal_t signal;
	struct watch *watches; /* owned; processes that have not ended yet */
};

/* A process that is not a child of the broker (ECHILD) counts as ended, else it would be watched
 * for ever. */
static bool has_ended(pid_t pid, int *ret_status)
{
	pid_t got = waitpid(pid, ret_status, WNOHANG);

	if (got < 0 && errno == ECHILD)
		*ret_status = REAPER_STATUS_LOST;
	return got == pid || (got < 0 && errno == ECHILD);
}

/* Unlink first: the callback may call reaper_watch() and reaper_forget(). */
static bool reap(struct watch **link)
{
	struct watch *watch = *link;
	int status;

	if (!has_ended(watch->pid, &status))
		return false;
	*link = watch->next;
	if (watch->on_exited)
		watch->on_exited(watch->arg, status);
	free(watch);
	return true;
}

static void on_child_changed(uv_signal_t *signal, int number)
{
	struct reaper *reaper = signal->data;
	bool again = true;

	(void)number;
	/* One SIGCHLD may stand for several processes, and a callback may change the list: start
	 * over. */
	while (again) {
		again = false;
		for (struct watch **link = &reaper->watches; *link && !again;
		     link = &(*link)->next) {
			again = reap(link);
			if (again)
				break;
		}
	}
}

int reaper_create(uv_loop_t *loop, struct reaper **ret_reaper, struct error *err)
{
	struct reaper *reaper = calloc(1, sizeof(*reaper));

	if (!reaper)
		return error_set(err, ERROR_NO_MEMORY,
				 "out of memory while starting the broker; this machine needs more "
				 "free memory");
	if (prctl(PR_SET_CHILD_SUBREAPER, 1)) {
		free(reaper);
		return error_set_errno(err, ERROR_SYSTEM, errno,
				       "cannot become the parent of orphaned plugin processes (use "
				       "a newer kernel)");
	}
	uv_signal_init(loop, &reaper->signal);
	reaper->signal.data = reaper;
	uv_signal_start(&reaper->signal, on_child_changed, SIGCHLD);
	uv_unref((uv_handle_t *)&reaper->signal);
	*ret_reaper = reaper;
	return 0;
}

static void destroy(uv_handle_t *handle)
{
	free(handle->data);
}

void reaper_close(struct reaper *reaper)
{
	if (!reaper)
		return;
	while (reaper->watches) {
		struct watch *watch = reaper->watches;

		reaper->watches = watch->next;
		/* Waiting for the killed process takes a moment and leaves no zombie. */
		kill(watch->pid, SIGKILL);
		waitpid(watch->pid, NULL, 0);
		free(watch);
	}
	uv_close((uv_handle_t *)&reaper->signal, destroy);
}

static bool is_watched(const struct reaper *reaper, pid_t pid)
{
	const struct watch *watch = reaper->watches;

	while (watch && watch->pid != pid)
		watch = watch->next;
	return watch;
}

int reaper_watch(struct reaper *reaper, pid_t pid, reaper_exited *on_exited, void *arg)
{
	struct watch *watch;

	if (is_watched(reaper, pid))
		return ERROR_EXISTS;
	watch = malloc(sizeof(*watch));
	if (!watch) {
		kill(pid, SIGKILL);
		return ERROR_NO_MEMORY;
	}
	*watch = (struct watch){
		.next = reaper->watches, .pid = pid, .on_exited = on_exited, .arg = arg};
	reaper->watches = watch;
	reap(&reaper->watches); /* its SIGCHLD may have come before the pid was known */
	return 0;
}

void reaper_forget(struct reaper *reaper, pid_t pid)
{
	for (struct watch *watch = reaper->watches; watch; watch = watch->next) {
		if (watch->pid == pid)
			watch->on_exited = NULL;
	}
}
