/*
 * A board that is a member of a cluster (cluster/authority/membership.h): what its files say goes
 * before [cluster] in the configuration.
 */
#ifndef HARVESTER_CLI_RUN_MEMBERSHIP_H
#define HARVESTER_CLI_RUN_MEMBERSHIP_H

struct config;

/*
 * Set the keys of [cluster] as the membership says; no effect if the board is no member.
 * ERROR_SYSTEM if it cannot be used; then the reason was logged. Blocks on the disk.
 */
int run_take_membership(struct config *config, const char *data_folder);

#endif
