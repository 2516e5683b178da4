#include "cli/run_membership.h"

#include <jansson.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "cluster/authority/membership.h"
#include "config/config.h"

#define PEM_SIZE_MAX 65536

/* Without memory the old text stays, and `*is_short` becomes true. */
static void replace(char **at, const char *text, bool *is_short)
{
	char *copy = strdup(text);

	if (!copy) {
		*is_short = true;
		return;
	}
	free(*at);
	*at = copy;
}

static void take_path(const char *data_folder, const char *file, char **at, bool *is_short)
{
	char path[PATH_MAX];

	if (membership_path(data_folder, file, path, NULL))
		*is_short = true;
	else
		replace(at, path, is_short);
}

static void take_urls(struct config *config, const json_t *urls, bool *is_short)
{
	for (size_t i = 0; i < CONFIG_URLS_MAX; i++) {
		const char *url = json_string_value(json_array_get(urls, i));

		if (url) {
			replace(&config->cluster.urls[i], url, is_short);
		} else {
			free(config->cluster.urls[i]);
			config->cluster.urls[i] = NULL;
		}
	}
}

static int take(struct config *config, const char *data_folder, const json_t *member,
		struct error *err)
{
	json_int_t replicas = json_integer_value(json_object_get(member, "replicas"));
	bool is_short = false;

	replace(&config->cluster.name, json_string_value(json_object_get(member, "cluster")),
		&is_short);
	replace(&config->cluster.node_id, json_string_value(json_object_get(member, "node")),
		&is_short);
	take_urls(config, json_object_get(member, "urls"), &is_short);
	take_path(data_folder, "ca.pem", &config->cluster.tls_ca, &is_short);
	take_path(data_folder, "node.pem", &config->cluster.tls_certificate, &is_short);
	take_path(data_folder, "node.key", &config->cluster.tls_key, &is_short);
	take_path(data_folder, "node.creds", &config->cluster.credentials, &is_short);
	config->cluster.engine = CLUSTER_ENGINE_NATS;
	config->cluster.replicas = (unsigned)replicas;
	config->cluster.voters_ms =
		(uint64_t)json_integer_value(json_object_get(member, "voters_ms"));
	return is_short ? error_set(err, ERROR_NO_MEMORY,
				    "out of memory while reading the membership in the cluster; "
				    "this machine needs more free memory")
			: 0;
}

/* A certificate that is not valid now is no reason to measure nothing: the node waits for others.
 */
static void check_certificate(const char *path)
{
	struct buffer text;
	struct error err;

	if (buffer_read_file(&text, path, PEM_SIZE_MAX, NULL))
		return;
	if (certificate_check_time(text.data ? text.data : "", clock_unix_ms(clock_system()), &err))
		log_error("cluster", "%s", err.text);
	buffer_finish(&text);
}

int run_take_membership(struct config *config, const char *data_folder)
{
	struct error err = {0};
	json_t *member = NULL;
	int ret = membership_read(data_folder, &member, &err);

	if (ret == ERROR_NOT_FOUND)
		return 0;
	if (!ret && config->cluster.role == ROLE_SPOKE)
		ret = error_set(&err, ERROR_INVALID,
				"a spoke sends its readings to its hub, so it cannot be a member "
				"of a cluster too: remove role = \"spoke\" under [cluster], or run "
				"`harvester cluster leave`");
	if (!ret)
		ret = take(config, data_folder, member, &err);
	json_decref(member);
	if (ret) {
		log_error("cluster", "%s", err.text);
		return ERROR_SYSTEM;
	}
	check_certificate(config->cluster.tls_certificate);
	return 0;
}
