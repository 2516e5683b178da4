/* `harvester cluster voters`: changes how many voters this board's cluster has. */
#include <jansson.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "cli/account_file.h"
#include "cli/cluster_board.h"
#include "cli/command.h"
#include "cluster/authority/authority.h"
#include "cluster/authority/membership.h"
#include "cluster/authority/server_files.h"
#include "cluster/server_removal.h"

/* What the command changes, and what comes of it. */
struct change {
	const struct command_options *options;
	struct cluster_board board;
	json_t *authority; /* owned */
	unsigned voters;
	const char *const *leaving; /* names */
	size_t leaving_count;
	bool is_new_store; /* the server begins with another, empty one */
};

static int open_authority(struct change *change, struct error *err)
{
	char path[PATH_MAX];
	int ret = membership_path(change->board.places.data, AUTHORITY_FILE, path, err);

	return ret ? ret : authority_read(path, &change->authority, err);
}

/*
 * A server that will stand alone needs no majority, so the others may all be dead. If they are not,
 * they would go on as a cluster of their own.
 */
static int judge_removal(const struct change *change, int status, struct error *err)
{
	if (change->voters > 1)
		return status;
	text_printf(stderr,
		    "warning: %s\nIf you cannot mend that, stop the servers of all that are voters "
		    "no longer before you go on.\n",
		    err->text);
	return 0;
}

static int remove_servers(const struct change *change, struct error *err)
{
	for (size_t i = 0; i < change->leaving_count; i++) {
		int ret = server_removal_ask(change->board.places.data, change->board.member,
					     change->authority, change->leaving[i],
					     clock_unix_ms(clock_system()), err);

		if (ret)
			return judge_removal(change, ret, err);
	}
	return 0;
}

static int carry_out(struct change *change, struct error *err)
{
	struct cluster_board *board = &change->board;
	const char *self = json_string_value(json_object_get(board->member, "node"));
	int ret = open_authority(change, err);

	if (!ret)
		ret = authority_check_voters(change->authority, change->voters, change->leaving,
					     change->leaving_count, self, err);
	if (!ret)
		ret = remove_servers(change, err);
	if (ret)
		return ret;
	authority_set_voters(change->authority, change->voters, change->leaving,
			     change->leaving_count, clock_unix_ms(clock_system()));
	return membership_set_voters(board->places.data, board->member, change->authority,
				     &change->is_new_store, err);
}

/* What there is to do now, in this order. */
static json_t *say(const struct change *change)
{
	unsigned missing = authority_missing_voters(change->authority);

	if (change->options->json)
		return json_pack("{s:i, s:i, s:b}", "voters", (int)change->voters, "missing",
				 (int)missing, "restart_server", (int)change->is_new_store);
	text_printf(stderr, "the cluster has %u voters now. Next:\n", change->voters);
	if (change->is_new_store)
		text_printf(stdout, "sudo systemctl restart " SERVER_UNIT "\n");
	text_printf(stderr, "restart the node of this board%s\n",
		    change->board.places.node.root ? "" : ", if it runs");
	for (size_t i = 0; i < change->leaving_count; i++)
		text_printf(stderr,
			    "on %s, if it lives: harvester cluster leave, and what that prints\n",
			    change->leaving[i]);
	if (missing)
		text_printf(stderr, "invite %u more: harvester cluster invite NODE --voter\n",
			    missing);
	return NULL;
}

int command_cluster_voters(const struct command_options *options)
{
	struct change change = {
		.options = options,
		.voters = cluster_board_parse_voters(options->words[0]),
		.leaving = options->words + 1,
		.leaving_count = (size_t)options->words_count - 1,
	};
	struct error err = {0};
	json_t *result = NULL;
	int ret = cluster_board_open(options, &change.board, &err);

	if (!ret)
		ret = carry_out(&change, &err);
	if (!ret)
		result = say(&change);
	json_decref(change.authority);
	cluster_board_close(&change.board);
	return account_say(ret, &err, options->json, result);
}
