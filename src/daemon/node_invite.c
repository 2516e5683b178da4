/* `harvester node`: which nodes belong to this hub, and which hub this node belongs to. */
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "config/config.h"
#include "daemon/account_file.h"
#include "daemon/command.h"
#include "daemon/hub_file.h"
#include "daemon/load.h"
#include "daemon/paths.h"
#include "output/tls_pin.h"
#include "output/web_tls.h"

#define URL_SIZE (HOST_NAME_MAX + 64)

/* Where spokes reach this hub: what was said, else this machine's name and the port it listens on. */
static void make_url(const struct command_options *options, const struct config *config,
		     char ret_url[URL_SIZE])
{
	const char *port = strrchr(config->http.listen, ':');
	char name[HOST_NAME_MAX + 1] = "localhost";

	if (options->url) {
		snprintf(ret_url, URL_SIZE, "%s", options->url);
		return;
	}
	gethostname(name, sizeof(name) - 1);
	snprintf(ret_url, URL_SIZE, "http%s://%s%s%s", config->http.tls_certificate ? "s" : "",
		 name, strchr(name, '.') ? "" : ".local", port ? port : ":3000");
}

/* "" where the hub has no certificate. */
static int make_pin(const struct config *config, char ret_pin[TLS_PIN_SIZE], struct error *err)
{
	struct web_tls tls;
	int ret;

	*ret_pin = '\0';
	if (!config->http.tls_certificate)
		return 0;
	ret = web_tls_load(config->http.tls_certificate, config->http.tls_key, &tls, err);
	if (ret)
		return ret;
	ret = tls_pin_of(tls.certificate, ret_pin, err);
	web_tls_finish(&tls);
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

static json_t *say_invitation(const struct command_options *options, const char *url,
			      const char *pin, const char *secret)
{
	const char *node = options->words[0];
	struct buffer line;
	json_t *result = NULL;

	buffer_init(&line, 4096);
	buffer_printf(&line, "%s#node=%s&token=%s%s%s", url, node, secret, *pin ? "&pin=" : "",
		      pin);
	if (options->json) {
		result = json_pack("{s:s, s:s}", "node", node, "invitation",
				   line.data ? line.data : "");
	} else {
		printf("harvester node join '%s'\n", line.data ? line.data : "");
		fprintf(stderr,
			"Run that line on %s. It is not shown again; "
			"`harvester node revoke %s` ends it.%s\n",
			node, node,
			*pin ? ""
			     : "\nWithout https (tls_certificate under [http]), who listens on "
			       "the network reads the token.");
	}
	buffer_finish(&line);
	return result;
}

int command_node_invite(const struct command_options *options)
{
	char url[URL_SIZE], pin[TLS_PIN_SIZE], secret[ACCOUNTS_SECRET_SIZE] = "";
	struct config *config;
	struct error err = {0};
	json_t *result = NULL;
	int ret;

	if (load_config(options->config, &config))
		return EXIT_FAILED;
	make_url(options, config, url);
	ret = make_pin(config, pin, &err);
	if (!ret)
		ret = add_token(options, secret, &err);
	if (!ret)
		result = say_invitation(options, url, pin, secret);
	sodium_memzero(secret, sizeof(secret));
	config_destroy(config);
	return account_say(ret, &err, options->json, result);
}

int command_node_join(const struct command_options *options)
{
	char folder[PATH_MAX];
	struct hub_file file;
	struct error err = {0};
	json_t *result = NULL;
	int ret = hub_file_parse(options->words[0], &file, &err);

	if (ret)
		return account_say(ret, &err, options->json, NULL);
	if (options->data)
		snprintf(folder, sizeof(folder), "%s", options->data);
	else
		paths_data_folder(folder, sizeof(folder));
	ret = paths_make_folder(folder, &err);
	if (!ret)
		ret = hub_file_write(folder, file.url, file.node, file.token, file.pin, &err);
	if (!ret && options->json)
		result = json_pack("{s:s, s:s}", "node", file.node, "hub", file.url);
	else if (!ret)
		printf("From its next start on this node is %s, and sends its readings to %s\n",
		       file.node, file.url);
	hub_file_finish(&file);
	return account_say(ret, &err, options->json, result);
}

int command_node_list(const struct command_options *options)
{
	struct command_options nodes = *options;

	nodes.role = accounts_role_name(ACCOUNTS_NODE);
	return command_token_list(&nodes);
}
