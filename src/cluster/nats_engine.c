#include "cluster/nats_engine.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/error.h"
#include "cluster/nats_connection.h"
#include "cluster/nats_thread.h"

#define REOPEN_MS 5000 /* after the library gave up */

struct request {
	TAILQ_ENTRY(request) link;
	uint64_t number, timeout_ms, deadline_ms; /* deadline_ms by the loop's time */
	engine_answered *on_answered;
	void *arg;
};

TAILQ_HEAD(requests, request);

struct subscriber {
	engine_received *on_received;
	void *arg;
};

struct nats_engine {
	struct engine base;
	struct nats_engine_config config;
	struct mailbox *mailbox;    /* owned, by mailbox_close() */
	struct nats_thread *thread; /* owned, by nats_thread_close() */
	uv_timer_t timer, reopening;
	struct requests requests; /* in the order of their numbers */
	size_t requests_count;
	uint64_t next_number;
	struct subscriber subscribers[NATS_SUBJECTS_MAX];
	size_t subscribers_count;
	bool is_connected, is_closing;
	unsigned open_parts;
	void (*on_closed)(void *arg);
	void *closed_arg;
};

static struct nats_engine *to_nats(struct engine *engine)
{
	return (struct nats_engine *)engine;
}

/* Requests */

static void end_request(struct nats_engine *engine, struct request *request, int status,
			const char *text)
{
	struct error err;

	error_set(&err, status, "%s", text);
	TAILQ_REMOVE(&engine->requests, request, link);
	engine->requests_count--;
	request->on_answered(request->arg, status, NULL, &err);
	free(request);
}

static void end_all(struct nats_engine *engine, const char *text)
{
	struct requests ending = TAILQ_HEAD_INITIALIZER(ending);
	struct request *request;

	/* A callback may begin another request. */
	TAILQ_CONCAT(&ending, &engine->requests, link);
	while ((request = TAILQ_FIRST(&ending))) {
		TAILQ_REMOVE(&ending, request, link);
		TAILQ_INSERT_HEAD(&engine->requests, request, link);
		end_request(engine, request, ERROR_CLOSED, text);
	}
}

static void time_out(uv_timer_t *timer)
{
	struct nats_engine *engine = timer->data;
	uint64_t now_ms = uv_now(engine->config.loop), next_ms = UINT64_MAX;
	struct request *request, *next;

	for (request = TAILQ_FIRST(&engine->requests); request; request = next) {
		next = TAILQ_NEXT(request, link);
		if (request->deadline_ms <= now_ms)
			end_request(engine, request, ERROR_TIMEOUT, "no answer came in time");
	}
	TAILQ_FOREACH(request, &engine->requests, link)
	{
		if (request->deadline_ms < next_ms)
			next_ms = request->deadline_ms;
	}
	if (next_ms != UINT64_MAX && !engine->is_closing)
		uv_timer_start(timer, time_out, next_ms > now_ms ? next_ms - now_ms : 0, 0);
}

static struct request *find_request(struct nats_engine *engine, uint64_t number)
{
	struct request *request;

	TAILQ_FOREACH(request, &engine->requests, link)
	{
		if (request->number == number)
			return request;
	}
	return NULL;
}

static void take_answer(struct nats_engine *engine, const struct mail *mail)
{
	struct request *request = find_request(engine, mail->number);

	if (!request)
		return; /* it has ended: this came too late */
	if (mail->has_no_responders) {
		end_request(engine, request, ERROR_NOT_FOUND, "nobody listens there");
		return;
	}
	request->deadline_ms = uv_now(engine->config.loop) + request->timeout_ms;
	if (request->on_answered(request->arg, 0, &mail->message, NULL))
		return;
	TAILQ_REMOVE(&engine->requests, request, link);
	engine->requests_count--;
	free(request);
}

/* Mail */

static void reopen(uv_timer_t *timer)
{
	struct nats_engine *engine = timer->data;

	if (nats_thread_open(engine->thread))
		uv_timer_start(timer, reopen, REOPEN_MS, 0);
}

static void set_connected(struct nats_engine *engine, bool is_connected, const char *text)
{
	bool was_connected = engine->is_connected;

	engine->is_connected = is_connected;
	if (is_connected || was_connected || text)
		engine->config.on_connection(engine->config.arg, is_connected,
					     text ? text : "the connection was lost");
	if (!is_connected)
		end_all(engine, "the connection to the engine was lost");
}

static void take_mail(struct nats_engine *engine, const struct mail *mail)
{
	const struct subscriber *subscriber;

	switch (mail->kind) {
	case MAIL_ANSWER:
		take_answer(engine, mail);
		break;
	case MAIL_MESSAGE:
		subscriber = &engine->subscribers[mail->number];
		subscriber->on_received(subscriber->arg, &mail->message);
		break;
	case MAIL_DENIED:
		engine->config.on_denied(engine->config.arg, mail->message.subject);
		break;
	case MAIL_CONNECTED:
		set_connected(engine, true, "");
		break;
	case MAIL_ENDED:
		uv_timer_start(&engine->reopening, reopen, REOPEN_MS, 0);
		/* fall through */
	case MAIL_DISCONNECTED:
		set_connected(engine, false, mail->message.subject);
		break;
	}
}

static void on_mail(void *arg)
{
	struct nats_engine *engine = arg;
	struct mail *mail;

	while (!engine->is_closing && (mail = mailbox_take(engine->mailbox))) {
		take_mail(engine, mail);
		free(mail);
	}
}

