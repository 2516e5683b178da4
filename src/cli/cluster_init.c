/* `harvester cluster init`, `invite` and `backup`: what the cluster's authority does. */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "cli/account_file.h"
#include "cli/cluster_board.h"
#include "cli/command.h"
#include "cli/load_config.h"
#include "cluster/authority/authority.h"
#include "cluster/authority/invitation.h"
#include "cluster/authority/membership.h"
#include "cluster/authority/welcome.h"
#include "config/config.h"
#include "reading/limits.h"

#define WAIT_S 900
#define PEM_SIZE_MAX 65536

static uint64_t now_ms(void)
{
	return clock_unix_ms(clock_system());
}

/* Init */

/* The name of the node here: that of --node, of the running node, or of the configuration. */
static int find_node(const struct cluster_board *board, char ret_node[READING_NAME_MAX + 1],
		     struct error *err)
{
	const char *name = board->options->node;
	struct config *config;

	if (!name && board->places.node.root)
		name = board->places.node.node;
	if (name) {
		snprintf(ret_node, READING_NAME_MAX + 1, "%s", name);
		return 0;
	}
	if (load_config(places_config(&board->places), &config))
		return error_set(err, ERROR_MALFORMED,
				 "the configuration has the problems listed above: correct them, "
				 "then run the command again");
	snprintf(ret_node, READING_NAME_MAX + 1, "%s", config->cluster.node_id);
	config_destroy(config);
	return 0;
}

static int make_authority(const struct command_options *options, json_t **ret_authority,
			  struct error *err)
{
	unsigned voters = options->voters ? cluster_board_parse_voters(options->voters) : 1;

	if (options->from)
		return authority_read(options->from, ret_authority, err);
	return authority_create(options->words[0], voters, now_ms(), ret_authority, err);
}

static int check_backup(const struct command_options *options, const json_t *authority,
			struct error *err)
{
	const char *cluster = json_string_value(json_object_get(authority, "cluster"));

	if (!options->from || !strcmp(cluster, options->words[0]))
		return 0;
	return error_set(err, ERROR_INVALID,
			 "the backup %s is of the cluster %s, not of %s: name the right cluster, "
			 "or the right file with --from",
			 options->from, cluster, options->words[0]);
}

static int found(struct cluster_board *board, json_t *authority, const char *node,
		 const char *server, struct error *err)
{
	struct membership_keys keys = {0};
	json_t *application = NULL, *admission = NULL;
	int ret = membership_apply(node, server, &keys, &application, err);

	if (!ret)
		ret = authority_admit(authority, node, true, application, now_ms(), &admission,
				      err);
	if (!ret)
		ret = membership_write(board->places.data, admission, &keys, err);
	if (!ret)
		ret = cluster_board_open(board->options, board, err);
	membership_keys_finish(&keys);
	json_decref(application);
	json_decref(admission);
	return ret;
}

int command_cluster_init(const struct command_options *options)
{
	char node[READING_NAME_MAX + 1], server[SERVER_ADDRESS_SIZE];
	struct cluster_board board = {0};
	json_t *authority = NULL, *result = NULL;
	struct error err = {0};
	int ret = cluster_board_begin(options, &board, &err);

	if (!ret)
		ret = find_node(&board, node, &err);
	if (!ret)
		ret = cluster_board_address(options, server, &err);
	if (!ret)
		ret = make_authority(options, &authority, &err);
	if (!ret)
		ret = check_backup(options, authority, &err);
	if (!ret)
		ret = found(&board, authority, node, server, &err);
	if (!ret)
		result = cluster_board_say(&board, "made");
	json_decref(authority);
	cluster_board_close(&board);
	return account_say(ret, &err, options->json, result);
}

/* Invite */

struct inviting {
	struct cluster_board *board;
	json_t *authority;
	const struct invitation *invitation;
	char path[PATH_MAX]; /* of the authority */
};

static json_t *on_application(void *arg, const json_t *application, struct error *err)
{
	struct inviting *inviting = arg;
	const struct invitation *invitation = inviting->invitation;
	json_t *member = inviting->board->member, *admission = NULL, *urls;
	const char *self = json_string_value(json_object_get(member, "node"));
	int ret = authority_admit(inviting->authority, invitation->node, invitation->is_voter,
				  application, now_ms(), &admission, err);

	if (!ret)
		ret = authority_write(inviting->authority, inviting->path, err);
	if (!ret && invitation->is_voter) {
		urls = authority_urls(inviting->authority, self);
		ret = membership_set_urls(inviting->board->places.data, member, urls, err);
		json_decref(urls);
	}
	if (ret) {
		json_decref(admission);
		return NULL;
	}
	return admission;
}

