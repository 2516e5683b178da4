/* The HTTP server, and who may use it. */
#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"
#include "config/config.h"
#include "daemon/internal.h"
#include "http/auth/auth.h"
#include "http/server/tls.h"
#include "link/node/node_links.h"
#include "store/accounts/authenticator.h"

/* Accounts and tokens */

static void log_access_problem(const struct node *node)
{
	const char *problem = authenticator_problem(node->authenticator);

	if (problem)
		log_error("web",
			  "%s: nobody is let in over HTTP until this is repaired; restore a copy "
			  "of the file, or move it away and add every account again",
			  problem);
}

static void on_access_changed(void *arg)
{
	struct node *node = arg;

	log_access_problem(node);
	if (node->web)
		web_access_changed(node->web);
}

static int create_access(struct node *node, struct error *err)
{
	int ret = authenticator_create(node->loop, node->clock, node->options.data_folder,
				       on_access_changed, node, &node->authenticator, err);

	if (!ret)
		log_access_problem(node);
	return ret;
}

/* The server */

/* An expired certificate is used too: clients that do not accept it show an error, but sensors must
 * still be polled. */
static int load_tls(struct node *node, struct web_tls *ret_tls, struct error *err)
{
	const struct config *config = node->options.config;
	struct error when;
	int ret = web_tls_load(config->http.tls_certificate, config->http.tls_key, ret_tls, err);

	if (!ret && web_tls_check_time(ret_tls, clock_unix_ms(node->clock), &when))
		log_warning("web", "%s", when.text);
	return ret;
}

/* The link goes to stderr only: others can read the log, on this node's page and on its hub. */
static void offer_setup(struct node *node)
{
	char link[WEB_LINK_SIZE], command[ADVICE_SIZE];

	if (!web_make_setup_link(node->web, link, sizeof(link)))
		return;
	log_warning("web",
		    "%s is not loopback and there is no account: until there is one, this node "
		    "serves only the set-up page; open the link on the next line within an hour, "
		    "or run `%s`",
		    web_address(node->web),
		    advice_command(&node->advice, command, "user add NAME"));
	fprintf(stderr, "set up: %s\n", link);
}

static int create_server(struct node *node, const struct web_tls *tls, struct error *err)
{
	const struct config *config = node->options.config;
	const struct web_config web = {
		.listen = node->options.listen,
		.table = node->table,
		.intake = node->intake,
		.log = node->log,
		.authenticator = node->authenticator,
		.host_names = (const char *const *)config->http.host_names,
		.public_read = config->http.public_read,
		.push_without_token = config->http.push_without_token,
		.connections_per_address_max = config->http.connections_per_address,
		.clock = node->clock,
		.node = config->cluster.node_id,
		.history = node->recorder.history,
		.alerts = node->alerts,
		.mqtt = node->mqtt,
		.influx = node->influx,
		.hub = node_links_hub(node->links),
		.rollouts = node->rollouts,
		.actions = node->web_actions,
		.tls = tls,
	};

	return web_create(node->loop, &web, &node->web, err);
}

static int create(struct node *node, struct error *err)
{
	const bool has_tls = node->options.config->http.tls_certificate != NULL;
	struct web_tls tls = {0};
	int ret = has_tls ? load_tls(node, &tls, err) : 0;

	if (!ret && has_tls)
		ret = tls_pin_of(tls.certificate, node->pin, err);
	if (!ret)
		ret = create_server(node, has_tls ? &tls : NULL, err);
	web_tls_finish(&tls);
	if (!ret)
		offer_setup(node);
	return ret;
}

static void on_web_closed(void *arg)
{
	((struct node *)arg)->web = NULL;
	node_stop_next(arg);
}

static void on_access_closed(void *arg)
{
	struct node *node = arg;

	node->authenticator = NULL;
	if (node->web)
		web_close(node->web, on_web_closed, node);
	else
		node_stop_next(node);
}

/* The authenticator closes before the server does, whose requests wait for its work. */
static void stop(struct node *node)
{
	if (node->authenticator)
		authenticator_close(node->authenticator, on_access_closed, node);
	else
		on_access_closed(node);
}

/* Closed together with the web. */
const struct node_part node_part_access = {.create = create_access};
const struct node_part node_part_web = {.create = create, .stop = stop};
