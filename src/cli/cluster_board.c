#include "cli/cluster_board.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/text.h"
#include "cli/command.h"
#include "cluster/authority/membership.h"
#include "cluster/authority/server_files.h"
#include "config/paths.h"

static const char *text_of(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

static int find(const struct command_options *options, struct cluster_board *board,
		struct error *err)
{
	int ret;

	cluster_board_close(board);
	board->options = options;
	ret = places_find(options, PLACES_EXACT, &board->places, err);
	return ret ? ret : membership_read(board->places.data, &board->member, err);
}

int cluster_board_begin(const struct command_options *options, struct cluster_board *ret_board,
			struct error *err)
{
	char hub[PATH_MAX];
	int ret = find(options, ret_board, err);

	if (!ret)
		return error_set(err, ERROR_EXISTS,
				 "this board is a member of the cluster %s already: run `harvester "
				 "cluster leave` first",
				 text_of(ret_board->member, "cluster"));
	if (ret != ERROR_NOT_FOUND)
		return ret;
	snprintf(hub, sizeof(hub), "%.*s/hub.json", PATH_MAX - 16, ret_board->places.data);
	if (!access(hub, F_OK))
		return error_set(err, ERROR_INVALID,
				 "this board sends its readings to a hub, so it cannot be a member "
				 "of a cluster too: remove %s first",
				 hub);
	return paths_make_folder(ret_board->places.data, err);
}

int cluster_board_open(const struct command_options *options, struct cluster_board *ret_board,
		       struct error *err)
{
	int ret = find(options, ret_board, err);

	if (ret == ERROR_NOT_FOUND)
		places_say_others(&ret_board->places);
	return ret;
}

void cluster_board_close(struct cluster_board *board)
{
	if (board->options)
		places_finish(&board->places);
	json_decref(board->member);
	*board = (struct cluster_board){0};
}

unsigned cluster_board_parse_voters(const char *text)
{
	return *text >= '1' && *text <= '9' && !text[1] ? (unsigned)(*text - '0') : 0;
}

int cluster_board_address(const struct command_options *options,
			  char ret_address[SERVER_ADDRESS_SIZE], struct error *err)
{
	char name[HOST_NAME_MAX + 1] = "localhost", usual[HOST_NAME_MAX + 8];
	struct server_address address;
	int ret;

	gethostname(name, sizeof(name) - 1);
	snprintf(usual, sizeof(usual), "%s%s", name, strchr(name, '.') ? "" : ".local");
	ret = server_address_parse(options->address ? options->address : usual, &address, err);
	if (!ret)
		server_address_format(&address, SERVER_CLIENTS, NULL, ret_address,
				      SERVER_ADDRESS_SIZE);
	return ret;
}

/* systemd wants an absolute path. */
static void say_server(const struct cluster_board *board, bool has_left)
{
	char folder[PATH_MAX];

	if (!realpath(board->places.data, folder))
		snprintf(folder, sizeof(folder), "%s", board->places.data);
	if (has_left)
		text_printf(stdout,
			    "sudo systemctl disable --now " SERVER_UNIT
			    "   # and remove %s/" MEMBERSHIP_FOLDER "/" SERVER_STORE "\n",
			    folder);
	else
		text_printf(stdout,
			    "sudo systemctl enable --now \"%s/" MEMBERSHIP_FOLDER "/" SERVER_UNIT
			    "\"\n",
			    folder);
}

json_t *cluster_board_say(const struct cluster_board *board, const char *done)
{
	const char *cluster = text_of(board->member, "cluster"),
		   *node = text_of(board->member, "node"),
		   *server = text_of(board->member, "server");

	if (board->options->json)
		return json_pack("{s:s, s:s, s:s?}", "cluster", cluster, "node", node, "server",
				 server);
	text_printf(stderr, "%s has %s the cluster %s. Now %srestart its node%s\n", node, done,
		    cluster, server ? "run this, then " : "",
		    board->places.node.root ? "" : " if it runs");
	if (server)
		say_server(board, !strcmp(done, "left"));
	return NULL;
}
