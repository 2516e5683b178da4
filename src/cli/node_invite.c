/* `harvester node`: invites nodes to this hub, lists them, and makes this node join a hub. */
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "cli/account_file.h"
#include "cli/command.h"
#include "cli/load_config.h"
#include "cli/places.h"
#include "config/config.h"
#include "config/paths.h"
#include "http/server/tls.h"
#include "link/spoke/hub_address.h"
#include "link/tls_pin.h"

#define URL_SIZE (HOST_NAME_MAX + 64)

/* What a spoke has to know about its hub. */
struct hub {
	char url[URL_SIZE];
	char pin[TLS_PIN_SIZE]; /* "" if the hub has no certificate */
};

static bool is_loopback(const char *address)
{
	return !strncmp(address, "127.", 4) || !strncmp(address, "[::1]", 5) ||
	       !strncmp(address, "localhost:", 10);
}

static bool is_any_address(const char *address)
{
	return !strncmp(address, "0.0.0.0:", 8) || !strncmp(address, "[::]:", 5);
}

/* The URL of the address that the node listens on; if it listens on any, that of this machine's
 * name, as other machines resolve it. */
static void make_url(const struct run_answer *node, char ret_url[URL_SIZE])
{
	char name[HOST_NAME_MAX + 1] = "localhost";

	if (!is_any_address(node->address)) {
		snprintf(ret_url, URL_SIZE, "%s://%s", node->scheme, node->address);
		return;
	}
	gethostname(name, sizeof(name) - 1);
	snprintf(ret_url, URL_SIZE, "%s://%s%s%s", node->scheme, name,
		 strchr(name, '.') ? "" : ".local", strrchr(node->address, ':'));
}

static int make_pin(const struct config *config, char ret_pin[TLS_PIN_SIZE], struct error *err)
{
	struct web_tls tls;
	int ret;

	if (!config->http.tls_certificate)
		return 0;
	ret = web_tls_load(config->http.tls_certificate, config->http.tls_key, &tls, err);
	if (ret)
		return ret;
	ret = tls_pin_of(tls.certificate, ret_pin, err);
	web_tls_finish(&tls);
	return ret;
}

static int say_no_hub(const char *file, struct error *err)
{
	return error_set(err, ERROR_INVALID,
			 "this node is not a hub, so no node can send readings to it: set "
			 "role = \"hub\" under [cluster] in %s, and restart the node",
			 file && *file ? file : "a configuration file");
}

/* A running node tells its address. */
static int ask_hub(const struct command_options *options, const struct run_answer *node,
		   struct hub *ret_hub, struct error *err)
{
	if (strcmp(node->role, "hub") != 0)
		return say_no_hub(node->config, err);
	if (!options->url && is_loopback(node->address))
		return error_set(
			err, ERROR_INVALID,
			"the hub listens on %s, which other machines cannot reach: set "
			"listen = \"0.0.0.0%s\" under [http] in %s and restart it, or give the URL "
			"by which they reach it with --url",
			node->address, strrchr(node->address, ':'),
			node->config ? node->config : "a configuration file");
	if (options->url)
		snprintf(ret_hub->url, URL_SIZE, "%s", options->url);
	else
		make_url(node, ret_hub->url);
	snprintf(ret_hub->pin, TLS_PIN_SIZE, "%s", node->pin ? node->pin : "");
	return 0;
}

/* If the hub does not run yet, only --url can tell its future address. */
static int read_hub(const struct command_options *options, const struct places *places,
		    struct hub *ret_hub, struct error *err)
{
	struct config *config;
	int ret;

	if (!options->url) {
		places_say_others(places);
		return error_set(err, ERROR_NOT_FOUND,
				 "no node runs on the data folder %s: start the hub first, or give "
				 "the URL by which other nodes will reach it with --url",
				 places->data);
	}
	if (load_config(places_config(places), &config))
		return error_set(err, ERROR_MALFORMED,
				 "the configuration has the problems listed above: correct them, "
				 "then run the command again");
	snprintf(ret_hub->url, URL_SIZE, "%s", options->url);
	if (config->cluster.role != ROLE_HUB)
		ret = say_no_hub(places->config, err);
	else
		ret = make_pin(config, ret_hub->pin, err);
	config_destroy(config);
	return ret;
}

