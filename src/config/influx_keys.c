/* The keys of [influx], and the checks of them against each other. */
#include <arpa/inet.h>
#include <curl/curl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "config/config.h"
#include "config/rules.h"

#define URL_MAX 512
#define NAME_MAX_BYTES 128

#define AT(field) .offset = offsetof(struct config, influx.field)
#define TEXT(key, rule, words)                                                                     \
	{                                                                                          \
		.name = #key, .kind = SCHEMA_STRING, AT(key), .valid = rule, .expected = words     \
	}

static bool is_url(const char *text)
{
	return rule_is_url(text) && strlen(text) <= URL_MAX && !strpbrk(text, "?#");
}

static bool is_name(const char *text)
{
	return rule_is_path(text) && strlen(text) <= NAME_MAX_BYTES;
}

/* clang-format off */
const struct schema_key config_influx_keys[] = {
	TEXT(url, is_url, "the URL of a server, such as \"http://127.0.0.1:8086\", without \"?\" and \"#\""),
	TEXT(org, is_name, "1 to 128 bytes without control characters"),
	TEXT(bucket, is_name, "1 to 128 bytes without control characters"),
	TEXT(token_file, rule_is_path, "the path of a file"),
	TEXT(tls_ca, rule_is_path, "the path of a file"),
	{.name = "allow_plain_token", .kind = SCHEMA_BOOLEAN, AT(allow_plain_token)},
	{0},
};
/* clang-format on */

int config_influx_init(struct config_influx *influx)
{
	*influx = (struct config_influx){.bucket = strdup("harvester")};
	return influx->bucket ? 0 : ERROR_NO_MEMORY;
}

void config_influx_finish(struct config_influx *influx)
{
	free(influx->url);
	free(influx->org);
	free(influx->bucket);
	free(influx->token_file);
	free(influx->tls_ca);
}

static bool is_loopback(const char *host)
{
	struct in_addr address;

	return !strcmp(host, "localhost") || !strcmp(host, "[::1]") ||
	       (inet_pton(AF_INET, host, &address) == 1 && ntohl(address.s_addr) >> 24 == 127);
}

/* What is wrong with the keys together, with the key to blame; NULL if nothing is. */
static const char *find_flaw(const struct config_influx *influx, CURLU *url, const char **ret_key)
{
	const bool is_tls = !strncmp(influx->url, "https://", 8);
	char *host = NULL, *user = NULL;
	const char *flaw = NULL;

	*ret_key = "url";
	curl_url_get(url, CURLUPART_HOST, &host, 0);
	curl_url_get(url, CURLUPART_USER, &user, 0);
	if (!host) {
		flaw = "it has no host";
	} else if (user) {
		flaw = "put no user name or password into it; use token_file";
	} else if (influx->token_file && !is_tls && !is_loopback(host) &&
		   !influx->allow_plain_token) {
		*ret_key = "token_file";
		flaw = "the token would travel readable for everybody on the network: use "
		       "https:// in url, or allow it by allow_plain_token = true";
	} else if (influx->tls_ca && !is_tls) {
		*ret_key = "tls_ca";
		flaw = "has no effect without TLS: begin url with https://";
	}
	curl_free(host);
	curl_free(user);
	return flaw;
}

static void check_url(struct schema_reader *reader, struct toml_node *section,
		      const struct config_influx *influx)
{
	const char *key = "url", *flaw = "it is no URL";
	CURLU *url = curl_url();

	if (url && !curl_url_set(url, CURLUPART_URL, influx->url, 0))
		flaw = find_flaw(influx, url, &key);
	if (flaw)
		schema_complain(reader, toml_find(section, key), "influx.%s: %s", key, flaw);
	curl_url_cleanup(url);
}

void config_influx_check(struct schema_reader *reader, struct toml_node *root,
			 const struct config_influx *influx)
{
	struct toml_node *section = toml_find(root, "influx");
	struct toml_node *url = toml_find(section, "url");

	if (!section || (url && url->refused))
		return;
	if (!url)
		schema_complain(reader, section,
				"influx: set url, such as \"http://127.0.0.1:8086\", or remove "
				"[influx]");
	else
		check_url(reader, section, influx);
}
