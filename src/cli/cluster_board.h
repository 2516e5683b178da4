/*
 * What the commands `harvester cluster …` share: this board, its data folder and its membership.
 * Blocks on the disk.
 */
#ifndef HARVESTER_CLI_CLUSTER_BOARD_H
#define HARVESTER_CLI_CLUSTER_BOARD_H

#include <jansson.h>
#include <stdbool.h>

#include "cli/places.h"
#include "cluster/authority/server_address.h"

struct command_options;
struct error;

struct cluster_board {
	const struct command_options *options; /* borrowed */
	struct places places;
	json_t *member; /* owned: membership.h; NULL if the board is not a member */
};

/*
 * Find the board of a command that makes it a member, and make its data folder. ERROR_EXISTS if it
 * is one already, ERROR_INVALID if it sends its readings to a hub, and the errors of places_find().
 * The caller calls cluster_board_close(), also after a failure; so in both.
 */
int cluster_board_begin(const struct command_options *options, struct cluster_board *ret_board,
			struct error *err);

/* Read a number of voters; 0 if the text is not a number. The authority checks its range. */
unsigned cluster_board_parse_voters(const char *text);

/* Find the board of a command for members. ERROR_NOT_FOUND if it is none. */
int cluster_board_open(const struct command_options *options, struct cluster_board *ret_board,
		       struct error *err);

void cluster_board_close(struct cluster_board *board);

/*
 * The address by which others reach this board's server: that of --address, else this machine's
 * name. ERROR_INVALID.
 */
int cluster_board_address(const struct command_options *options,
			  char ret_address[SERVER_ADDRESS_SIZE], struct error *err);

/*
 * Print what was done ("made", "joined" or "left") and what to do next, unless the command is to
 * print JSON: then return that.
 */
json_t *cluster_board_say(const struct cluster_board *board, const char *done);

#endif
