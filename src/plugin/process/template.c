#include "plugin/process/template.h"

#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "plugin/process/hello.h"
#include "plugin/process/reaper.h"
#include "wire/value.h"

struct request {
	struct request *next;
	uint64_t id;
	bool is_sent;
	bool is_cancelled;
	int remote_fd; /* owned until sent */
	int hello_fd;  /* owned: hello_receive() gets the new guest's process id here */
	struct guest *guest;
	template_forked *on_forked;
	void *arg;
};

struct template
{
	struct template_config config;
	struct guest *guest; /* owned; NULL while there is no process */
	bool is_ready;
	uv_timer_t timer; /* of the start or a fork; its close callback frees the template */
	uint64_t next_id;
	struct request *requests; /* not answered yet, oldest first; owned */
};

static void send_next(struct template *template);
static int start(struct template *template, struct error *err);

static void free_request(struct request *request)
{
	if (request->remote_fd >= 0)
		close(request->remote_fd);
	if (request->hello_fd >= 0)
		close(request->hello_fd);
	free(request);
}

/* Kill a new guest whose request was cancelled; the reaper waits for it, so no zombie remains. */
static void discard_child(struct template *template, pid_t pid)
{
	if (!reaper_watch(template->config.reaper, pid, NULL, NULL))
		kill(pid, SIGKILL);
}

/* Unlink first: the callback may make a new request. */
static void answer(struct template *template, struct request *request, const char *failure)
{
	struct request **link = &template->requests;

	while (*link != request)
		link = &(*link)->next;
	*link = request->next;
	if (!request->is_cancelled)
		request->on_forked(request->arg, failure);
	free_request(request);
}

/* The template has died. It may have forked before, so look for a new process to kill. */
static void fail(struct template *template, struct request *request, const char *text)
{
	pid_t pid;

	if (request->is_sent && !hello_receive(request->hello_fd, &pid))
		discard_child(template, pid);
	answer(template, request, text);
}

static void fail_all(struct template *template, const char *reason)
{
	char text[300];

	snprintf(text, sizeof(text), "the Python runtime: %.270s", reason);
	for (struct request *last = NULL; template->requests && template->requests != last;) {
		last = template->requests;
		fail(template, last, text);
	}
}

static void on_deadline(uv_timer_t *timer)
{
	struct template *template = timer->data;

	if (template->guest)
		guest_kill(template->guest, template->is_ready
						    ? "the template took too long to fork"
						    : "the template took too long to start");
}

static void start_timer(struct template *template, uint64_t configured_ms, uint64_t usual_ms)
{
	uv_timer_start(&template->timer, on_deadline, configured_ms ? configured_ms : usual_ms, 0);
}

/*
 * Send the oldest request, if it was not sent yet. Its deadline starts now, so that the requests
 * before it do not use it up.
 */
static void send_next(struct template *template)
{
	struct request *request = template->requests;

	if (!request || request->is_sent || !template->is_ready ||
	    guest_send_fd(template->guest, FRAME_FORK, request->id, request->remote_fd))
		return;
	request->is_sent = true;
	close(request->remote_fd);
	request->remote_fd = -1;
	start_timer(template, template->config.fork_ms_max, TEMPLATE_FORK_MS_MAX);
}

static struct request *find_request(struct template *template, uint64_t id)
{
	struct request *request = template->requests;

	while (request && request->id != id)
		request = request->next;
	return request;
}

/* The template only says that it has forked; the kernel says which process that is. */
static int adopt(struct template *template, struct request *request)
{
	pid_t pid;
	int ret = hello_receive(request->hello_fd, &pid);

	if (ret)
		return ret;
	if (!request->is_cancelled)
		return guest_set_pid(request->guest, pid);
	discard_child(template, pid);
	return 0;
}

static void take_forked(struct template *template, const cbor_item_t *frame)
{
	struct request *request = find_request(template, frame_id(frame));
	int ret = request && request->is_sent ? adopt(template, request) : ERROR_MALFORMED;

	if (ret && ret != ERROR_NOT_FOUND) {
		guest_kill(template->guest, "the template sent an unexpected answer");
		return;
	}
	uv_timer_stop(&template->timer);
	answer(template, request, ret ? "its process ended before it could be used" : NULL);
	send_next(template);
}

