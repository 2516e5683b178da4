/* `harvester cluster join` and `leave`: this board's membership in a cluster. */
#include <curl/curl.h>
#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/text.h"
#include "cli/account_file.h"
#include "cli/cluster_board.h"
#include "cli/command.h"
#include "cluster/authority/invitation.h"
#include "cluster/authority/membership.h"
#include "cluster/authority/welcome.h"

#define ANSWER_SIZE_MAX (512u << 10)
#define CONNECT_S 20L /* on a starved machine the handshake took more than 10 s */
#define REQUEST_S 30L

/* Asking the server that invited */

static size_t take_answer(char *data, size_t size, size_t count, void *arg)
{
	return buffer_append(arg, data, size * count) ? 0 : size * count;
}

/* The pin stands for a certificate authority: it is that of the invitation. */
static CURLcode set_request(CURL *easy, const char *url, const struct invitation *invitation,
			    const char *body, struct buffer *answer)
{
	CURLcode bad = curl_easy_setopt(easy, CURLOPT_URL, url);

	bad = bad ? bad : curl_easy_setopt(easy, CURLOPT_PINNEDPUBLICKEY, invitation->pin);
	bad = bad ? bad : curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
	bad = bad ? bad : curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
	bad = bad ? bad : curl_easy_setopt(easy, CURLOPT_PROXY, "");
	bad = bad ? bad : curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	bad = bad ? bad : curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, CONNECT_S);
	bad = bad ? bad : curl_easy_setopt(easy, CURLOPT_TIMEOUT, REQUEST_S);
	bad = bad ? bad : curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body);
	bad = bad ? bad : curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_answer);
	return bad ? bad : curl_easy_setopt(easy, CURLOPT_WRITEDATA, answer);
}

static int explain(CURLcode code, const char *address, struct error *err)
{
	if (code == CURLE_SSL_PINNEDPUBKEYNOTMATCH)
		return error_set(err, ERROR_NOT_GRANTED,
				 "the server at %s is not the one that invited this board: nothing "
				 "was sent to it. Check the address, or invite this board again",
				 address);
	return error_set(err, ERROR_SYSTEM,
			 "cannot reach %s: %s. `harvester cluster invite` has to be running there, "
			 "and a firewall has to let this port through",
			 address, curl_easy_strerror(code));
}

static int read_answer(const struct buffer *text, long status, json_t **ret_admission,
		       struct error *err)
{
	json_t *answer = json_loadb(text->data ? text->data : "", text->size, 0, NULL);
	const char *detail = json_string_value(json_object_get(answer, "detail"));
	int ret = 0;

	if (status != 200 || !json_is_object(answer))
		ret = error_set(err, ERROR_NOT_GRANTED,
				"the cluster did not admit this board (%s): run `harvester cluster "
				"invite` again on the board that invited this one",
				detail ? detail : "its answer is not JSON");
	if (ret)
		json_decref(answer);
	else
		*ret_admission = answer;
	return ret;
}

static int post(const struct invitation *invitation, const char *body, json_t **ret_admission,
		struct error *err)
{
	char address[SERVER_ADDRESS_SIZE], url[SERVER_ADDRESS_SIZE + 32];
	struct buffer answer;
	CURL *easy = curl_easy_init();
	CURLcode code = easy ? CURLE_OK : CURLE_OUT_OF_MEMORY;
	long status = 0;
	int ret;

	server_address_format(&invitation->address, SERVER_INVITED, NULL, address, sizeof(address));
	snprintf(url, sizeof(url), "https://%s" WELCOME_PATH, address);
	buffer_init(&answer, ANSWER_SIZE_MAX);
	if (!code)
		code = set_request(easy, url, invitation, body, &answer);
	if (!code)
		code = curl_easy_perform(easy);
	if (!code)
		code = curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
	ret = code ? explain(code, address, err) : read_answer(&answer, status, ret_admission, err);
	if (answer.data)
		sodium_memzero(answer.data, answer.size);
	buffer_finish(&answer);
	curl_easy_cleanup(easy);
	return ret;
}

static int ask(const struct invitation *invitation, json_t *application, json_t **ret_admission,
	       struct error *err)
{
	json_t *request =
		json_pack("{s:s, s:O}", "secret", invitation->secret, "application", application);
	char *body = request ? json_dumps(request, JSON_COMPACT) : NULL;
	int ret = body ? post(invitation, body, ret_admission, err)
		       : error_set(err, ERROR_NO_MEMORY,
				   "out of memory while asking to join; this machine needs more "
				   "free memory");

	if (body)
		sodium_memzero(body, strlen(body));
	free(body);
	json_decref(request);
	return ret;
}

/* The server may answer whatever it likes; what it may decide is whether this board is admitted. */
static int check_admission(const struct invitation *invitation, const json_t *admission,
			   const char *server, struct error *err)
{
	const char *node = json_string_value(json_object_get(admission, "node"));
	const char *given = json_string_value(json_object_get(admission, "server"));

	if (node && !strcmp(node, invitation->node) &&
	    (server ? given && !strcmp(given, server) : !given))
		return 0;
	return error_set(err, ERROR_MALFORMED,
			 "the cluster's answer is for another board: invite this one again");
}

static int join(const struct invitation *invitation, const char *server,
		const struct cluster_board *board, struct error *err)
{
	struct membership_keys keys = {0};
	json_t *application = NULL, *admission = NULL;
	int ret = membership_apply(invitation->node, server, &keys, &application, err);

	if (!ret)
		ret = ask(invitation, application, &admission, err);
	if (!ret)
		ret = check_admission(invitation, admission, server, err);
	if (!ret)
		ret = membership_write(board->places.data, admission, &keys, err);
	if (!ret)
		ret = cluster_board_open(board->options, (struct cluster_board *)board, err);
	membership_keys_finish(&keys);
	json_decref(application);
	json_decref(admission);
	return ret;
}

int command_cluster_join(const struct command_options *options)
{
	struct cluster_board board = {0};
	struct invitation invitation;
	char server[SERVER_ADDRESS_SIZE];
	struct error err = {0};
	json_t *result = NULL;
	int ret = invitation_parse(options->words[0], &invitation, &err);

	if (ret)
		return account_say(ret, &err, options->json, NULL);
	ret = cluster_board_begin(options, &board, &err);
	if (!ret && invitation.is_voter)
		ret = cluster_board_address(options, server, &err);
	if (!ret)
		ret = join(&invitation, invitation.is_voter ? server : NULL, &board, &err);
	if (!ret)
		result = cluster_board_say(&board, "joined");
	cluster_board_close(&board);
	sodium_memzero(&invitation, sizeof(invitation));
	return account_say(ret, &err, options->json, result);
}

int command_cluster_leave(const struct command_options *options)
{
	struct cluster_board board = {0};
	struct error err = {0};
	json_t *result = NULL;
	int ret = cluster_board_open(options, &board, &err);

	if (!ret)
		ret = membership_remove(board.places.data, &err);
	if (!ret)
		result = cluster_board_say(&board, "left");
	cluster_board_close(&board);
	return account_say(ret, &err, options->json, result);
}
