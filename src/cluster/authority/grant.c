#include "cluster/authority/grant.h"

#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "cluster/names.h"
#include "reading/name.h"

#define HEADER "{\"typ\":\"JWT\",\"alg\":\"ed25519-nkey\"}"
#define GRANT_SIZE_MAX 16384
#define SUBJECT_SIZE 160
#define REMOVER_LIFE_S 600

/* Signing */

static void append_base64(struct buffer *buffer, const void *data, size_t size)
{
	size_t room = sodium_base64_encoded_len(size, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	char *at = buffer_reserve(buffer, room);

	if (!at)
		return;
	sodium_bin2base64(at, room, data, size, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	buffer_commit(buffer, room - 1);
}

static char *sign(const struct nkey *issuer, const char *claims)
{
	unsigned char signature[NKEY_SIGNATURE_SIZE];
	struct buffer text;

	buffer_init(&text, GRANT_SIZE_MAX);
	append_base64(&text, HEADER, strlen(HEADER));
	buffer_append_text(&text, ".");
	append_base64(&text, claims, strlen(claims));
	if (!text.failed) {
		nkey_sign(issuer, text.data, text.size, signature);
		buffer_append_text(&text, ".");
		append_base64(&text, signature, sizeof(signature));
	}
	if (text.failed || buffer_append(&text, "", 1)) {
		buffer_finish(&text);
		return NULL;
	}
	return text.data;
}

/* Takes ownership of `granted`. `life_s`: 0: for ever. */
static char *make(const struct nkey *issuer, const char *subject, const char *name, uint64_t now_ms,
		  unsigned life_s, json_t *granted)
{
	unsigned char random[16];
	char id[2 * sizeof(random) + 1];
	json_t *claims;
	char *text, *grant;

	randombytes_buf(random, sizeof(random));
	sodium_bin2hex(id, sizeof(id), random, sizeof(random));
	claims = json_pack("{s:s, s:I, s:s, s:s, s:s, s:o}", "jti", id, "iat",
			   (json_int_t)(now_ms / 1000), "iss", issuer->public_text, "name", name,
			   "sub", subject, "nats", granted);
	if (life_s)
		json_object_set_new(claims, "exp",
				    json_integer((json_int_t)(now_ms / 1000 + life_s)));
	text = claims ? json_dumps(claims, JSON_COMPACT) : NULL;
	grant = text ? sign(issuer, text) : NULL;
	free(text);
	json_decref(claims);
	return grant;
}

char *grant_operator(const struct nkey *operator_key, const char *cluster, uint64_t now_ms)
{
	return make(operator_key, operator_key->public_text, cluster, now_ms, 0,
		    json_pack("{s:s, s:i}", "type", "operator", "version", 2));
}

/* Accounts. -1: no limit of the account's own; the server's configuration has them. */

char *grant_account(const struct nkey *operator_key, const char *account, const char *name,
		    bool has_storage, uint64_t now_ms)
{
	int stored = has_storage ? -1 : 0;
	json_t *limits =
		json_pack("{s:i, s:i, s:i, s:i, s:i, s:b, s:i, s:i, s:i, s:i, s:i, s:i}", "subs",
			  -1, "data", -1, "payload", -1, "imports", -1, "exports", -1, "wildcards",
			  1, "conn", -1, "leaf", -1, "mem_storage", stored, "disk_storage", stored,
			  "streams", stored, "consumer", stored);

	return make(
		operator_key, account, name, now_ms, 0,
		json_pack("{s:o, s:s, s:i}", "limits", limits, "type", "account", "version", 2));
}

/* Nodes */

static void allow(json_t *list, const char *prefix, const char *rest)
{
	char subject[SUBJECT_SIZE];

	snprintf(subject, sizeof(subject), "%s%s", prefix, rest);
	json_array_append_new(list, json_string(subject));
}

static json_t *list_written(const char *node, bool is_voter)
{
	static const char *const streams[] = {CLUSTER_LOG, CLUSTER_KEYS, CLUSTER_PRESENCE,
					      CLUSTER_ROLLOUTS, CLUSTER_BUNDLES};
	char relayed[ENGINE_SUBJECT_SIZE];
	json_t *list = json_array();

	allow(list, CLUSTER_LOG_SUBJECT, node);
	cluster_log_subject(node, ">", relayed);
	allow(list, relayed, "");
	allow(list, CLUSTER_PRESENCE_SUBJECT, node);
	allow(list, CLUSTER_LEADER_KEY, "");
	allow(list, CLUSTER_MQTT_KEY, "");
	allow(list, CLUSTER_ROLLOUTS_SUBJECT, CLUSTER_PLAN_KEY);
	allow(list, CLUSTER_ROLLOUTS_SUBJECT CLUSTER_REPORT_KEY, node);
	allow(list, CLUSTER_BUNDLES_SUBJECT, ">");
	allow(list, CLUSTER_COMMAND_SUBJECT, ">");
	allow(list, "$JS.API.INFO", "");
	for (size_t i = 0; i < sizeof(streams) / sizeof(*streams); i++) {
		allow(list, "$JS.API.STREAM.INFO.", streams[i]);
		allow(list, "$JS.API.STREAM.CREATE.", streams[i]);
		allow(list, "$JS.API.STREAM.MSG.GET.", streams[i]);
		allow(list, "$JS.API.DIRECT.GET.", streams[i]);
		if (is_voter)
			allow(list, "$JS.API.STREAM.UPDATE.", streams[i]);
	}
	return list;
}

static json_t *list_read(const char *node)
{
	char inbox[CLUSTER_INBOX_SIZE];
	json_t *list = json_array();

	cluster_inbox(node, inbox);
	allow(list, inbox, ".>");
	allow(list, CLUSTER_COMMAND_SUBJECT, node);
	return list;
}

char *grant_node(const struct nkey *account_key, const char *user, const char *node, bool is_voter,
		 uint64_t now_ms)
{
	/* "resp": one answer to each command that the node has received. */
	json_t *granted =
		json_pack("{s:{s:o}, s:{s:o}, s:{s:i, s:I}, s:i, s:i, s:i, s:s, s:i}", "pub",
			  "allow", list_written(node, is_voter), "sub", "allow", list_read(node),
			  "resp", "max", 1, "ttl", (json_int_t)60000000000, "subs", -1, "data", -1,
			  "payload", -1, "type", "user", "version", 2);

	return make(account_key, user, node, now_ms, 0, granted);
}

char *grant_remover(const struct nkey *system_key, const char *user, uint64_t now_ms)
{
	json_t *granted =
		json_pack("{s:{s:[s]}, s:{s:[s]}, s:i, s:i, s:i, s:s, s:i}", "pub", "allow",
			  "$JS.API.SERVER.REMOVE", "sub", "allow", "_INBOX.>", "subs", -1, "data",
			  -1, "payload", -1, "type", "user", "version", 2);

	return make(system_key, user, "remover", now_ms, REMOVER_LIFE_S, granted);
}

char *grant_credentials(const char *grant, const struct nkey *user_key)
{
	struct buffer text;

	buffer_init(&text, GRANT_SIZE_MAX);
	buffer_printf(&text,
		      "-----BEGIN NATS USER JWT-----\n%s\n------END NATS USER JWT------\n\n"
		      "-----BEGIN USER NKEY SEED-----\n%s\n------END USER NKEY SEED------\n",
		      grant, user_key->seed);
	if (text.failed)
		buffer_finish(&text);
	return text.data;
}
