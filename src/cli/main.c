/*
 * harvester: the table of commands, parsing of the command line, and main().
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/command.h"
#include "cli/command_help.h"

static const struct command commands[] = {
	{"run", "cpdlt", 0, command_run,
	 "run [--config FILE] [--plugins DIR] [--data DIR] [--listen ADDR:PORT] [--duration "
	 "SECONDS]",
	 "Run the node until SIGTERM or SIGINT. Without a configuration file: a simulated "
	 "demonstration."},
	{"check", "cpjC", 0, command_check,
	 "check [--config FILE] [--plugins DIR | --config-only] [--json]",
	 "Validate the configuration and the plugins' permission files, and explain every problem: "
	 "what is malformed, what has no effect, and plugins that request the same line or "
	 "address. With --config-only: the configuration file alone. Exit code 1 if there is a "
	 "problem, 0 if there are only warnings."},
	{"plugin new", "p", 1 | FILES_FOR_OTHERS, command_plugin_new,
	 "plugin new NAME [--plugins DIR]",
	 "Write a first plugin of ten lines with its tests, ready to run."},
	{"plugin list", "cpdj", 0, command_plugin_list,
	 "plugin list [--config FILE] [--plugins DIR | --data DIR] [--json]",
	 "List the plugins of the running node with their state. If no node runs, or with "
	 "--plugins: list the plugins in the folder and what each asks for."},
	{"plugin inspect", "j", 1, command_plugin_inspect, "plugin inspect PATH [--json]",
	 "Show a plugin's kind, its imports and exports, and what it asks for."},
	{"plugin approve", "cpdjyD", 1, command_plugin_approve,
	 "plugin approve NAME [--yes | --digest DIGEST] [--config FILE] [--plugins DIR] [--data "
	 "DIR] "
	 "[--json]",
	 "Show what a plugin asks for, and approve it if you agree; the configuration may still "
	 "withhold a part of it. For scripts: --digest approves only the request with that digest, "
	 "--yes approves whatever is asked for now."},
	{"plugin revoke", "dj", 1, command_plugin_revoke,
	 "plugin revoke NAME [--data DIR] [--json]",
	 "Withdraw an approval; a running plugin stops."},
	{"plugin enable", "cpdj", 1, command_plugin_enable,
	 "plugin enable NAME [--config FILE] [--plugins DIR] [--data DIR] [--json]",
	 "Run a plugin that was disabled."},
	{"plugin disable", "cpdj", 1, command_plugin_disable,
	 "plugin disable NAME [--config FILE] [--plugins DIR] [--data DIR] [--json]",
	 "Stop a plugin, and do not start it until it is enabled again."},
	{"plugin search", "cpdji", 0 | WORDS_MORE, command_plugin_search,
	 "plugin search [WORD...] [--index URL|DIR] [--config FILE] [--data DIR] [--json]",
	 "List the plugins of a signed index whose name or description has all the words. The "
	 "index is the one that --index or else `[updates] index` names."},
	{"plugin install", "cpdjfi", 1, command_plugin_install,
	 "plugin install FILE|URL|NAME [--index URL|DIR] [--force] [--config FILE] [--plugins DIR] "
	 "[--data DIR] [--json]",
	 "Install a signed bundle from a file, over https or from an index (see `plugin search`). "
	 "The signature is expected beside the bundle, as BUNDLE.minisig. A plugin that was "
	 "changed here is not overwritten; with --force it is kept beside it."},
	{"plugin versions", "cpdj", 1, command_plugin_versions,
	 "plugin versions NAME [--config FILE] [--plugins DIR] [--data DIR] [--json]",
	 "List the versions of a plugin that bundles have brought here, and which one is used."},
	{"plugin rollback", "cpdjf", 1, command_plugin_rollback,
	 "plugin rollback NAME [--force] [--config FILE] [--plugins DIR] [--data DIR] [--json]",
	 "Go back to the last good version of a plugin that bundles have brought."},
	{"plugin remove", "cpdjf", 1, command_plugin_remove,
	 "plugin remove NAME [--force] [--config FILE] [--plugins DIR] [--data DIR] [--json]",
	 "Remove a plugin that a bundle has brought. Which versions were seen is remembered."},
	{"plugin test", "tj", 1, command_plugin_test,
	 "plugin test DIR [--duration SECONDS] [--json]",
	 "Run a plugin's own tests in the sandbox, on simulated devices, for at most 60 s. The "
	 "tests are in the plugin's folder, in files test_*.py."},
	{"plugin add-package", "aj", 2 | WORDS_MORE | FILES_FOR_OTHERS, command_plugin_add_package,
	 "plugin add-package DIR PACKAGE... [--from FOLDER] [--json]",
	 "Install pure-Python packages and their requirements into a plugin's lib/, with pip; "
	 "--from: from a folder of wheels, without the network."},
	{"plugin compile", "To", 1, command_plugin_compile,
	 "plugin compile FILE.wasm [--target TRIPLE] -o FILE.cwasm",
	 "Compile a component ahead of time (the daemon does this by itself)."},
	{"bundle keygen", "o", FILES_FOR_OTHERS, command_bundle_keygen, "bundle keygen -o PREFIX",
	 "Make a pair of keys: PREFIX.key signs bundles, and PREFIX.pub checks them. Both have the "
	 "format of minisign."},
	{"bundle build", "o", 1 | FILES_FOR_OTHERS, command_bundle_build,
	 "bundle build DIR -o FILE",
	 "Make a bundle of a plugin's folder: one file, the same bit by bit for the same folder. "
	 "The folder's bundle.toml may name its version, counter, expiry and more."},
	{"bundle sign", "k", 1 | FILES_FOR_OTHERS, command_bundle_sign,
	 "bundle sign FILE --key PREFIX",
	 "Sign a bundle: writes FILE.minisig, which `minisign -V` accepts too."},
	{"bundle index", "ke", 1 | FILES_FOR_OTHERS, command_bundle_index,
	 "bundle index DIR --key PREFIX [--expires TIME]",
	 "Make the signed index of a folder of signed bundles, so that any web server can serve "
	 "the folder to `plugin search` and `plugin install NAME`. Nodes use the index until it "
	 "expires, by default for 30 days."},
	{"bundle verify", "Kcdj", 1, command_bundle_verify,
	 "bundle verify FILE [--pubkey PREFIX.pub | --config FILE] [--data DIR] [--json]",
	 "Check the signature FILE.minisig of a bundle, and the bundle: by one key, or without "
	 "--pubkey by those that the node trusts."},
	{"bundle inspect", "j", 1, command_bundle_inspect, "bundle inspect FILE [--json]",
	 "Show what a bundle contains and what its plugin asks for; checks no signature."},
	{"push", "kcpdbWGHN", 1, command_push,
	 "push DIR --key PREFIX [--to URL [--token-file FILE] | --hub URL --nodes NODE,… "
	 "[--token-file FILE] | --data DIR] [--watch] [--config "
	 "FILE] [--plugins DIR]",
	 "For the author at the desk: build the plugin in a folder, sign it, send it to a node (by "
	 "default the one that runs here), and follow the node's log until the new version runs or "
	 "has failed. With --hub through the hub to some of its nodes, as a roll-out. With --watch "
	 "at each save."},
	{"rollout start", "cpdjNLgQO", 1, command_rollout_start,
	 "rollout start BUNDLE --nodes NODE,… | --all [--groups 1,10%,rest] [--success 90%] "
	 "[--pause-on N] [--config FILE] [--data DIR] [--json]",
	 "On a running hub: bring a signed bundle to its nodes, group after group. A group begins "
	 "when the part --success of the one before (100% by default) has passed its probation. "
	 "N failures (1 by default) pause the roll-out."},
	{"rollout status", "cpdj", 0, command_rollout_status,
	 "rollout status [--config FILE] [--data DIR] [--json]",
	 "On a running hub: show the roll-outs, the newest first, and how far each node is."},
	{"rollout pause", "cpdj", 1, command_rollout_pause,
	 "rollout pause PLUGIN|NUMBER [--config FILE] [--data DIR] [--json]",
	 "Tell no further node to install the version. Nodes that have begun go on."},
	{"rollout resume", "cpdj", 1, command_rollout_resume,
	 "rollout resume PLUGIN|NUMBER [--config FILE] [--data DIR] [--json]",
	 "Go on with a paused roll-out. The failures until now are accepted."},
	{"rollout abort", "cpdj", 1, command_rollout_abort,
	 "rollout abort PLUGIN|NUMBER [--config FILE] [--data DIR] [--json]",
	 "End a roll-out. Nodes that have the version keep it."},
	{"rollout undo", "cpdj", 1, command_rollout_undo,
	 "rollout undo PLUGIN|NUMBER [--config FILE] [--data DIR] [--json]",
	 "Let all nodes that have the version go back to the one before."},
	{"user add", "drsj", 1, command_user_add,
	 "user add NAME [--role viewer|operator] [--password-stdin] [--data DIR] [--json]",
	 "Add an account for the page and the API, an operator unless --role is viewer. Asks for "
	 "its password."},
	{"user list", "dj", 0, command_user_list, "user list [--data DIR] [--json]",
	 "List the accounts."},
	{"user password", "dsj", 1, command_user_password,
	 "user password NAME [--password-stdin] [--data DIR] [--json]",
	 "Set a new password for an account, and end its sessions."},
	{"user remove", "dj", 1, command_user_remove, "user remove NAME [--data DIR] [--json]",
	 "Remove an account, and end its sessions."},
	{"token add", "drj", 1, command_token_add,
	 "token add NAME --role viewer|operator|node [--data DIR] [--json]",
	 "Add a token for a script, or for the node with that name. It is shown only once."},
	{"token list", "dj", 0, command_token_list, "token list [--data DIR] [--json]",
	 "List the tokens, with their last use."},
	{"token revoke", "dj", 1, command_token_revoke, "token revoke NAME [--data DIR] [--json]",
	 "Make a token invalid, and end every session that came from it."},
	{"node invite", "cduj", 1, command_node_invite,
	 "node invite NAME [--url URL] [--config FILE] [--data DIR] [--json]",
	 "On a hub: let the node with that name send its readings here. Prints the command to run "
	 "on that node."},
	{"node join", "dj", 1, command_node_join, "node join INVITATION [--data DIR] [--json]",
	 "On a spoke: send this node's readings to the hub that invited it."},
	{"node accept", "dj", 1, command_node_accept, "node accept NAME [--data DIR] [--json]",
	 "On a running hub: of two machines that send as the node NAME, accept the one that the "
	 "hub "
	 "refuses, and refuse the other. For a node whose data folder was restored from a backup, "
	 "or "
	 "that moved to another machine."},
	{"node list", "dj", 0, command_node_list, "node list [--data DIR] [--json]",
	 "On a hub: list the nodes that were invited, with their last use."},
	{"node revoke", "dj", 1, command_token_revoke, "node revoke NAME [--data DIR] [--json]",
	 "On a hub: accept no more readings from a node."},
	{"alert list", "dj", 0, command_alert_list, "alert list [--data DIR] [--json]",
	 "List the alerts of the running node, what fires, and the channels that tell people."},
	{"alert test", "dj", 1, command_alert_test, "alert test NAME [--data DIR] [--json]",
	 "Send a test message to the channels of an alert, and sound its buzzer."},
	{"alert ack", "dj", 1, command_alert_ack, "alert ack NAME [--data DIR] [--json]",
	 "Acknowledge what fires by an alert: its light goes off, and nobody is told about it any "
	 "more until it fires again."},
	{"alert snooze", "dj", 2, command_alert_snooze,
	 "alert snooze NAME FOR [--data DIR] [--json]",
	 "Tell nobody that an alert fires for a while, such as 30m, 8h or 2d; 0 ends the snooze. "
	 "What still fires then is told."},
	{"cluster init", "cdnAvaj", 1, command_cluster_init,
	 "cluster init NAME [--voters 1|3|5] [--address HOST[:PORT]] [--node NODE] [--from FILE] "
	 "[--config FILE] [--data DIR] [--json]",
	 "Make a cluster of that name, with this board as its first voter: its keys, and the "
	 "configuration and service of its nats-server. With --from: of what `cluster backup` "
	 "saved, if all voters are lost."},
	{"cluster invite", "dVtj", 1, command_cluster_invite,
	 "cluster invite NODE [--voter] [--duration SECONDS] [--data DIR]",
	 "On a voter: print the command that makes another board a member, and wait for it (15 "
	 "minutes). With --voter: a server of the cluster runs there too. The name of a dead "
	 "voter gives its place to the new board."},
	{"cluster join", "dAj", 1, command_cluster_join,
	 "cluster join INVITATION [--address HOST[:PORT]] [--data DIR] [--json]",
	 "Make this board a member of the cluster that invited it."},
	{"cluster leave", "dj", 0, command_cluster_leave, "cluster leave [--data DIR] [--json]",
	 "End this board's membership: remove its keys, and its server's configuration. Its "
	 "readings stay in the cluster."},
	{"cluster voters", "dj", 1 | WORDS_MORE, command_cluster_voters,
	 "cluster voters N [NODE...] [--data DIR] [--json]",
	 "On a voter: change the number of voters to 1, 3 or 5, and say what to do on which board. "
	 "If there are to be fewer, name those that are voters no longer, dead or alive."},
	{"cluster backup", "dj", 1, command_cluster_backup,
	 "cluster backup FILE [--data DIR] [--json]",
	 "On a voter: save the keys with which members are admitted. Keep the file private."},
	{"cluster status", "dj", 0, command_cluster_status, "cluster status [--data DIR] [--json]",
	 "Show the cluster that the running node is a member of: who leads, the servers, the "
	 "nodes, "
	 "and how far this node has read the log."},
	{"mqtt status", "dj", 0, command_mqtt_status, "mqtt status [--data DIR] [--json]",
	 "Show the connection of the running node to its broker of MQTT, and what went over it."},
	{"influx status", "dj", 0, command_influx_status, "influx status [--data DIR] [--json]",
	 "Show whether the running node writes its readings to the database of [influx], and what "
	 "was refused."},
	{"history export", "doFnSab", FILES_FOR_OTHERS, command_history_export,
	 "history export [--data DIR] [--format csv|jsonl] [--node NODE] [--sensor NAME] "
	 "[--from TIME] [--to TIME] [-o FILE]",
	 "Print the stored readings, also while the daemon runs. A sensor is named as \"dht22\" or "
	 "\"node:dht22\". A time is 2026-01-31, 2026-01-31T12:00:00Z or milliseconds since 1970."},
	{"backup", "cpdP", 1, command_backup,
	 "backup FILE [--config FILE] [--plugins DIR] [--data DIR] [--partial]",
	 "Save configuration, plugins, approvals, accounts, plugins' state and history as one "
	 "file, also while the daemon runs; with --partial even if the configuration or the "
	 "plugins are missing. The file contains secrets: keep it private."},
	{"restore", "cpdf", 1, command_restore,
	 "restore FILE [--config FILE] [--plugins DIR] [--data DIR] [--force]",
	 "Restore what `backup` saved, all or nothing; with --force even if files exist, which are "
	 "then kept beside the restored ones. Not while the daemon runs."},
	{"doctor", "cpdjxy", 0, command_doctor,
	 "doctor [--config FILE] [--plugins DIR] [--data DIR] [--json | --fix [--yes]]",
	 "Check this machine: which devices and kernel features it has, what is missing, and what "
	 "to do about it. With --fix: load the kernel modules that the node needs, now and at each "
	 "boot, and add the node's user to the groups of the buses; it shows each step and asks; "
	 "--yes agrees to all of them. --fix needs root."},
	{"version", "j", 0, command_version, "version [--json]", "Print the version."},
};

static const struct command_table table = {commands, sizeof(commands) / sizeof(*commands)};

/* The command that argv names, and how many words its name has; NULL if there is none. */
static const struct command *find_command(int argc, char **argv, int *ret_words)
{
	char name[64];

	for (size_t i = 0; i < table.count; i++) {
		int words = strchr(commands[i].name, ' ') ? 2 : 1;

		if (argc < words + 1)
			continue;
		snprintf(name, sizeof(name), "%s%s%s", argv[1], words > 1 ? " " : "",
			 words > 1 ? argv[2] : "");
		if (!strcmp(name, commands[i].name)) {
			*ret_words = words;
			return &commands[i];
		}
	}
	return NULL;
}