/* The operations */

static int send_message(struct nats_engine *engine, const struct engine_message *message,
			uint64_t number)
{
	if (!engine->is_connected || engine->is_closing)
		return ERROR_CLOSED;
	if (message->size > ENGINE_MESSAGE_MAX || strlen(message->subject) >= ENGINE_SUBJECT_SIZE)
		return ERROR_TOO_LARGE;
	return nats_thread_send(engine->thread, mail_create(message), number);
}

static int nats_publish(struct engine *base, const struct engine_message *message)
{
	return send_message(to_nats(base), message, 0);
}

static int nats_request(struct engine *base, const struct engine_message *message,
			uint64_t timeout_ms, engine_answered *on_answered, void *arg)
{
	struct nats_engine *engine = to_nats(base);
	struct request *request;
	int ret;

	if (engine->requests_count == ENGINE_REQUESTS_MAX)
		return ERROR_BUSY;
	request = malloc(sizeof(*request));
	if (!request)
		return ERROR_NO_MEMORY;
	*request = (struct request){
		.number = ++engine->next_number,
		.timeout_ms = timeout_ms,
		.deadline_ms = uv_now(engine->config.loop) + timeout_ms,
		.on_answered = on_answered,
		.arg = arg,
	};
	ret = send_message(engine, message, request->number);
	if (ret) {
		free(request);
		return ret;
	}
	TAILQ_INSERT_TAIL(&engine->requests, request, link);
	engine->requests_count++;
	if (!uv_is_active((uv_handle_t *)&engine->timer) ||
	    uv_timer_get_due_in(&engine->timer) > timeout_ms)
		uv_timer_start(&engine->timer, time_out, timeout_ms, 0);
	return 0;
}

static int nats_subscribe(struct engine *base, const char *subject, engine_received *on_received,
			  void *arg)
{
	struct nats_engine *engine = to_nats(base);
	size_t index = engine->subscribers_count;

	if (index == NATS_SUBJECTS_MAX || strlen(subject) >= ENGINE_SUBJECT_SIZE)
		return ERROR_TOO_LARGE;
	engine->subscribers[engine->subscribers_count++] = (struct subscriber){on_received, arg};
	return nats_thread_subscribe(engine->thread, index, subject);
}

/* Life */

static const struct engine_ops operations = {nats_request, nats_publish, nats_subscribe};

bool nats_engine_is_built(void)
{
	return true;
}

static void part_closed(struct nats_engine *engine)
{
	if (--engine->open_parts)
		return;
	engine->on_closed(engine->closed_arg);
	free(engine);
}

static void handle_closed(uv_handle_t *handle)
{
	part_closed(handle->data);
}

static void part_has_closed(void *arg)
{
	part_closed(arg);
}

static void ignore(void *arg)
{
	(void)arg;
}

static int begin(struct nats_engine *engine, struct error *err)
{
	char inbox[ENGINE_SUBJECT_SIZE];
	int ret;

	engine->mailbox = mailbox_create(engine->config.loop, on_mail, engine);
	if (!engine->mailbox)
		return error_set(err, ERROR_NO_MEMORY,
				 "out of memory while connecting to the cluster; this machine "
				 "needs more free memory");
	snprintf(inbox, sizeof(inbox), "%s.%08x%08x", engine->config.inbox, randombytes_random(),
		 randombytes_random());
	ret = nats_thread_create(&engine->config, inbox, engine->mailbox, &engine->thread, err);
	if (!ret && nats_thread_open(engine->thread))
		uv_timer_start(&engine->reopening, reopen, REOPEN_MS, 0);
	return ret;
}

int nats_engine_create(const struct nats_engine_config *config, struct engine **ret_engine,
		       struct error *err)
{
	struct nats_engine *engine = calloc(1, sizeof(*engine));
	int ret;

	if (!engine)
		return error_set(err, ERROR_NO_MEMORY,
				 "out of memory while connecting to the cluster; this machine "
				 "needs more free memory");
	engine->base.ops = &operations;
	engine->config = *config;
	TAILQ_INIT(&engine->requests);
	uv_timer_init(config->loop, &engine->timer);
	uv_timer_init(config->loop, &engine->reopening);
	engine->timer.data = engine->reopening.data = engine;
	ret = begin(engine, err);
	if (ret)
		nats_engine_close(&engine->base, ignore, NULL);
	else
		*ret_engine = &engine->base;
	return ret;
}

void nats_engine_close(struct engine *base, void (*on_closed)(void *arg), void *arg)
{
	struct nats_engine *engine = to_nats(base);

	if (!engine)
		return;
	engine->is_closing = true;
	engine->on_closed = on_closed;
	engine->closed_arg = arg;
	end_all(engine, "the engine was closed");
	engine->open_parts = 2u + (engine->mailbox != NULL) + (engine->thread != NULL);
	uv_close((uv_handle_t *)&engine->timer, handle_closed);
	uv_close((uv_handle_t *)&engine->reopening, handle_closed);
	if (engine->mailbox)
		mailbox_close(engine->mailbox, part_has_closed, engine);
	if (engine->thread)
		nats_thread_close(engine->thread, part_has_closed, engine);
}

uint64_t nats_engine_dropped(const struct engine *engine)
{
	return mailbox_dropped(((const struct nats_engine *)engine)->mailbox);
}
