#include "cli/node_request.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "base/clock.h"
#include "base/error.h"
#include "cli/account_file.h"
#include "cli/command.h"
#include "cli/run_answer.h"
#include "link/http_client.h"

#define ANSWER_MS 10000
#define ANSWER_MAX (8u << 20) /* bytes; the list of all roll-outs */
#define AGAIN_MS 20

/* The request, and what became of it. */
struct asking {
	uv_loop_t loop;
	uv_timer_t again;	    /* asks again while the node does not know the token yet */
	struct http_client *client; /* owned */
	struct http_request request;
	uint64_t end_ms; /* of the loop's time: the last moment to ask again */
	bool is_done;
	int status; /* 0: the node answered */
	unsigned http_status;
	char detail[ERROR_TEXT_SIZE]; /* of the node's refusal */
	json_t *answer;		      /* owned; NULL: the answer has no JSON body */
	struct error err;
};

static void on_answer(void *arg, int status, const struct http_answer *answer,
		      const struct error *err);

static void start(struct asking *asking)
{
	asking->status = http_client_start(asking->client, &asking->request, on_answer, asking,
					   NULL, &asking->err);
	asking->is_done = asking->status;
}

static void on_again(uv_timer_t *timer)
{
	start(timer->data);
}

/* The node reads its accounts again when it notices that the file changed, a moment after that. */
static bool is_too_early(const struct asking *asking, unsigned http_status)
{
	return http_status == 401 && uv_now(&asking->loop) < asking->end_ms;
}

static void on_answer(void *arg, int status, const struct http_answer *answer,
		      const struct error *err)
{
	struct asking *asking = arg;
	const char *detail;

	if (!status && is_too_early(asking, answer->status)) {
		uv_timer_start(&asking->again, on_again, AGAIN_MS, 0);
		return;
	}
	asking->is_done = true;
	asking->status = status;
	if (status) {
		asking->err = *err;
		return;
	}
	asking->http_status = answer->status;
	asking->answer = json_loadb(answer->body, answer->size, 0, NULL);
	detail = json_string_value(json_object_get(asking->answer, "detail"));
	snprintf(asking->detail, sizeof(asking->detail), "%s",
		 detail ? detail : "it gave no reason");
}

/* A node that listens on all addresses is asked on this machine's own. */
static void make_url(const struct run_answer *node, const char *path, char *ret_url, size_t size)
{
	const char *port = strrchr(node->address, ':');

	if (!strncmp(node->address, "0.0.0.0:", 8))
		snprintf(ret_url, size, "%s://127.0.0.1%s%s", node->scheme, port, path);
	else if (!strncmp(node->address, "[::]:", 5))
		snprintf(ret_url, size, "%s://[::1]%s%s", node->scheme, port, path);
	else
		snprintf(ret_url, size, "%s://%s%s", node->scheme, node->address, path);
}

static int judge(const struct asking *asking, struct error *err)
{
	if (asking->status)
		return error_set(err, asking->status,
				 "cannot reach the node: %s (is it still running?)",
				 asking->err.text);
	if (asking->http_status / 100 == 2)
		return 0;
	return error_set(err, asking->http_status == 404 ? ERROR_NOT_FOUND : ERROR_INVALID,
			 "the node refused: %s", asking->detail);
}

static void on_client_closed(void *arg)
{
	(void)arg;
}

static void run(struct asking *asking)
{
	uv_timer_init(&asking->loop, &asking->again);
	asking->again.data = asking;
	asking->end_ms = uv_now(&asking->loop) + ANSWER_MS;
	start(asking);
	while (!asking->is_done)
		uv_run(&asking->loop, UV_RUN_ONCE);
	uv_close((uv_handle_t *)&asking->again, NULL);
	http_client_close(asking->client, on_client_closed, NULL);
	uv_run(&asking->loop, UV_RUN_DEFAULT);
}

static int ask(const struct run_answer *node, const char *path, struct asking *asking,
	       struct error *err)
{
	char url[512];
	int ret;

	make_url(node, path, url, sizeof(url));
	asking->request.url = url;
	uv_loop_init(&asking->loop);
	ret = http_client_create(&asking->loop, &asking->client);
	if (ret)
		error_set(
			err, ret,
			"out of memory while asking the node; this machine needs more free memory");
	else
		run(asking);
	uv_loop_close(&asking->loop);
	return ret ? ret : judge(asking, err);
}

/* Make the token, which replaces one that a killed command left. */
static int make_token(struct account_file *file, const char *name,
		      char ret_secret[ACCOUNTS_SECRET_SIZE], struct error *err)
{
	const uint64_t now = clock_unix_ms(clock_system());

	accounts_revoke_token(file->accounts, name, now, NULL);
	return accounts_add_token(file->accounts, name, ACCOUNTS_OPERATOR, now, ret_secret, err);
}

int node_request(const struct command_options *options, const struct run_answer *node,
		 const char *token, const char *method, const char *path, const json_t *body,
		 json_t **ret_json, struct error *err)
{
	char secret[ACCOUNTS_SECRET_SIZE] = "";
	char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
	struct account_file file = {0};
	struct asking asking = {.request = {.method = method,
					    .token = secret,
					    .pin = node->pin,
					    .answer_max = ANSWER_MAX,
					    .content_type = text ? "application/json" : NULL,
					    .body = text,
					    .body_size = text ? strlen(text) : 0,
					    .timeout_ms = ANSWER_MS}};
	int ret = account_file_open(options, true, &file, err);

	if (!ret)
		ret = make_token(&file, token, secret, err);
	if (!ret) {
		ret = ask(node, path, &asking, err);
		accounts_revoke_token(file.accounts, token, clock_unix_ms(clock_system()), NULL);
	}
	if (!ret && ret_json)
		*ret_json = json_incref(asking.answer);
	sodium_memzero(secret, sizeof(secret));
	account_file_close(&file);
	json_decref(asking.answer);
	free(text);
	return ret;
}