static int wrong_usage(const struct command *command, const char *what, const char *which)
{
	fprintf(stderr, "harvester %s: %s%s\n", command->name, what, which);
	return command_help_print(&table, command, stderr);
}

static int parse_seconds(const char *text, double *ret_seconds)
{
	char *end;
	double seconds = strtod(text, &end);

	if (end == text || *end || !(seconds > 0 && seconds <= 1e9))
		return -1;
	*ret_seconds = seconds;
	return 0;
}

static const struct option long_options[] = {
	{"config", required_argument, NULL, 'c'},
	{"plugins", required_argument, NULL, 'p'},
	{"data", required_argument, NULL, 'd'},
	{"listen", required_argument, NULL, 'l'},
	{"duration", required_argument, NULL, 't'},
	{"target", required_argument, NULL, 'T'},
	{"role", required_argument, NULL, 'r'},
	{"password-stdin", no_argument, NULL, 's'},
	{"output", required_argument, NULL, 'o'},
	{"json", no_argument, NULL, 'j'},
	{"format", required_argument, NULL, 'F'},
	{"node", required_argument, NULL, 'n'},
	{"sensor", required_argument, NULL, 'S'},
	{"from", required_argument, NULL, 'a'},
	{"to", required_argument, NULL, 'b'},
	{"url", required_argument, NULL, 'u'},
	{"force", no_argument, NULL, 'f'},
	{"yes", no_argument, NULL, 'y'},
	{"digest", required_argument, NULL, 'D'},
	{"partial", no_argument, NULL, 'P'},
	{"config-only", no_argument, NULL, 'C'},
	{"fix", no_argument, NULL, 'x'},
	{"key", required_argument, NULL, 'k'},
	{"pubkey", required_argument, NULL, 'K'},
	{"voter", no_argument, NULL, 'V'},
	{"voters", required_argument, NULL, 'v'},
	{"address", required_argument, NULL, 'A'},
	{"token-file", required_argument, NULL, 'G'},
	{"watch", no_argument, NULL, 'W'},
	{"index", required_argument, NULL, 'i'},
	{"expires", required_argument, NULL, 'e'},
	{"nodes", required_argument, NULL, 'N'},
	{"hub", required_argument, NULL, 'H'},
	{"all", no_argument, NULL, 'L'},
	{"groups", required_argument, NULL, 'g'},
	{"success", required_argument, NULL, 'Q'},
	{"pause-on", required_argument, NULL, 'O'},
	{"help", no_argument, NULL, 'h'},
	{NULL, 0, NULL, 0},
};

