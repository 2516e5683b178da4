#include "cluster/server_removal.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "base/error.h"
#include "cluster/authority/grant.h"
#include "cluster/authority/membership.h"
#include "cluster/nats_connection.h"

#define SUBJECT "$JS.API.SERVER.REMOVE"
#define PEER_SIZE 9
#define ATTEMPTS 6
#define NO_MEMBER 10044 /* of JetStream */

/* This call's own user. */
struct remover {
	struct nkey key;
	char *grant; /* owned */
};

/* The library frees what these two return. */

static natsStatus give_grant(char **ret_grant, char **ret_problem, void *arg)
{
	(void)ret_problem;
	*ret_grant = strdup(((struct remover *)arg)->grant);
	return *ret_grant ? NATS_OK : NATS_NO_MEMORY;
}

static natsStatus give_signature(char **ret_problem, unsigned char **ret_signature, int *ret_size,
				 const char *nonce, void *arg)
{
	unsigned char *signature = malloc(NKEY_SIGNATURE_SIZE);

	(void)ret_problem;
	if (!signature)
		return NATS_NO_MEMORY;
	nkey_sign(&((struct remover *)arg)->key, nonce, strlen(nonce), signature);
	*ret_signature = signature;
	*ret_size = NKEY_SIGNATURE_SIZE;
	return NATS_OK;
}

static int make_remover(const json_t *authority, uint64_t now_ms, struct remover *ret_remover,
			struct error *err)
{
	const json_t *system = json_object_get(authority, "system");
	const char *seed = json_string_value(json_object_get(system, "seed"));
	struct nkey key;

	if (!seed)
		return error_set(err, ERROR_UNSUPPORTED,
				 "the keys of this cluster cannot remove a voter: they were made "
				 "by an older version of harvester; replace the voter by "
				 "`harvester cluster invite NODE --voter` instead");
	if (nkey_read(seed, &key, err))
		return ERROR_MALFORMED;
	nkey_create(NKEY_USER, &ret_remover->key);
	ret_remover->grant = grant_remover(&key, ret_remover->key.public_text, now_ms);
	nkey_finish(&key);
	return ret_remover->grant ? 0 : error_set(err, ERROR_NO_MEMORY, "out of memory");
}

/* How the engine names a server among those that vote: by a hash of its name. */
static void name_peer(const char *node, char ret_peer[PEER_SIZE])
{
	static const char digits[] =
		"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
	unsigned char hash[crypto_hash_sha256_BYTES];

	crypto_hash_sha256(hash, (const unsigned char *)node, strlen(node));
	for (size_t i = 0; i < PEER_SIZE - 1; i++)
		ret_peer[i] = digits[hash[i] % (sizeof(digits) - 1)];
	ret_peer[PEER_SIZE - 1] = '\0';
}

static natsStatus connect_to(const char *data_folder, const json_t *member, struct remover *remover,
			     natsConnection **ret_connection)
{
	char ca[PATH_MAX], certificate[PATH_MAX], key[PATH_MAX];
	const json_t *urls = json_object_get(member, "urls");
	const char *servers[MEMBERSHIP_URLS_MAX];
	int count = (int)json_array_size(urls);
	natsOptions *options = NULL;
	natsStatus status = natsOptions_Create(&options);

	for (int i = 0; i < count; i++)
		servers[i] = json_string_value(json_array_get(urls, (size_t)i));
	if (membership_path(data_folder, "ca.pem", ca, NULL) ||
	    membership_path(data_folder, "node.pem", certificate, NULL) ||
	    membership_path(data_folder, "node.key", key, NULL))
		status = NATS_ERR;
	if (status == NATS_OK)
		status = natsOptions_SetServers(options, servers, count);
	if (status == NATS_OK)
		status = natsOptions_SetTimeout(options, NATS_CONNECT_MS);
	if (status == NATS_OK)
		status = natsOptions_SetSecure(options, true);
	if (status == NATS_OK)
		status = natsOptions_LoadCATrustedCertificates(options, ca);
	if (status == NATS_OK)
		status = natsOptions_LoadCertificatesChain(options, certificate, key);
	if (status == NATS_OK)
		status = natsOptions_SetUserCredentialsCallbacks(options, give_grant, remover,
								 give_signature, remover);
	if (status == NATS_OK)
		status = natsConnection_Connect(ret_connection, options);
	natsOptions_Destroy(options);
	return status;
}

static int judge(natsStatus status, const char *answer, const char *node, struct error *err)
{
	json_t *root = json_loads(answer ? answer : "", 0, NULL);
	const json_t *problem = json_object_get(root, "error");
	json_int_t code = json_integer_value(json_object_get(problem, "err_code"));
	const char *text = json_string_value(json_object_get(problem, "description"));
	int ret = 0;

	if (status != NATS_OK || !root)
		ret = error_set(
			err, status == NATS_TIMEOUT ? ERROR_TIMEOUT : ERROR_SYSTEM,
			"cannot remove the server of %s from the cluster (%s): more than "
			"half of the servers have to run and reach each other; then run the "
			"command again",
			node, natsStatus_GetText(status));
	else if (problem && code != NO_MEMBER)
		ret = error_set(err, ERROR_SYSTEM,
				"the servers did not remove that of %s: %.200s; try again", node,
				text ? text : "no reason");
	json_decref(root);
	return ret;
}

static int ask(natsConnection *connection, const char *node, struct error *err)
{
	char peer[PEER_SIZE], request[64], *answer = NULL;
	natsMsg *msg = NULL;
	natsStatus status = NATS_TIMEOUT;
	int ret;

	name_peer(node, peer);
	snprintf(request, sizeof(request), "{\"peer_id\":\"%s\"}", peer);
	/* While the servers elect, nobody answers. */
	for (int i = 0; i < ATTEMPTS && status == NATS_TIMEOUT; i++)
		status = natsConnection_RequestString(&msg, connection, SUBJECT, request,
						      SERVER_REMOVAL_MS / ATTEMPTS);
	if (status == NATS_OK)
		answer = strndup(natsMsg_GetData(msg), (size_t)natsMsg_GetDataLength(msg));
	ret = judge(status, answer, node, err);
	free(answer);
	natsMsg_Destroy(msg);
	return ret;
}

int server_removal_ask(const char *data_folder, const json_t *member, const json_t *authority,
		       const char *node, uint64_t now_ms, struct error *err)
{
	struct remover remover = {0};
	natsConnection *connection = NULL;
	natsStatus status;
	int ret = make_remover(authority, now_ms, &remover, err);

	if (!ret) {
		status = connect_to(data_folder, member, &remover, &connection);
		ret = status == NATS_OK ? ask(connection, node, err)
					: judge(status, NULL, node, err);
	}
	natsConnection_Destroy(connection);
	free(remover.grant);
	nkey_finish(&remover.key);
	return ret;
}