static void take_answer(struct template *template, const cbor_item_t *frame)
{
	struct request *request = find_request(template, frame_id(frame));
	const char *text = "";
	size_t size = 0;
	char why[200];

	value_get_text(frame, 3, &text, &size);
	snprintf(why, sizeof(why), "%.*s", (int)size, text);
	if (!request) {
		guest_kill(template->guest, why);
		return;
	}
	uv_timer_stop(&template->timer);
	answer(template, request, why);
	send_next(template);
}

static void take_frame(void *arg, const cbor_item_t *frame)
{
	struct template *template = arg;

	switch (frame_type(frame)) {
	case FRAME_READY:
		template->is_ready = true;
		uv_timer_stop(&template->timer);
		send_next(template);
		break;
	case FRAME_FORKED:
		take_forked(template, frame);
		break;
	case FRAME_ANSWER:
		take_answer(template, frame);
		break;
	default:
		guest_kill(template->guest, "the template sent an unexpected frame");
		break;
	}
}

/* Only the request that was sent fails with the template; a new template handles the others. */
static void fail_after_exit(struct template *template, bool was_ready, const char *why)
{
	struct request *first = template->requests;
	struct error err = {0};
	char text[300];

	if (!was_ready || !first || !first->is_sent) {
		fail_all(template, why);
		return;
	}
	snprintf(text, sizeof(text), "the Python runtime: %.270s", why);
	fail(template, first, text);
	if (template->requests && start(template, &err))
		fail_all(template, err.text);
}

static void take_exit(void *arg, int status, const char *reason)
{
	struct template *template = arg;
	bool was_ready = template->is_ready;
	char why[256];

	(void)status;
	snprintf(why, sizeof(why), "%s", reason); /* guest_close() frees `reason` */
	guest_close(template->guest);
	template->guest = NULL;
	template->is_ready = false;
	uv_timer_stop(&template->timer);
	fail_after_exit(template, was_ready, *why ? why : "the template ended");
}

static int start(struct template *template, struct error *err)
{
	static const struct guest_events events = {.on_frame = take_frame, .on_exited = take_exit};
	struct guest_command command = {
		.program = template->config.guest_program,
		.command = "template",
		.artifact = template->config.artifact,
		.lockdown_required = template->config.lockdown_required,
		.target = template->config.target,
	};

	if (template->guest)
		return 0;
	start_timer(template, template->config.start_ms_max, TEMPLATE_START_MS_MAX);
	return guest_spawn(template->config.loop, template->config.reaper, &command, &events,
			   template, &template->guest, err);
}

int template_create(const struct template_config *config, struct template **ret_template,
		    struct error *err)
{
	struct template *template = calloc(1, sizeof(*template));

	if (!template)
		return error_set(err, ERROR_NO_MEMORY,
				 "out of memory while starting the Python template; this machine "
				 "needs more free memory");
	template->config = *config;
	uv_timer_init(config->loop, &template->timer);
	template->timer.data = template;
	*ret_template = template;
	return 0;
}

static void destroy(uv_handle_t *handle)
{
	free(handle->data);
}

void template_close(struct template *template)
{
	if (!template)
		return;
	guest_close(template->guest);
	while (template->requests) {
		struct request *request = template->requests;

		template->requests = request->next;
		free_request(request);
	}
	uv_close((uv_handle_t *)&template->timer, destroy);
}

int template_fork(struct template *template, const struct guest_events *events, void *arg,
		  template_forked *on_forked, struct guest **ret_guest, struct error *err)
{
	struct request *request = calloc(1, sizeof(*request)), **link = &template->requests;
	int ret;

	if (!request)
		return error_set(err, ERROR_NO_MEMORY,
				 "out of memory while starting the plugin's process; this machine "
				 "needs more free memory");
	*request = (struct request){
		.id = ++template->next_id,
		.remote_fd = -1,
		.hello_fd = -1,
		.on_forked = on_forked,
		.arg = arg,
	};
	ret = guest_prepare(template->config.loop, template->config.reaper, events, arg,
			    &request->guest, &request->remote_fd, err);
	if (!ret)
		ret = hello_expect(guest_socket(request->guest), &request->hello_fd, err);
	if (!ret)
		ret = start(template, err);
	if (ret) {
		guest_close(request->guest);
		free_request(request);
		return ret;
	}
	while (*link)
		link = &(*link)->next;
	*link = request;
	*ret_guest = request->guest;
	send_next(template);
	return 0;
}

void template_cancel(struct template *template, const struct guest *guest)
{
	for (struct request *request = template->requests; request; request = request->next) {
		if (request->guest == guest)
			request->is_cancelled = true;
	}
}