static int take_option(const struct command *command, int letter, struct command_options *options)
{
	const char **const texts[] = {
		['c'] = &options->config,     ['p'] = &options->plugins, ['d'] = &options->data,
		['l'] = &options->listen,     ['T'] = &options->target,	 ['o'] = &options->output,
		['r'] = &options->role,	      ['F'] = &options->format,	 ['n'] = &options->node,
		['S'] = &options->sensor,     ['a'] = &options->from,	 ['b'] = &options->to,
		['u'] = &options->url,	      ['D'] = &options->digest,	 ['k'] = &options->key,
		['A'] = &options->address,    ['v'] = &options->voters,	 ['K'] = &options->pubkey,
		['G'] = &options->token_file, ['i'] = &options->index,	 ['e'] = &options->expires,
		['N'] = &options->nodes,      ['g'] = &options->groups,	 ['Q'] = &options->success,
		['O'] = &options->pause_on,   ['H'] = &options->hub,
	};

	if (!strchr(command->short_names, letter))
		return wrong_usage(command, "this command has no such option", "");
	if (letter == 'j')
		options->json = true;
	else if (letter == 's')
		options->password_stdin = true;
	else if (letter == 'f')
		options->force = true;
	else if (letter == 'y')
		options->yes = true;
	else if (letter == 'P')
		options->partial = true;
	else if (letter == 'W')
		options->watch = true;
	else if (letter == 'C')
		options->config_only = true;
	else if (letter == 'x')
		options->fix = true;
	else if (letter == 'L')
		options->all = true;
	else if (letter == 'V')
		options->voter = true;
	else if (letter != 't')
		*texts[letter] = optarg;
	else if (parse_seconds(optarg, &options->duration_seconds))
		return wrong_usage(command, "expected seconds above 0, not ", optarg);
	return 0;
}

