/*
 * The command line: one function a command, which main.c calls with the parsed options. Each
 * returns the process's exit code: 0 done, 1 the request failed (the error is on stderr), 2 wrong
 * usage.
 */
#ifndef HARVESTER_CLI_COMMAND_H
#define HARVESTER_CLI_COMMAND_H

#include <stdbool.h>

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

#define COMMAND_WORDS_MAX 64

/* The options of all commands. Strings are borrowed from argv; NULL if the option was not given. */
struct command_options {
	const char *config, *plugins, *data, *listen, *target, *output, *role;
	const char *format, *node, *sensor, *from, *to, *url, *key, *pubkey, *token_file;
	const char *index, *expires;
	double duration_seconds; /* 0: not given */
	const char *digest, *address, *voters;
	const char *hub, *nodes, *groups, *success, *pause_on;
	bool all; /* all nodes */
	bool json, password_stdin, force, yes, partial, config_only, fix, voter, watch;
	const char *words[COMMAND_WORDS_MAX]; /* the arguments that are not options, in order */
	int words_count;
};

int command_run(const struct command_options *options);
int command_check(const struct command_options *options);
int command_plugin_new(const struct command_options *options);
int command_plugin_list(const struct command_options *options);
int command_plugin_inspect(const struct command_options *options);
int command_plugin_approve(const struct command_options *options);
int command_plugin_revoke(const struct command_options *options);
int command_plugin_enable(const struct command_options *options);
int command_plugin_disable(const struct command_options *options);
int command_plugin_install(const struct command_options *options);
int command_plugin_search(const struct command_options *options);
int command_plugin_versions(const struct command_options *options);
int command_plugin_rollback(const struct command_options *options);
int command_plugin_remove(const struct command_options *options);
int command_plugin_add_package(const struct command_options *options);
int command_plugin_test(const struct command_options *options);
int command_plugin_compile(const struct command_options *options);
int command_bundle_keygen(const struct command_options *options);
int command_bundle_build(const struct command_options *options);
int command_bundle_index(const struct command_options *options);
int command_bundle_sign(const struct command_options *options);
int command_bundle_verify(const struct command_options *options);
int command_bundle_inspect(const struct command_options *options);
int command_push(const struct command_options *options);
int command_rollout_start(const struct command_options *options);
int command_rollout_status(const struct command_options *options);
int command_rollout_pause(const struct command_options *options);
int command_rollout_resume(const struct command_options *options);
int command_rollout_abort(const struct command_options *options);
int command_rollout_undo(const struct command_options *options);
int command_user_add(const struct command_options *options);
int command_user_list(const struct command_options *options);
int command_user_password(const struct command_options *options);
int command_user_remove(const struct command_options *options);
int command_token_add(const struct command_options *options);
int command_token_list(const struct command_options *options);
int command_token_revoke(const struct command_options *options);
int command_history_export(const struct command_options *options);
int command_backup(const struct command_options *options);
int command_restore(const struct command_options *options);
int command_node_invite(const struct command_options *options);
int command_node_join(const struct command_options *options);
int command_node_accept(const struct command_options *options);
int command_cluster_init(const struct command_options *options);
int command_cluster_invite(const struct command_options *options);
int command_cluster_join(const struct command_options *options);
int command_cluster_voters(const struct command_options *options);
int command_cluster_leave(const struct command_options *options);
int command_cluster_backup(const struct command_options *options);
int command_cluster_status(const struct command_options *options);
int command_influx_status(const struct command_options *options);
int command_mqtt_status(const struct command_options *options);
int command_node_list(const struct command_options *options);
int command_alert_list(const struct command_options *options);
int command_alert_test(const struct command_options *options);
int command_alert_ack(const struct command_options *options);
int command_alert_snooze(const struct command_options *options);
int command_doctor(const struct command_options *options);
int command_version(const struct command_options *options);

#endif
