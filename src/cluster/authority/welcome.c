#include "cluster/authority/welcome.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"

#define NS_PER_MS UINT64_C(1000000)
#define CONNECTIONS_MAX 64
#define CONNECTIONS_ADDRESS_MAX 4 /* so that one machine cannot take all of them */
#define SILENT_S 10		  /* a connection that says nothing for so long is closed */
#define STEP_MS 200

struct welcome {
	const struct welcome_config *config;
	unsigned refusals;
	bool is_admitted; /* the admission was made */
	bool is_over;	  /* and was sent */
};

/* One request. */
struct visit {
	struct buffer body;
	bool is_admitted;
};

/* Answers */

static enum MHD_Result answer(struct MHD_Connection *connection, unsigned status, json_t *body)
{
	char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
	struct MHD_Response *response;
	enum MHD_Result ret;

	json_decref(body);
	if (!text)
		return MHD_NO;
	response = MHD_create_response_from_buffer(strlen(text), text, MHD_RESPMEM_MUST_FREE);
	ret = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return ret;
}

static enum MHD_Result refuse(struct MHD_Connection *connection, unsigned status, const char *why)
{
	return answer(connection, status, json_pack("{s:s}", "detail", why));
}

static bool knows_secret(const struct welcome *welcome, const json_t *request)
{
	const char *wanted = welcome->config->invitation->secret;
	const char *given = json_string_value(json_object_get(request, "secret"));

	return given && strlen(given) == strlen(wanted) &&
	       !sodium_memcmp(given, wanted, strlen(wanted));
}

static enum MHD_Result admit(struct welcome *welcome, struct visit *visit, const json_t *request,
			     struct MHD_Connection *connection)
{
	const struct welcome_config *config = welcome->config;
	struct error err = {0};
	json_t *admission;

	if (!knows_secret(welcome, request)) {
		welcome->refusals++;
		return refuse(connection, MHD_HTTP_FORBIDDEN,
			      "the invitation's secret is wrong: copy the whole line that "
			      "`harvester cluster invite` printed");
	}
	if (welcome->is_admitted)
		return refuse(connection, MHD_HTTP_FORBIDDEN,
			      "this invitation was used already: make another one with "
			      "`harvester cluster invite`");
	admission =
		config->on_application(config->arg, json_object_get(request, "application"), &err);
	if (!admission)
		return refuse(connection, MHD_HTTP_BAD_REQUEST, err.text);
	welcome->is_admitted = visit->is_admitted = true;
	return answer(connection, MHD_HTTP_OK, admission);
}

static enum MHD_Result take_request(struct welcome *welcome, struct visit *visit,
				    struct MHD_Connection *connection)
{
	json_t *request;
	enum MHD_Result ret;

	if (visit->body.failed)
		return refuse(connection, MHD_HTTP_CONTENT_TOO_LARGE,
			      "the request to join is too large: use the same version of harvester "
			      "on both boards");
	request = json_loadb(visit->body.data ? visit->body.data : "", visit->body.size, 0, NULL);
	ret = admit(welcome, visit, request, connection);
	json_decref(request);
	return ret;
}

/* The library's callbacks */

static enum MHD_Result begin(void **ret_visit)
{
	struct visit *visit = calloc(1, sizeof(*visit));

	if (!visit)
		return MHD_NO;
	buffer_init(&visit->body, WELCOME_BODY_MAX);
	*ret_visit = visit;
	return MHD_YES;
}

static enum MHD_Result on_request(void *arg, struct MHD_Connection *connection, const char *url,
				  const char *method, const char *version, const char *upload,
				  size_t *upload_size, void **at_visit)
{
	struct visit *visit = *at_visit;

	(void)version;
	if (!visit)
		return begin(at_visit);
	if (*upload_size) {
		buffer_append(&visit->body, upload, *upload_size);
		*upload_size = 0;
		return MHD_YES;
	}
	if (strcmp(url, WELCOME_PATH) || strcmp(method, MHD_HTTP_METHOD_POST))
		return refuse(connection, MHD_HTTP_NOT_FOUND,
			      "nothing is at this path: run `harvester cluster join` with the "
			      "whole invitation");
	return take_request(arg, visit, connection);
}

static void on_completed(void *arg, struct MHD_Connection *connection, void **at_visit,
			 enum MHD_RequestTerminationCode code)
{
	struct welcome *welcome = arg;
	struct visit *visit = *at_visit;

	(void)connection, (void)code;
	if (!visit)
		return;
	welcome->is_over |= visit->is_admitted;
	buffer_finish(&visit->body);
	free(visit);
}

/* Waiting */

static struct MHD_Daemon *start(struct welcome *welcome)
{
	const struct server_address *address = &welcome->config->invitation->address;
	struct sockaddr_in at = {.sin_family = AF_INET,
				 .sin_port = htons((uint16_t)(address->port + SERVER_INVITED))};

	if (inet_pton(AF_INET, address->host, &at.sin_addr) != 1)
		at.sin_addr.s_addr = htonl(INADDR_ANY);
	return MHD_start_daemon(
		MHD_USE_TLS, 0, NULL, NULL, on_request, welcome, MHD_OPTION_SOCK_ADDR, &at,
		MHD_OPTION_HTTPS_MEM_CERT, welcome->config->certificate, MHD_OPTION_HTTPS_MEM_KEY,
		welcome->config->key, MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX,
		MHD_OPTION_PER_IP_CONNECTION_LIMIT, (unsigned)CONNECTIONS_ADDRESS_MAX,
		MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)SILENT_S, MHD_OPTION_NOTIFY_COMPLETED,
		on_completed, welcome, MHD_OPTION_LISTENING_ADDRESS_REUSE, 1U, MHD_OPTION_END);
}

static int wait_for_board(struct welcome *welcome, struct MHD_Daemon *daemon, struct error *err)
{
	const char *node = welcome->config->invitation->node;
	uint64_t until_ns =
		clock_monotonic_ns(welcome->config->clock) + welcome->config->wait_ms * NS_PER_MS;

	while (!welcome->is_over && welcome->refusals < WELCOME_REFUSALS_MAX &&
	       clock_monotonic_ns(welcome->config->clock) < until_ns)
		MHD_run_wait(daemon, STEP_MS);
	if (welcome->is_over)
		return 0;
	if (welcome->refusals == WELCOME_REFUSALS_MAX)
		return error_set(err, ERROR_NOT_GRANTED,
				 "%d wrong secrets were tried, so the invitation of %s is invalid "
				 "now: invite it again",
				 WELCOME_REFUSALS_MAX, node);
	return error_set(err, ERROR_TIMEOUT,
			 "%s did not come in time, so its invitation is invalid now: invite it "
			 "again, and check that it can reach this board's port %u",
			 node, welcome->config->invitation->address.port + SERVER_INVITED);
}

int welcome_wait(const struct welcome_config *config, struct error *err)
{
	struct welcome welcome = {.config = config};
	struct MHD_Daemon *daemon = start(&welcome);
	int ret;

	if (!daemon)
		return error_set(err, ERROR_SYSTEM,
				 "cannot listen on port %u for the invited board: end what uses "
				 "it (`ss -lntp` shows what)",
				 config->invitation->address.port + SERVER_INVITED);
	config->on_listening(config->arg);
	ret = wait_for_board(&welcome, daemon, err);
	MHD_stop_daemon(daemon);
	return ret;
}
