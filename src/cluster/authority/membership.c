#include "cluster/authority/membership.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/durable_file.h"
#include "base/error.h"
#include "cluster/authority/authority.h"
#include "cluster/authority/grant.h"
#include "cluster/authority/server_address.h"
#include "cluster/authority/server_files.h"
#include "cluster/names.h"
#include "reading/name.h"

#define MEMBER_FILE "member.json"
#define MEMBER_SIZE_MAX 65536

static const char *text_of(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

int membership_path(const char *data_folder, const char *file, char ret_path[PATH_MAX],
		    struct error *err)
{
	if (snprintf(ret_path, PATH_MAX, "%s/" MEMBERSHIP_FOLDER "/%s", data_folder, file) <
	    PATH_MAX)
		return 0;
	return error_set(err, ERROR_TOO_LARGE,
			 "the data folder's path is too long: choose another with --data");
}

static int write_file(const char *data_folder, const char *file, const char *text,
		      struct error *err)
{
	char path[PATH_MAX];
	int ret = membership_path(data_folder, file, path, err);

	return ret ? ret : durable_file_replace_path(path, text, strlen(text), err);
}

/* Applying */

int membership_apply(const char *node, const char *server, struct membership_keys *ret_keys,
		     json_t **ret_application, struct error *err)
{
	json_t *application;
	int ret = certificate_request(node, &ret_keys->request, err);

	if (ret)
		return ret;
	nkey_create(NKEY_USER, &ret_keys->user);
	application = json_pack("{s:s, s:s, s:s*}", "request", ret_keys->request.certificate,
				"user", ret_keys->user.public_text, "server", server);
	if (!application) {
		membership_keys_finish(ret_keys);
		return error_set(err, ERROR_NO_MEMORY,
				 "out of memory while making this node's keys; this machine needs "
				 "more free memory");
	}
	*ret_application = application;
	return 0;
}

void membership_keys_finish(struct membership_keys *keys)
{
	certificate_pair_finish(&keys->request);
	nkey_finish(&keys->user);
}

/* Writing */

static json_t *make_member(const json_t *admission)
{
	static const char *const keys[] = {"cluster", "node",	"replicas", "urls",
					   "server",  "routes", "voters_ms"};
	json_t *member = json_object();

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		json_t *value = json_object_get(admission, keys[i]);

		if (value)
			json_object_set(member, keys[i], value);
	}
	return member;
}

static int check_member(const json_t *member, struct error *err)
{
	const json_t *urls = json_object_get(member, "urls");
	json_int_t replicas = json_integer_value(json_object_get(member, "replicas"));
	const char *node = text_of(member, "node"), *server = text_of(member, "server");
	struct server_address address;
	size_t i, count = json_array_size(urls);

	for (i = 0; i < count && json_is_string(json_array_get(urls, i)); i++)
		continue;
	if (i && i == count && i <= MEMBERSHIP_URLS_MAX && text_of(member, "cluster") &&
	    reading_name_is_valid(text_of(member, "cluster")) && node &&
	    reading_name_is_valid(node) && cluster_name_fits(node) && replicas >= 1 &&
	    replicas <= CLUSTER_REPLICAS_MAX &&
	    (!server || !server_address_parse(server, &address, NULL)))
		return 0;
	return error_set(err, ERROR_MALFORMED,
			 "the membership in the cluster is damaged: run `harvester cluster leave`, "
			 "then join it again with a new invitation");
}

static int write_credentials(const char *data_folder, const char *grant,
			     const struct membership_keys *keys, struct error *err)
{
	char *text = grant_credentials(grant, &keys->user);
	int ret = text ? write_file(data_folder, "node.creds", text, err)
		       : error_set(err, ERROR_NO_MEMORY,
				   "out of memory while writing this node's keys; this machine "
				   "needs more free memory");

	if (text)
		sodium_memzero(text, strlen(text));
	free(text);
	return ret;
}

static int write_member(const char *data_folder, const json_t *member, struct error *err)
{
	char *text = json_dumps(member, JSON_INDENT(1));
	int ret = text ? write_file(data_folder, MEMBER_FILE, text, err)
		       : error_set(err, ERROR_NO_MEMORY,
				   "out of memory while writing the membership; this machine needs "
				   "more free memory");

	free(text);
	return ret;
}

static int write_voter(const char *data_folder, const json_t *member, const json_t *authority,
		       struct error *err)
{
	char path[PATH_MAX];
	int ret;

	if (!text_of(member, "server"))
		return 0;
	ret = membership_path(data_folder, AUTHORITY_FILE, path, err);
	if (!ret)
		ret = authority_write(authority, path, err);
	return ret ? ret : server_files_write(data_folder, member, authority, err);
}

