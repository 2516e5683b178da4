/* The keys of [[notify]], and the checks of alerts, channels and hosts against each other. */
#include <arpa/inet.h>
#include <curl/curl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "config/alert.h"
#include "config/rules.h"

#define AT(field) .offset = offsetof(struct config_channel, field)
#define TEXT(key, member, rule, words)                                                             \
	{                                                                                          \
		.name = key, .kind = SCHEMA_STRING, AT(member), .valid = rule, .expected = words   \
	}

static const char *const kinds[] = {"webhook", "ntfy", "alertmanager", "apprise", "smtp", NULL};

static bool is_address(const char *text)
{
	const char *at = strchr(text, '@');

	return at && at != text && at[1] && !strchr(at + 1, '@') && !strpbrk(text, " <>,;\"\\") &&
	       rule_is_path(text);
}

#define URL "a URL such as \"https://ntfy.example.org/\" or \"smtps://mail.example.org\""
#define ADDRESS "one mail address, such as \"me@example.org\""

/* clang-format off */
const struct schema_key config_channel_keys[] = {
	TEXT("name", name, rule_is_label, RULE_LABEL),
	{.name = "kind", .kind = SCHEMA_CHOICE, AT(kind), .choices = kinds},
	TEXT("url", url, rule_is_path, URL),
	TEXT("topic", topic, rule_is_name, RULE_NAME),
	TEXT("tag", tag, rule_is_name, RULE_NAME),
	TEXT("username", username, rule_is_path, "a user name without control characters"),
	TEXT("secret_file", secret_file, rule_is_path, "the path of a file"),
	TEXT("from", from, is_address, ADDRESS),
	TEXT("to", to, is_address, ADDRESS),
	{0},
};
/* clang-format on */

/* What is missing; NULL if nothing is. */
static const char *find_missing(const struct config_channel *channel)
{
	if (!channel->name || !channel->url)
		return "a channel needs name, kind and url";
	if (channel->kind == CHANNEL_NTFY && !channel->topic)
		return "ntfy needs a topic";
	if (channel->kind == CHANNEL_WEBHOOK && !channel->secret_file)
		return "a webhook needs a secret_file, with whose secret its messages are signed";
	if (channel->kind == CHANNEL_SMTP && (!channel->from || !channel->to))
		return "smtp needs the addresses from and to";
	if (channel->kind == CHANNEL_SMTP && channel->username && !channel->secret_file)
		return "smtp with a username needs a secret_file, with the password";
	return NULL;
}

void config_channel_read_all(struct schema_reader *reader, struct toml_node *node, const char *path,
			     void *target)
{
	struct config_alerting *alerting = target;

	if (node->kind != TOML_ARRAY) {
		schema_refuse(reader, node, path, "an array of tables, [[notify]]");
		return;
	}
	for (struct toml_node *child = node->first; child; child = child->next) {
		size_t refused = reader->refused;
		struct config_channel *channel;
		const char *missing;

		if (alerting->channels_count == CONFIG_CHANNELS_MAX) {
			schema_complain(reader, child, "%s: more than %d channels: remove some",
					path, CONFIG_CHANNELS_MAX);
			return;
		}
		channel = schema_append(reader, &alerting->channels, &alerting->channels_count,
					sizeof(*channel));
		if (!channel)
			return;
		schema_read(reader, child, path, config_channel_keys, channel);
		missing = find_missing(channel);
		if (missing && reader->refused == refused)
			schema_complain(reader, child, "%s: %s", path, missing);
	}
}

/* URLs and hosts */

static bool is_loopback(const char *host)
{
	struct in_addr address;

	if (!strcmp(host, "localhost") || !strcmp(host, "[::1]"))
		return true;
	return inet_pton(AF_INET, host, &address) == 1 && ntohl(address.s_addr) >> 24 == 127;
}

bool config_channel_is_local(const struct config_channel *channel)
{
	CURLU *url = curl_url();
	char *host = NULL;
	bool is_local = url &&
			!curl_url_set(url, CURLUPART_URL, channel->url, CURLU_NON_SUPPORT_SCHEME) &&
			!curl_url_get(url, CURLUPART_HOST, &host, 0) && is_loopback(host);

	curl_free(host);
	curl_url_cleanup(url);
	return is_local;
}

static bool is_listed(char *const *names, const char *name)
{
	for (size_t i = 0; names[i]; i++)
		if (!strcasecmp(names[i], name))
			return true;
	return false;
}