static int parse_options(const struct command *command, int argc, char **argv,
			 struct command_options *options, bool *ret_help)
{
	int letter, ret, needed = command->words & WORDS_NEEDED;

	opterr = 0; /* getopt's own messages do not name the command */
	while ((letter = getopt_long(argc, argv, ":o:h", long_options, NULL)) != -1) {
		if (letter == 'h') {
			*ret_help = true;
			return 0;
		}
		if (letter == '?')
			return wrong_usage(command, "unknown option: ", argv[optind - 1]);
		if (letter == ':')
			return wrong_usage(command, "a value is missing after ", argv[optind - 1]);
		ret = take_option(command, letter, options);
		if (ret)
			return ret;
	}
	for (; optind < argc && options->words_count < COMMAND_WORDS_MAX; optind++)
		options->words[options->words_count++] = argv[optind];
	if (options->words_count < needed)
		return wrong_usage(command, "an argument is missing", "");
	if (options->words_count > needed && !(command->words & WORDS_MORE))
		return wrong_usage(command, "unexpected: ", options->words[needed]);
	if (optind < argc)
		return wrong_usage(command, "unexpected: ", argv[optind]);
	return 0;
}

int main(int argc, char **argv)
{
	struct command_options options = {0};
	const struct command *command;
	bool help = false;
	int words, ret;

	if (argc > 1 && command_help_is_asked(argv[1]))
		return command_help_print(&table, NULL, stdout);
	if (argc > 1 && !strcmp(argv[1], "--version"))
		return command_version(&options);
	command = find_command(argc, argv, &words);
	if (!command)
		return argc > 1 ? command_help_explain(&table, argc, argv)
				: command_help_print(&table, NULL, stderr);
	ret = parse_options(command, argc - words, argv + words, &options, &help);
	if (ret || help)
		return help ? command_help_print(&table, command, stdout) : ret;
	if (!(command->words & FILES_FOR_OTHERS))
		umask(077);
	return command->run(&options);
}