static int make_folder(const char *data_folder, struct error *err)
{
	char path[PATH_MAX];
	int ret = membership_path(data_folder, ".", path, err);

	path[ret ? 0 : strlen(path) - 2] = '\0';
	if (ret || !mkdir(path, 0700) || errno == EEXIST)
		return ret;
	return error_set_errno(err, ERROR_SYSTEM, errno,
			       "%s: cannot make this folder (check who may write to the data "
			       "folder)",
			       path);
}

int membership_write(const char *data_folder, const json_t *admission,
		     const struct membership_keys *keys, struct error *err)
{
	const char *ca = text_of(admission, "ca"), *grant = text_of(admission, "grant"),
		   *certificate = text_of(admission, "certificate");
	json_t *member = make_member(admission);
	int ret = check_member(member, err);

	if (!ret && (!ca || !certificate || !grant))
		ret = error_set(err, ERROR_MALFORMED,
				"the cluster's answer lacks a key: use the same version of "
				"harvester on both boards");
	if (!ret)
		ret = make_folder(data_folder, err);
	if (!ret)
		ret = write_file(data_folder, "ca.pem", ca, err);
	if (!ret)
		ret = write_file(data_folder, "node.pem", certificate, err);
	if (!ret)
		ret = write_file(data_folder, "node.key", keys->request.key, err);
	if (!ret)
		ret = write_credentials(data_folder, grant, keys, err);
	if (!ret)
		ret = write_voter(data_folder, member, json_object_get(admission, "authority"),
				  err);
	if (!ret)
		ret = write_member(data_folder, member, err);
	json_decref(member);
	return ret;
}

int membership_set_urls(const char *data_folder, json_t *member, json_t *urls, struct error *err)
{
	json_object_set(member, "urls", urls);
	return write_member(data_folder, member, err);
}

int membership_set_voters(const char *data_folder, json_t *member, const json_t *authority,
			  bool *ret_is_new, struct error *err)
{
	json_t *replicas = json_object_get(authority, "voters");
	json_t *since = json_object_get(authority, "voters_ms");
	bool was_alone = json_integer_value(json_object_get(member, "replicas")) == 1;
	char store[64];
	int ret;

	*ret_is_new = was_alone != (json_integer_value(replicas) == 1);
	snprintf(store, sizeof(store), SERVER_STORE "/%" JSON_INTEGER_FORMAT,
		 json_integer_value(since));
	if (*ret_is_new)
		json_object_set_new(member, "store", json_string(store));
	json_object_set(member, "replicas", replicas);
	json_object_set(member, "voters_ms", since);
	json_object_set_new(member, "urls", authority_urls(authority, text_of(member, "node")));
	json_object_set_new(member, "routes", authority_routes(authority));
	ret = write_voter(data_folder, member, authority, err);
	return ret ? ret : write_member(data_folder, member, err);
}

/* Reading */

int membership_read(const char *data_folder, json_t **ret_member, struct error *err)
{
	struct buffer text;
	char path[PATH_MAX];
	json_t *member;
	int ret = membership_path(data_folder, MEMBER_FILE, path, err);

	if (ret)
		return ret;
	if (access(path, F_OK))
		return error_set(err, ERROR_NOT_FOUND,
				 "%s does not exist: this board is not a member of a cluster; "
				 "`harvester cluster join` makes it one",
				 path);
	ret = buffer_read_file(&text, path, MEMBER_SIZE_MAX, err);
	if (ret)
		return ret;
	member = json_loadb(text.data ? text.data : "", text.size, 0, NULL);
	buffer_finish(&text);
	ret = check_member(member, err);
	if (ret) {
		json_decref(member);
		return error_wrap(err, ret, "%s", path);
	}
	*ret_member = member;
	return 0;
}

int membership_remove(const char *data_folder, struct error *err)
{
	static const char *const files[] = {MEMBER_FILE,	  AUTHORITY_FILE, "node.creds",
					    "node.key",		  "node.pem",	  "ca.pem",
					    SERVER_CONFIGURATION, SERVER_UNIT};
	char path[PATH_MAX];

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		int ret = membership_path(data_folder, files[i], path, err);

		if (ret)
			return ret;
		if (!unlink(path))
			continue;
		if (errno == ENOENT && !i)
			return error_set(err, ERROR_NOT_FOUND,
					 "this board is not a member of a cluster, so there is "
					 "nothing to leave");
		if (errno != ENOENT)
			return error_set_errno(
				err, ERROR_SYSTEM, errno,
				"%s: cannot delete this file (check who may write to its folder)",
				path);
	}
	return 0;
}
