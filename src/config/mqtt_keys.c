/* The keys of [mqtt], and the checks of them against each other. */
#include <arpa/inet.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "config/config.h"
#include "config/rules.h"

#define PORT_MAX 65535
#define PREFIX_MAX 64
#define CLIENT_ID_MAX 64

#define AT(field) .offset = offsetof(struct config, mqtt.field)
#define TEXT(key, rule, words)                                                                     \
	{                                                                                          \
		.name = #key, .kind = SCHEMA_STRING, AT(key), .valid = rule, .expected = words     \
	}
#define FLAG(key)                                                                                  \
	{                                                                                          \
		.name = #key, .kind = SCHEMA_BOOLEAN, AT(key)                                      \
	}

#define URL "the URL of a broker, such as \"mqtt://127.0.0.1\" or \"mqtts://broker.local:8883\""
#define PREFIX "1 to 64 letters, digits, \"-\", \"_\", \".\" and \"/\", not at the ends"

static int parse_port(const char *text, int *ret_port)
{
	char *end;
	long port = strtol(text, &end, 10);

	if (end == text || *end || *text == '+' || *text == '-' || port < 1 || port > PORT_MAX)
		return ERROR_MALFORMED;
	*ret_port = (int)port;
	return 0;
}

/* The end of the host, which may be an IPv6 address in brackets. */
static const char *host_end(const char *host)
{
	if (*host == '[')
		return strchr(host, ']');
	return host + strcspn(host, ":/?#@");
}

int config_mqtt_address(const char *url, struct config_mqtt_address *ret_address)
{
	struct config_mqtt_address address = {.is_tls = !strncmp(url, "mqtts://", 8)};
	const char *host = strstr(url, "://"), *end;
	int ret = 0;

	if (!host || (!address.is_tls && strncmp(url, "mqtt://", 7) != 0))
		return ERROR_MALFORMED;
	host += 3;
	end = host_end(host);
	if (!end)
		return ERROR_MALFORMED;
	host += *host == '[';
	if (end == host || (size_t)(end - host) >= sizeof(address.host))
		return ERROR_MALFORMED;
	memcpy(address.host, host, (size_t)(end - host));
	end += *end == ']';
	address.port = address.is_tls ? CONFIG_MQTT_TLS_PORT : CONFIG_MQTT_PORT;
	if (*end == ':')
		ret = parse_port(end + 1, &address.port);
	else if (*end)
		ret = ERROR_MALFORMED;
	if (!ret)
		*ret_address = address;
	return ret;
}

static bool is_url(const char *text)
{
	struct config_mqtt_address address;

	return rule_is_path(text) && !strchr(text, ' ') && !config_mqtt_address(text, &address);
}

/* No empty level, wildcard or "$" in front, which brokers keep for themselves. */
static bool is_prefix(const char *text)
{
	size_t size = strlen(text);

	return size > 0 && size <= PREFIX_MAX && text[0] != '/' && text[size - 1] != '/' &&
	       !strstr(text, "//") &&
	       strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./") ==
		       size;
}

static bool is_client_id(const char *text)
{
	return rule_is_label(text) && strlen(text) <= CLIENT_ID_MAX;
}

/* clang-format off */
const struct schema_key config_mqtt_keys[] = {
	TEXT(url, is_url, URL),
	TEXT(client_id, is_client_id, RULE_LABEL),
	TEXT(username, rule_is_path, "a user name without control characters"),
	TEXT(password_file, rule_is_path, "the path of a file"),
	TEXT(tls_ca, rule_is_path, "the path of a file"),
	TEXT(tls_certificate, rule_is_path, "the path of a file"),
	TEXT(tls_key, rule_is_path, "the path of a file"),
	FLAG(allow_plain_password),
	TEXT(topic_prefix, is_prefix, PREFIX),
	TEXT(discovery_prefix, is_prefix, PREFIX),
	FLAG(discovery),
	FLAG(history),
	FLAG(allow_buzzer),
	FLAG(allow_fan),
	FLAG(allow_leds),
	FLAG(allow_reload),
	FLAG(allow_approve),
	{0},
};
/* clang-format on */

int config_mqtt_init(struct config_mqtt *mqtt)
{
	*mqtt = (struct config_mqtt){
		.topic_prefix = strdup("harvester"),
		.discovery_prefix = strdup("homeassistant"),
		.discovery = true,
	};
	return mqtt->topic_prefix && mqtt->discovery_prefix ? 0 : ERROR_NO_MEMORY;
}

void config_mqtt_finish(struct config_mqtt *mqtt)
{
	free(mqtt->url);
	free(mqtt->client_id);
	free(mqtt->username);
	free(mqtt->password_file);
	free(mqtt->tls_ca);
	free(mqtt->tls_certificate);
	free(mqtt->tls_key);
	free(mqtt->topic_prefix);
	free(mqtt->discovery_prefix);
}

static bool is_loopback(const char *host)
{
	struct in_addr address;

	return !strcmp(host, "localhost") || !strcmp(host, "::1") ||
	       (inet_pton(AF_INET, host, &address) == 1 && ntohl(address.s_addr) >> 24 == 127);
}

/* What is wrong with the keys together, with the key to blame; NULL if nothing is. */
static const char *find_flaw(const struct config_mqtt *mqtt, const char **ret_key)
{
	struct config_mqtt_address address;

	*ret_key = "url";
	if (config_mqtt_address(mqtt->url, &address))
		return NULL; /* refused before */
	*ret_key = mqtt->username ? "username" : "password_file";
	if (!mqtt->username != !mqtt->password_file)
		return "set username and password_file both, or neither";
	if (mqtt->username && !address.is_tls && !is_loopback(address.host) &&
	    !mqtt->allow_plain_password)
		return "the password would travel readable for everybody on the network: use "
		       "mqtts:// in url, or allow it by allow_plain_password = true";
	*ret_key = mqtt->tls_certificate ? "tls_certificate" : "tls_key";
	if (!mqtt->tls_certificate != !mqtt->tls_key)
		return "set tls_certificate and tls_key both, or neither";
	*ret_key = mqtt->tls_ca ? "tls_ca" : "tls_certificate";
	if ((mqtt->tls_ca || mqtt->tls_certificate) && !address.is_tls)
		return "has no effect without TLS: begin url with mqtts://";
	return NULL;
}

void config_mqtt_check(struct schema_reader *reader, struct toml_node *root,
		       const struct config_mqtt *mqtt)
{
	struct toml_node *section = toml_find(root, "mqtt");
	struct toml_node *url = toml_find(section, "url");
	const char *key, *flaw;

	if (!section || (url && url->refused))
		return;
	if (!url) {
		schema_complain(reader, section,
				"mqtt: set url, such as \"mqtt://127.0.0.1\", or remove [mqtt]");
		return;
	}
	flaw = find_flaw(mqtt, &key);
	if (flaw)
		schema_complain(reader, toml_find(section, key), "mqtt.%s: %s", key, flaw);
}