static int find_hub(const struct command_options *options, struct hub *ret_hub, struct error *err)
{
	struct places places;
	int ret = places_find(options, PLACES_EXACT, &places, err);

	*ret_hub = (struct hub){0};
	if (!ret && places.node.root)
		ret = ask_hub(options, &places.node, ret_hub, err);
	else if (!ret)
		ret = read_hub(options, &places, ret_hub, err);
	if (!ret && *ret_hub->pin && !strncmp(ret_hub->url, "http://", 7))
		ret = error_set(err, ERROR_INVALID,
				"the hub has a certificate, so its URL must begin with https://: "
				"give --url https://…");
	places_finish(&places);
	return ret;
}

static int add_token(const struct command_options *options, char ret_secret[ACCOUNTS_SECRET_SIZE],
		     struct error *err)
{
	struct account_file file = {0};
	int ret = account_file_open(options, true, &file, err);

	if (!ret)
		ret = accounts_add_token(file.accounts, options->words[0], ACCOUNTS_NODE,
					 clock_unix_ms(clock_system()), ret_secret, err);
	account_file_close(&file);
	return ret;
}

static json_t *say_invitation(const struct command_options *options, const struct hub *hub,
			      const char *secret)
{
	const char *node = options->words[0];
	char revoke[ADVICE_SIZE];
	struct advice advice = {0};
	struct buffer line;
	json_t *result = NULL;

	buffer_init(&line, 4096);
	buffer_printf(&line, "%s#node=%s&token=%s%s%s", hub->url, node, secret,
		      *hub->pin ? "&pin=" : "", hub->pin);
	if (options->data)
		advice_add(&advice, "--data", options->data);
	if (options->json) {
		result = json_pack("{s:s, s:s}", "node", node, "invitation",
				   line.data ? line.data : "");
	} else {
		printf("harvester node join '%s'\n", line.data ? line.data : "");
		fprintf(stderr,
			"Run that command on %s. It is not shown again; `%s` revokes it.%s\n", node,
			advice_command(&advice, revoke, "node revoke %s", node),
			*hub->pin
				? ""
				: "\nWithout https (tls_certificate under [http]), anybody on the "
				  "network can read the token.");
	}
	buffer_finish(&line);
	return result;
}

int command_node_invite(const struct command_options *options)
{
	char secret[ACCOUNTS_SECRET_SIZE] = "";
	struct error err = {0};
	json_t *result = NULL;
	struct hub hub;
	int ret = find_hub(options, &hub, &err);

	if (!ret)
		ret = add_token(options, secret, &err);
	if (!ret)
		result = say_invitation(options, &hub, secret);
	sodium_memzero(secret, sizeof(secret));
	return account_say(ret, &err, options->json, result);
}

static void say_joined(const struct hub_address *file, const struct places *places)
{
	if (places->node.root)
		printf("Restart node %s: it will then be called %s, and send its readings to %s\n",
		       places->node.node, file->node, file->url);
	else
		printf("From its next start, this node is called %s, and sends its readings to "
		       "%s\n",
		       file->node, file->url);
	if (!file->pin && !strncmp(file->url, "http://", 7))
		fputs("Without https on the hub, anybody on the network can read the token.\n",
		      stderr);
}

int command_node_join(const struct command_options *options)
{
	struct places places = {0};
	struct hub_address file;
	struct error err = {0};
	json_t *result = NULL;
	int ret = hub_address_parse(options->words[0], &file, &err);

	if (ret)
		return account_say(ret, &err, options->json, NULL);
	ret = places_find(options, PLACES_EXACT, &places, &err);
	if (!ret)
		ret = paths_make_folder(places.data, &err);
	if (!ret)
		ret = hub_address_write(places.data, file.url, file.node, file.token, file.pin,
					&err);
	if (!ret && options->json)
		result = json_pack("{s:s, s:s}", "node", file.node, "hub", file.url);
	else if (!ret)
		say_joined(&file, &places);
	hub_address_finish(&file);
	places_finish(&places);
	return account_say(ret, &err, options->json, result);
}

int command_node_list(const struct command_options *options)
{
	struct command_options nodes = *options;

	nodes.role = accounts_role_name(ACCOUNTS_NODE);
	return command_token_list(&nodes);
}