/* What is wrong with the parts of a URL; NULL if nothing is. */
static const char *find_flaw(const struct config_channel *channel, CURLU *url, char *const *allowed)
{
	char *scheme = NULL, *host = NULL, *user = NULL;
	const char *flaw = NULL;
	bool is_mail = channel->kind == CHANNEL_SMTP;

	curl_url_get(url, CURLUPART_SCHEME, &scheme, 0);
	curl_url_get(url, CURLUPART_HOST, &host, 0);
	curl_url_get(url, CURLUPART_USER, &user, 0);
	if (!scheme || !host)
		flaw = "it has no host";
	else if (user)
		flaw = "put no user name or password into it; use username and secret_file";
	else if (is_mail ? strcmp(scheme, "smtp") && strcmp(scheme, "smtps")
			 : strcmp(scheme, "http") && strcmp(scheme, "https"))
		flaw = is_mail ? "begin it with smtps:// or smtp://"
			       : "begin it with https://, or with http:// for this machine itself";
	else if (!strcmp(scheme, "http") && !is_loopback(host))
		flaw = "use https://: http:// is allowed for this machine itself only";
	else if (!is_listed(allowed, host))
		flaw = "add the host name to allowed_hosts under [alerting]";
	curl_free(scheme);
	curl_free(host);
	curl_free(user);
	return flaw;
}

static void check_channel(struct schema_reader *reader, struct toml_node *table,
			  const struct config_channel *channel, char *const *allowed)
{
	struct toml_node *node = toml_find(table, "url");
	CURLU *url = curl_url();
	const char *flaw;

	if (!node || node->refused || !channel->url)
		goto out;
	if (!url) {
		reader->no_memory = true;
		return;
	}
	flaw = curl_url_set(url, CURLUPART_URL, channel->url, CURLU_NON_SUPPORT_SCHEME)
		       ? "expected " URL
		       : find_flaw(channel, url, allowed);
	if (flaw)
		schema_complain(reader, node, "notify.url \"%.100s\": %s", channel->url, flaw);
out:
	curl_url_cleanup(url);
}

static bool has_channel(const struct config_alerting *alerting, const char *name)
{
	for (size_t i = 0; i < alerting->channels_count; i++)
		if (alerting->channels[i].name && !strcmp(alerting->channels[i].name, name))
			return true;
	return false;
}

static void check_notify(struct schema_reader *reader, struct toml_node *node, const char *path,
			 char *const *names, const struct config_alerting *alerting)
{
	for (size_t i = 0; node && !node->refused && names[i]; i++)
		if (!has_channel(alerting, names[i]))
			schema_complain(reader, node,
					"%s: there is no [[notify]] with the name \"%s\": add it",
					path, names[i]);
}

static bool is_repeated(const char *name, const char *other)
{
	return name && other && !strcmp(name, other);
}

static void check_alerts(struct schema_reader *reader, struct toml_node *list,
			 const struct config_alerting *alerting)
{
	struct toml_node *table = list ? list->first : NULL;

	for (size_t i = 0; table && i < alerting->alerts_count; i++, table = table->next) {
		const struct config_alert *alert = &alerting->alerts[i];

		check_notify(reader, toml_find(table, "notify"), "alert.notify", alert->notify,
			     alerting);
		for (size_t j = 0; j < i; j++)
			if (is_repeated(alert->name, alerting->alerts[j].name))
				schema_complain(reader, table,
						"alert: the name \"%s\" is used twice: give one "
						"of the two another name",
						alert->name);
	}
}

static void check_channels(struct schema_reader *reader, struct toml_node *list,
			   const struct config_alerting *alerting)
{
	struct toml_node *table = list ? list->first : NULL;

	for (size_t i = 0; table && i < alerting->channels_count; i++, table = table->next) {
		const struct config_channel *channel = &alerting->channels[i];

		check_channel(reader, table, channel, alerting->allowed_hosts);
		for (size_t j = 0; j < i; j++)
			if (is_repeated(channel->name, alerting->channels[j].name))
				schema_complain(reader, table,
						"notify: the name \"%s\" is used twice: give one "
						"of the two another name",
						channel->name);
	}
}

void config_alerting_check(struct schema_reader *reader, struct toml_node *root,
			   const struct config_alerting *alerting)
{
	check_channels(reader, toml_find(root, "notify"), alerting);
	check_alerts(reader, toml_find(root, "alert"), alerting);
	check_notify(reader, toml_find(toml_find(root, "alerting"), "notify"), "alerting.notify",
		     alerting->notify, alerting);
}
