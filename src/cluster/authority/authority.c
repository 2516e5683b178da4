#include "cluster/authority/authority.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "base/buffer.h"
#include "base/durable_file.h"
#include "base/error.h"
#include "cluster/authority/certificate.h"
#include "cluster/authority/grant.h"
#include "cluster/authority/server_address.h"
#include "cluster/names.h"
#include "reading/limits.h"
#include "reading/name.h"

#define MS_A_DAY UINT64_C(86400000)

static int fail_memory(struct error *err)
{
	return error_set(err, ERROR_NO_MEMORY,
			 "out of memory while making the cluster's keys; this machine needs more "
			 "free memory");
}

static const char *text_of(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

/* A new cluster */

/* Takes ownership of `text`. */
static json_t *take_text(char *text)
{
	json_t *string = text ? json_string(text) : NULL;

	free(text);
	return string;
}

static json_t *make_account(const struct nkey *operator_key, const char *name, bool has_storage,
			    uint64_t now_ms)
{
	struct nkey key;
	json_t *account;

	nkey_create(NKEY_ACCOUNT, &key);
	account = json_pack(
		"{s:s, s:o, s:s}", "name", key.public_text, "grant",
		take_text(grant_account(operator_key, key.public_text, name, has_storage, now_ms)),
		"seed", key.seed);
	nkey_finish(&key);
	return account;
}

static json_t *make_root(const char *cluster, unsigned voters, const struct certificate_pair *pair,
			 uint64_t now_ms)
{
	struct nkey key;
	json_t *root;

	nkey_create(NKEY_OPERATOR, &key);
	root = json_pack("{s:s, s:i, s:s, s:s, s:o, s:o, s:o, s:{}}", "cluster", cluster, "voters",
			 (int)voters, "certificate", pair->certificate, "key", pair->key,
			 "operator", take_text(grant_operator(&key, cluster, now_ms)), "system",
			 make_account(&key, "servers", false, now_ms), "account",
			 make_account(&key, cluster, true, now_ms), "members");
	/* The operator's secret is not needed any more: there are no other accounts. */
	nkey_finish(&key);
	return root;
}

static int check_number(unsigned voters, struct error *err)
{
	if (voters == 1 || voters == 3 || voters == 5)
		return 0;
	return error_set(err, ERROR_INVALID,
			 "a cluster has 1, 3 or 5 voters, not %u: an even number survives no more "
			 "faults than the odd one below it",
			 voters);
}

int authority_create(const char *cluster, unsigned voters, uint64_t now_ms, json_t **ret_authority,
		     struct error *err)
{
	struct certificate_pair pair = {0};
	json_t *root;
	int ret;

	if (!reading_name_is_valid(cluster))
		return error_set(
			err, ERROR_INVALID,
			"the name of a cluster must have 1 to %d letters, digits and \"-_.:\"",
			READING_NAME_MAX);
	ret = check_number(voters, err);
	if (ret)
		return ret;
	ret = certificate_create_authority(cluster, now_ms, &pair, err);
	if (ret)
		return ret;
	root = make_root(cluster, voters, &pair, now_ms);
	certificate_pair_finish(&pair);
	if (!root)
		return fail_memory(err);
	*ret_authority = root;
	return 0;
}

/* The file */

static bool is_complete(const json_t *root)
{
	const json_t *account = json_object_get(root, "account");
	const json_t *servers = json_object_get(root, "system");

	return text_of(root, "cluster") && text_of(root, "certificate") && text_of(root, "key") &&
	       text_of(root, "operator") && text_of(servers, "name") && text_of(servers, "grant") &&
	       text_of(account, "name") && text_of(account, "grant") && text_of(account, "seed") &&
	       json_is_integer(json_object_get(root, "voters")) &&
	       json_is_object(json_object_get(root, "members"));
}

int authority_read(const char *path, json_t **ret_authority, struct error *err)
{
	struct buffer text;
	json_t *root;
	int ret;

	if (access(path, F_OK))
		return error_set(err, ERROR_NOT_FOUND,
				 "%s does not exist: only a voter of a cluster can admit others; "
				 "run this command on one, or make a cluster with `harvester "
				 "cluster init`",
				 path);
	ret = buffer_read_file(&text, path, AUTHORITY_SIZE_MAX, err);
	if (ret)
		return ret;
	root = json_loadb(text.data ? text.data : "", text.size, 0, NULL);
	if (text.data)
		sodium_memzero(text.data, text.size);
	buffer_finish(&text);
	if (!is_complete(root)) {
		json_decref(root);
		return error_set(err, ERROR_MALFORMED,
				 "%s is damaged: restore it from `harvester cluster backup`, or "
				 "invite others on another voter",
				 path);
	}
	*ret_authority = root;
	return 0;
}

int authority_write(const json_t *authority, const char *path, struct error *err)
{
	char *text = json_dumps(authority, JSON_INDENT(1));
	int ret =
		text ? durable_file_replace_path(path, text, strlen(text), err) : fail_memory(err);

	if (text)
		sodium_memzero(text, strlen(text));
	free(text);
	return ret;
}

/* Members */

static unsigned count_voters(const json_t *authority, const char *other_than)
{
	const json_t *member;
	const char *name;
	unsigned count = 0;

	json_object_foreach(json_object_get(authority, "members"), name, member) count +=
		text_of(member, "server") && strcmp(name, other_than) != 0;
	return count;
}

int authority_check(const json_t *authority, const char *node, bool is_voter, struct error *err)
{
	const json_t *members = json_object_get(authority, "members");
	json_int_t voters = json_integer_value(json_object_get(authority, "voters"));

	if (!reading_name_is_valid(node))
		return error_set(
			err, ERROR_INVALID,
			"the name of a node must have 1 to %d letters, digits and \"-_.:\"",
			READING_NAME_MAX);
	if (!cluster_name_fits(node))
		return error_set(err, ERROR_INVALID,
				 "the node's name, %s, cannot be used in a cluster: choose one "
				 "without points at its ends and without two in a row",
				 node);
	if (json_object_size(members) >= AUTHORITY_MEMBERS_MAX && !json_object_get(members, node))
		return error_set(err, ERROR_TOO_LARGE,
				 "the cluster has %d members already, the limit: give the new "
				 "board the name of one that is gone",
				 AUTHORITY_MEMBERS_MAX);
	if (is_voter && count_voters(authority, node) >= (unsigned)voters)
		return error_set(err, ERROR_TOO_LARGE,
				 "the cluster has its %d voters already: invite %s without "
				 "--voter, or give the name of a dead voter, whose place the new "
				 "board then takes",
				 (int)voters, node);
	return 0;
}

/* Changing the number of voters */

static int check_leaving(const json_t *authority, const char *const *leaving, size_t count,
			 const char *self, struct error *err)
{
	const json_t *members = json_object_get(authority, "members");

	for (size_t i = 0; i < count; i++) {
		if (!strcmp(leaving[i], self))
			return error_set(
				err, ERROR_INVALID,
				"%s is this board: run the command on a voter that remains "
				"one",
				self);
		for (size_t j = 0; j < i; j++) {
			if (!strcmp(leaving[i], leaving[j]))
				return error_set(err, ERROR_INVALID, "%s is named twice",
						 leaving[i]);
		}
		if (!text_of(json_object_get(members, leaving[i]), "server"))
			return error_set(err, ERROR_NOT_FOUND,
					 "%s is no voter of this cluster, so it cannot cease to be "
					 "one; `harvester cluster status` lists them",
					 leaving[i]);
	}
	return 0;
}

int authority_check_voters(const json_t *authority, unsigned voters, const char *const *leaving,
			   size_t count, const char *self, struct error *err)
{
	unsigned now = count_voters(authority, "");
	int ret = check_number(voters, err);

	if (!ret)
		ret = check_leaving(authority, leaving, count, self, err);
	if (ret || now <= voters + count)
		return ret;
	return error_set(err, ERROR_INVALID,
			 "the cluster has %u voters: name the %u that are to be voters no longer, "
			 "after the number",
			 now, now - voters);
}

void authority_set_voters(json_t *authority, unsigned voters, const char *const *leaving,
			  size_t count, uint64_t now_ms)
{
	json_int_t last = json_integer_value(json_object_get(authority, "voters_ms"));
	json_t *members = json_object_get(authority, "members");

	for (size_t i = 0; i < count; i++)
		json_object_set_new(members, leaving[i], json_object());
	json_object_set_new(authority, "voters", json_integer(voters));
	json_object_set_new(
		authority, "voters_ms",
		json_integer((json_int_t)now_ms > last ? (json_int_t)now_ms : last + 1));
}

unsigned authority_missing_voters(const json_t *authority)
{
	json_int_t voters = json_integer_value(json_object_get(authority, "voters"));

	return (unsigned)voters - count_voters(authority, "");
}

json_t *authority_urls(const json_t *authority, const char *node)
{
	char url[SERVER_ADDRESS_SIZE + 16];
	json_t *list = json_array();
	const json_t *member;
	const char *name;

	json_object_foreach(json_object_get(authority, "members"), name, member)
	{
		const char *server = text_of(member, "server");

		if (!server)
			continue;
		snprintf(url, sizeof(url), "tls://%s", server);
		json_array_insert_new(list, strcmp(name, node) ? json_array_size(list) : 0,
				      json_string(url));
	}
	return list;
}

json_t *authority_routes(const json_t *authority)
{
	char url[SERVER_ADDRESS_SIZE + 16];
	struct server_address address;
	json_t *list = json_array();
	const json_t *member;
	const char *name;

	json_object_foreach(json_object_get(authority, "members"), name, member)
	{
		if (!text_of(member, "server") ||
		    server_address_parse(text_of(member, "server"), &address, NULL))
			continue;
		server_address_format(&address, SERVER_ROUTES, "tls", url, sizeof(url));
		json_array_append_new(list, json_string(url));
	}
	return list;
}

/* What an application says, checked. */
struct applicant {
	const char *node, *request, *user;
	const char *server; /* NULL: no voter */
	struct server_address address;
};

static int read_application(const json_t *application, const char *node, bool is_voter,
			    struct applicant *ret_applicant, struct error *err)
{
	struct applicant found = {.node = node,
				  .request = text_of(application, "request"),
				  .user = text_of(application, "user"),
				  .server = is_voter ? text_of(application, "server") : NULL};

	if (!found.request || !found.user || !nkey_is_public(found.user, NKEY_USER) ||
	    (is_voter && !found.server))
		return error_set(err, ERROR_MALFORMED,
				 "the application of %s lacks its keys or its address: use the "
				 "same version of harvester on both boards",
				 node);
	*ret_applicant = found;
	return is_voter ? server_address_parse(found.server, &ret_applicant->address, err) : 0;
}

static char *grant(const json_t *authority, const struct applicant *applicant, uint64_t now_ms)
{
	const char *seed = text_of(json_object_get(authority, "account"), "seed");
	struct nkey key;
	char *text;

	if (nkey_read(seed, &key, NULL))
		return NULL;
	text = grant_node(&key, applicant->user, applicant->node, applicant->server != NULL,
			  now_ms);
	nkey_finish(&key);
	return text;
}

static int certify(const json_t *authority, const struct applicant *applicant, uint64_t now_ms,
		   char **ret_certificate, struct error *err)
{
	const struct certificate_pair pair = {
		.certificate = (char *)(uintptr_t)text_of(authority, "certificate"),
		.key = (char *)(uintptr_t)text_of(authority, "key"),
	};
	const struct certificate_order order = {
		.node = applicant->node,
		.host = applicant->server ? applicant->address.host : NULL,
		.from_ms = now_ms - MS_A_DAY,
		.until_ms = now_ms + CERTIFICATE_DAYS * MS_A_DAY,
	};

	return certificate_issue(&pair, applicant->request, &order, ret_certificate, err);
}

static json_t *describe(json_t *authority, const struct applicant *applicant,
			const char *certificate, const char *granted)
{
	json_t *admission = json_pack(
		"{s:s, s:s, s:O, s:o, s:s, s:s, s:s}", "cluster", text_of(authority, "cluster"),
		"node", applicant->node, "replicas", json_object_get(authority, "voters"), "urls",
		authority_urls(authority, applicant->node), "ca", text_of(authority, "certificate"),
		"certificate", certificate, "grant", granted);

	if (!admission || !applicant->server)
		return admission;
	json_object_set_new(admission, "server", json_string(applicant->server));
	json_object_set_new(admission, "routes", authority_routes(authority));
	json_object_set(admission, "voters_ms", json_object_get(authority, "voters_ms"));
	json_object_set(admission, "authority", authority);
	return admission;
}

int authority_admit(json_t *authority, const char *node, bool is_voter, const json_t *application,
		    uint64_t now_ms, json_t **ret_admission, struct error *err)
{
	struct applicant applicant;
	char *certificate = NULL, *granted = NULL;
	json_t *admission = NULL;
	int ret = authority_check(authority, node, is_voter, err);

	if (!ret)
		ret = read_application(application, node, is_voter, &applicant, err);
	if (!ret)
		ret = certify(authority, &applicant, now_ms, &certificate, err);
	if (ret)
		return ret;
	granted = grant(authority, &applicant, now_ms);
	json_object_set_new(json_object_get(authority, "members"), node,
			    json_pack("{s:s?}", "server", applicant.server));
	if (granted)
		admission = describe(authority, &applicant, certificate, granted);
	free(certificate);
	free(granted);
	if (!admission)
		return fail_memory(err);
	*ret_admission = admission;
	return 0;
}