static void say_invitation(void *arg)
{
	const struct inviting *inviting = arg;
	char line[INVITATION_LINE_SIZE];

	invitation_format(inviting->invitation, line);
	printf("harvester cluster join '%s'\n", line);
	fflush(stdout);
	fprintf(stderr,
		"Run that command on %s. This one waits for it; if you interrupt it, the "
		"invitation is invalid.\n",
		inviting->invitation->node);
	sodium_memzero(line, sizeof(line));
}

static int read_text(const char *data_folder, const char *file, struct buffer *ret_text,
		     struct error *err)
{
	char path[PATH_MAX];
	int ret = membership_path(data_folder, file, path, err);

	return ret ? ret : buffer_read_file(ret_text, path, PEM_SIZE_MAX, err);
}

static int wait_for_board(struct inviting *inviting, struct invitation *invitation,
			  const struct buffer *certificate, const struct buffer *key,
			  struct error *err)
{
	double seconds = inviting->board->options->duration_seconds;
	const struct welcome_config welcome = {
		.clock = clock_system(),
		.invitation = invitation,
		.certificate = certificate->data ? certificate->data : "",
		.key = key->data ? key->data : "",
		.wait_ms = seconds > 0 ? (uint64_t)(seconds * 1000) : WAIT_S * UINT64_C(1000),
		.on_listening = say_invitation,
		.on_application = on_application,
		.arg = inviting,
	};
	int ret = tls_pin_of(welcome.certificate, invitation->pin, err);

	if (ret)
		return ret;
	invitation_make_secret(invitation);
	return welcome_wait(&welcome, err);
}

static int open_authority(struct inviting *inviting, struct invitation *invitation,
			  struct error *err)
{
	const struct cluster_board *board = inviting->board;
	const char *server = json_string_value(json_object_get(board->member, "server"));
	int ret = membership_path(board->places.data, AUTHORITY_FILE, inviting->path, err);

	if (!ret)
		ret = authority_read(inviting->path, &inviting->authority, err);
	if (!ret)
		ret = authority_check(inviting->authority, invitation->node, invitation->is_voter,
				      err);
	return ret ? ret : server_address_parse(server ? server : "", &invitation->address, err);
}

int command_cluster_invite(const struct command_options *options)
{
	struct cluster_board board = {0};
	struct invitation invitation = {.is_voter = options->voter};
	struct inviting inviting = {.board = &board, .invitation = &invitation};
	struct buffer certificate = {0}, key = {0};
	struct error err = {0};
	int ret = cluster_board_open(options, &board, &err);

	snprintf(invitation.node, sizeof(invitation.node), "%s", options->words[0]);
	if (!ret)
		ret = open_authority(&inviting, &invitation, &err);
	if (!ret)
		ret = read_text(board.places.data, "node.pem", &certificate, &err);
	if (!ret)
		ret = read_text(board.places.data, "node.key", &key, &err);
	if (!ret)
		ret = wait_for_board(&inviting, &invitation, &certificate, &key, &err);
	if (!ret)
		text_printf(stderr, "%s has joined\n", invitation.node);
	if (key.data)
		sodium_memzero(key.data, key.size);
	buffer_finish(&key);
	buffer_finish(&certificate);
	sodium_memzero(&invitation, sizeof(invitation));
	json_decref(inviting.authority);
	cluster_board_close(&board);
	return account_say(ret, &err, options->json, NULL);
}

/* Backup */

int command_cluster_backup(const struct command_options *options)
{
	struct cluster_board board = {0};
	struct error err = {0};
	json_t *authority = NULL;
	char path[PATH_MAX];
	int ret = cluster_board_open(options, &board, &err);

	if (!ret)
		ret = membership_path(board.places.data, AUTHORITY_FILE, path, &err);
	if (!ret)
		ret = authority_read(path, &authority, &err);
	if (!ret)
		ret = authority_write(authority, options->words[0], &err);
	if (!ret && !options->json)
		text_printf(stdout,
			    "%s: the keys with which members are admitted; keep it private\n",
			    options->words[0]);
	cluster_board_close(&board);
	json_decref(authority);
	return account_say(ret, &err, options->json, json_pack("{s:s}", "file", options->words[0]));
}
