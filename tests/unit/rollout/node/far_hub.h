/*
 * A hub and a store of bundles for the updater, which do nothing by themselves: the test answers
 * the requests that the updater makes, and says what became of the bundles. Takes the places of
 * bundle/probation.h and of the client in link/http_client.h, so it is included once in a program.
 */
#ifndef HARVESTER_TESTS_FAR_HUB_H
#define HARVESTER_TESTS_FAR_HUB_H

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "bundle/probation.h"
#include "config/config.h"
#include "rollout/node/internal.h"

/* A request that waits for its answer. */
struct http_exchange {
	http_done *done; /* NULL: none waits */
	void *arg;
	char path[256];
	char body[16384];
};

/* What the store of bundles is to say. */
struct bundle_probation {
	enum bundle_progress progress; /* of any version */
	const char *reason;
	unsigned installs, undos;
	char installed[BUNDLE_DIGEST_SIZE]; /* SHA-256 of the last file that was to be installed */
	bundle_installed_cb *on_installed;
	bundle_undone_cb *on_undone;
	void *arg;
};

struct far_hub {
	uv_loop_t loop;
	struct clock_manual clock;
	struct config config;
	const char *data; /* the data folder, borrowed */
	struct rollout_updater *updater;
	struct http_exchange question, part;
	struct bundle_probation store;
	unsigned questions, parts; /* requests until now */
	char noted[1024];
};

enum bundle_progress bundle_probation_find(const struct bundle_probation *probation,
					   const char *name, const char *digest,
					   const char **ret_reason)
{
	(void)name, (void)digest;
	*ret_reason = probation->reason;
	return probation->progress;
}

json_t *bundle_probation_list(const struct bundle_probation *probation, size_t most)
{
	(void)probation, (void)most;
	return json_array();
}

static void far_hub_hash(int fd, char ret_digest[BUNDLE_DIGEST_SIZE])
{
	crypto_hash_sha256_state hash;
	uint8_t sha256[32], part[4096];
	ssize_t count;

	crypto_hash_sha256_init(&hash);
	for (off_t at = 0; (count = pread(fd, part, sizeof(part), at)) > 0; at += count)
		crypto_hash_sha256_update(&hash, part, (size_t)count);
	crypto_hash_sha256_final(&hash, sha256);
	sodium_bin2hex(ret_digest, BUNDLE_DIGEST_SIZE, sha256, sizeof(sha256));
}

int bundle_probation_install_file(struct bundle_probation *probation, int fd, const char *name,
				  const char *signature, bundle_installed_cb *on_installed,
				  void *arg, struct error *err)
{
	(void)name, (void)signature, (void)err;
	probation->installs++;
	far_hub_hash(fd, probation->installed);
	close(fd);
	probation->on_installed = on_installed;
	probation->arg = arg;
	return 0;
}

int bundle_probation_undo(struct bundle_probation *probation, const char *name, const char *digest,
			  bundle_undone_cb *on_undone, void *arg, struct error *err)
{
	(void)name, (void)digest, (void)err;
	probation->undos++;
	probation->on_undone = on_undone;
	probation->arg = arg;
	return 0;
}

void http_exchange_cancel(struct http_exchange *exchange)
{
	if (exchange)
		exchange->done = NULL;
}

static int far_hub_request(void *arg, const struct rollout_request *request, http_done *on_done,
			   void *done_arg, struct http_exchange **ret_exchange)
{
	struct far_hub *hub = arg;
	bool is_question = !strcmp(request->method, "POST");
	struct http_exchange *exchange = is_question ? &hub->question : &hub->part;

	hub->questions += is_question;
	hub->parts += !is_question;
	exchange->done = on_done;
	exchange->arg = done_arg;
	snprintf(exchange->path, sizeof(exchange->path), "%s", request->path);
	snprintf(exchange->body, sizeof(exchange->body), "%s",
		 request->body ? (const char *)request->body : "");
	*ret_exchange = exchange;
	return 0;
}

static void far_hub_note(void *arg, enum log_level level, const char *text)
{
	struct far_hub *hub = arg;

	(void)level;
	snprintf(hub->noted, sizeof(hub->noted), "%s", text);
}

/* Until nothing happens by itself any more. */
static inline void far_hub_run(struct far_hub *hub)
{
	uv_run(&hub->loop, UV_RUN_DEFAULT);
}

/* Answer a request; `body` is followed by a 0 byte. Nothing happens if none waits. */
static inline void far_hub_answer(struct far_hub *hub, struct http_exchange *exchange,
				  unsigned status, const void *body, size_t size)
{
	const struct http_answer answer = {.status = status, .body = body, .size = size};
	http_done *done = exchange->done;

	exchange->done = NULL;
	if (done)
		done(exchange->arg, 0, &answer, NULL);
	(void)hub;
}

/* The request has not reached the hub. */
static inline void far_hub_fail(struct far_hub *hub, struct http_exchange *exchange)
{
	http_done *done = exchange->done;
	struct error err;

	error_set(&err, ERROR_TIMEOUT, "the hub did not answer");
	exchange->done = NULL;
	if (done)
		done(exchange->arg, ERROR_TIMEOUT, NULL, &err);
	(void)hub;
}

/* What becomes of the bundle that was to be installed: `code` 0, and what it requests beyond the
 * approval (NULL: nothing). */
static inline void far_hub_installed(struct far_hub *hub, int code, const char *news)
{
	bundle_installed_cb *on_installed = hub->store.on_installed;
	json_t *installed =
		code ? NULL : json_pack("{s:b, s:[s*]}", "already_installed", 0, "new", news);
	struct error err;

	error_set(&err, code, "the store says no");
	hub->store.on_installed = NULL;
	if (on_installed)
		on_installed(hub->store.arg, code, &err, installed);
	else
		json_decref(installed);
}

static inline void far_hub_undone(struct far_hub *hub, int code, const char *version)
{
	bundle_undone_cb *on_undone = hub->store.on_undone;
	struct error err;

	error_set(&err, code, "the store says no");
	hub->store.on_undone = NULL;
	if (on_undone)
		on_undone(hub->store.arg, code, &err, version);
}

/* Start the updater. `data` and `membership` are borrowed until far_hub_close(). */
static inline int far_hub_open(struct far_hub *hub, const char *data, const char *membership)
{
	const struct rollout_updater_config config = {
		.loop = &hub->loop,
		.clock = &hub->clock.base,
		.config = &hub->config,
		.data_folder = data,
		.node = "attic",
		.sender = "hub",
		.hub = membership,
		.probation = &hub->store,
		.request = far_hub_request,
		.on_noted = far_hub_note,
		.arg = hub,
	};

	hub->data = data;
	hub->config.updates.from_hub = true;
	hub->store.reason = "";
	clock_manual_init(&hub->clock, 1000000);
	uv_loop_init(&hub->loop);
	return rollout_updater_create(&config, &hub->updater, NULL);
}

/* Returns 0 if nothing was left open. */
static inline int far_hub_close(struct far_hub *hub)
{
	far_hub_installed(hub, ERROR_CLOSED, NULL);
	far_hub_undone(hub, ERROR_CLOSED, "");
	rollout_updater_close(hub->updater);
	far_hub_run(hub);
	rollout_updater_destroy(hub->updater);
	hub->question.done = hub->part.done = NULL;
	return uv_loop_close(&hub->loop);
}

#endif
