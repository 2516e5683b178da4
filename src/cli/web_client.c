#include "cli/web_client.h"

#include <curl/curl.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"

#define TOKEN_FILE_MAX 4096
#define CONNECT_SECONDS 10
#define URL_SIZE 1024

static bool is_own(const char *url)
{
	return !strncmp(url, "http://127.", 11) || !strncmp(url, "http://[::1]", 12) ||
	       !strncmp(url, "http://localhost:", 17);
}

static int load_token(struct web_client *client, const char *path, struct error *err)
{
	struct buffer text;
	int ret = buffer_read_file(&text, path, TOKEN_FILE_MAX, err);

	if (ret)
		return ret;
	client->token = text.data ? strndup(text.data, strcspn(text.data, " \t\r\n")) : strdup("");
	if (text.data)
		sodium_memzero(text.data, text.size);
	buffer_finish(&text);
	return client->token ? 0
			     : error_set(err, ERROR_NO_MEMORY,
					 "out of memory while reading the token; this machine "
					 "needs more free memory");
}

int web_client_open(struct web_client *client, const char *url, const char *token_file,
		    struct error *err)
{
	size_t size = strlen(url);

	*client = (struct web_client){0};
	if (strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0)
		return error_set(
			err, ERROR_INVALID,
			"%s is not the URL of a node: give one such as https://attic.local:3000",
			url);
	if (token_file && !strncmp(url, "http://", 7) && !is_own(url))
		return error_set(err, ERROR_INVALID,
				 "%s: over http anybody on the network could read the token: use "
				 "https",
				 url);
	while (size && url[size - 1] == '/')
		size--;
	client->url = strndup(url, size);
	client->curl = curl_easy_init();
	if (!client->url || !client->curl)
		return error_set(err, ERROR_NO_MEMORY,
				 "out of memory while connecting to the node; this machine needs "
				 "more free memory");
	return token_file ? load_token(client, token_file, err) : 0;
}

void web_client_close(struct web_client *client)
{
	if (client->curl)
		curl_easy_cleanup(client->curl);
	if (client->token)
		sodium_memzero(client->token, strlen(client->token));
	free(client->token);
	free(client->url);
}

static size_t on_data(char *data, size_t one, size_t count, void *arg)
{
	(void)one;
	return buffer_append(arg, data, count) ? 0 : count;
}

static void set_up(CURL *curl, const struct web_client *client, const char *method, const char *url,
		   const char *body, struct buffer *answer)
{
	curl_easy_reset(curl);
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)WEB_CLIENT_SECONDS);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_data);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, answer);
	if (client->token) {
		curl_easy_setopt(curl, CURLOPT_HTTPAUTH, (long)CURLAUTH_BEARER);
		curl_easy_setopt(curl, CURLOPT_XOAUTH2_BEARER, client->token);
	}
	if (body)
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
}

/* The node's reason is the "detail" of a problem (RFC 9457). */
static int explain(const struct web_client *client, long status, const json_t *answer,
		   struct error *err)
{
	const char *detail = json_string_value(json_object_get(answer, "detail"));

	return error_set(err, ERROR_INVALID, "%s: %s%.400s", client->url,
			 detail ? "" : "the node refuses this: ",
			 detail		 ? detail
			 : status == 401 ? "give the token of an operator with --token-file"
					 : "it gave no reason; see its log");
}

static int read_answer(const struct web_client *client, CURLcode code, long status,
		       const struct buffer *text, json_t **ret_answer, struct error *err)
{
	json_t *answer;

	if (code)
		return error_set(
			err, text->failed ? text->failed : ERROR_SYSTEM,
			"%s: cannot reach this node (%s): check the URL, and that the node runs",
			client->url, curl_easy_strerror(code));
	answer = json_loadb(text->data ? text->data : "", text->size, 0, NULL);
	if (status >= 300) {
		int ret = explain(client, status, answer, err);

		json_decref(answer);
		return ret;
	}
	if (!answer)
		return error_set(err, ERROR_MALFORMED,
				 "%s: the answer is not JSON: check that this is the URL of a node",
				 client->url);
	*ret_answer = answer;
	return 0;
}

int web_client_ask(struct web_client *client, const char *method, const char *path,
		   const json_t *body, json_t **ret_answer, struct error *err)
{
	struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
	char url[URL_SIZE], *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
	struct buffer answer;
	long status = 0;
	CURLcode code;
	int ret;

	snprintf(url, sizeof(url), "%s%s", client->url, path);
	buffer_init(&answer, WEB_CLIENT_ANSWER_MAX);
	set_up(client->curl, client, method, url, text, &answer);
	if (body)
		curl_easy_setopt(client->curl, CURLOPT_HTTPHEADER, headers);
	code = curl_easy_perform(client->curl);
	curl_easy_getinfo(client->curl, CURLINFO_RESPONSE_CODE, &status);
	ret = read_answer(client, code, status, &answer, ret_answer, err);
	curl_easy_setopt(client->curl, CURLOPT_HTTPHEADER, NULL);
	curl_slist_free_all(headers);
	buffer_finish(&answer);
	free(text);
	return ret;
}
