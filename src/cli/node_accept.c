/*
 * `harvester node accept`: of two machines that send under one name, the hub accepts the one that
 * it refused. Only the running hub knows which one that is, so the command asks its API, with a
 * token that it makes for this one request and revokes at once.
 */
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <uv.h>

#include "base/clock.h"
#include "base/error.h"
#include "cli/account_file.h"
#include "cli/command.h"
#include "cli/places.h"
#include "link/http_client.h"
#include "reading/name.h"

#define ANSWER_MS 10000
#define AGAIN_MS 20
#define TOKEN "node-accept" /* of the token that the command makes and revokes */

/* The request, and what became of it. */
struct asking {
	uv_loop_t loop;
	uv_timer_t again;	    /* asks again while the hub does not know the token yet */
	struct http_client *client; /* owned */
	struct http_request request;
	uint64_t end_ms; /* of the loop's time: the last moment to ask again */
	bool is_done;
	int status; /* 0: the hub answered */
	unsigned http_status;
	char detail[ERROR_TEXT_SIZE]; /* of the hub's refusal */
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

/* The hub reads its accounts again when it notices that the file changed, a moment after that. */
static bool is_too_early(const struct asking *asking, unsigned http_status)
{
	return http_status == 401 && uv_now(&asking->loop) < asking->end_ms;
}

static void on_answer(void *arg, int status, const struct http_answer *answer,
		      const struct error *err)
{
	struct asking *asking = arg;
	json_t *problem;
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
	problem = json_loadb(answer->body, answer->size, 0, NULL);
	detail = json_string_value(json_object_get(problem, "detail"));
	snprintf(asking->detail, sizeof(asking->detail), "%s",
		 detail ? detail : "it gave no reason");
	json_decref(problem);
}

/* A hub that listens on all addresses is asked on this machine's own. */
static void make_url(const struct run_answer *hub, const char *node, char *ret_url, size_t size)
{
	const char *port = strrchr(hub->address, ':');

	if (!strncmp(hub->address, "0.0.0.0:", 8))
		snprintf(ret_url, size, "%s://127.0.0.1%s/api/v1/nodes/%s/accept", hub->scheme,
			 port, node);
	else if (!strncmp(hub->address, "[::]:", 5))
		snprintf(ret_url, size, "%s://[::1]%s/api/v1/nodes/%s/accept", hub->scheme, port,
			 node);
	else
		snprintf(ret_url, size, "%s://%s/api/v1/nodes/%s/accept", hub->scheme, hub->address,
			 node);
}

static int judge(const struct asking *asking, struct error *err)
{
	if (asking->status)
		return error_set(err, asking->status, "cannot reach the hub: %s", asking->err.text);
	if (asking->http_status / 100 == 2)
		return 0;
	return error_set(err, asking->http_status == 404 ? ERROR_NOT_FOUND : ERROR_INVALID,
			 "the hub refused: %s", asking->detail);
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

static int ask(const struct run_answer *hub, const char *node, const char *secret,
	       struct error *err)
{
	char url[512];
	struct asking asking = {.is_done = false};
	int ret;

	make_url(hub, node, url, sizeof(url));
	asking.request = (struct http_request){
		.method = "POST",
		.url = url,
		.token = secret,
		.pin = hub->pin,
		.timeout_ms = ANSWER_MS,
	};
	uv_loop_init(&asking.loop);
	ret = http_client_create(&asking.loop, &asking.client);
	if (ret)
		error_set(
			err, ret,
			"out of memory while asking the hub; this machine needs more free memory");
	else
		run(&asking);
	uv_loop_close(&asking.loop);
	return ret ? ret : judge(&asking, err);
}

static int ask_with_token(const struct command_options *options, const struct run_answer *hub,
			  struct error *err)
{
	char secret[ACCOUNTS_SECRET_SIZE] = "";
	struct account_file file = {0};
	int ret = account_file_open(options, true, &file, err);

	if (!ret) /* one that a killed command left, whose secret nobody has any more */
		accounts_revoke_token(file.accounts, TOKEN, clock_unix_ms(clock_system()), NULL);
	if (!ret)
		ret = accounts_add_token(file.accounts, TOKEN, ACCOUNTS_OPERATOR,
					 clock_unix_ms(clock_system()), secret, err);
	if (!ret) {
		ret = ask(hub, options->words[0], secret, err);
		accounts_revoke_token(file.accounts, TOKEN, clock_unix_ms(clock_system()), NULL);
	}
	sodium_memzero(secret, sizeof(secret));
	account_file_close(&file);
	return ret;
}

static int find_hub(const struct command_options *options, struct places *ret_places,
		    struct error *err)
{
	int ret = places_find(options, PLACES_EXACT, ret_places, err);

	if (ret)
		return ret;
	if (!ret_places->node.root)
		return error_set(err, ERROR_NOT_FOUND,
				 "no node runs on the data folder %s: start the hub first, and "
				 "wait until it has refused the node again",
				 ret_places->data);
	if (strcmp(ret_places->node.role, "hub") != 0)
		return error_set(err, ERROR_INVALID,
				 "the node %s is not a hub: run this command on the hub",
				 ret_places->node.node);
	return 0;
}

int command_node_accept(const struct command_options *options)
{
	const char *node = options->words[0];
	struct places places = {0};
	struct error err = {0};
	int ret = reading_name_check(node, &err);

	if (!ret)
		ret = find_hub(options, &places, &err);
	if (!ret)
		ret = ask_with_token(options, &places.node, &err);
	places_finish(&places);
	if (!ret && !options->json)
		printf("accepted the machine that was refused as %s; the other one is refused from "
		       "now on\n",
		       node);
	return account_say(ret, &err, options->json, json_pack("{s:s}", "node", node));
}
