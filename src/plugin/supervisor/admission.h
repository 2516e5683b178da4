/*
 * Admission: decides whether a version of a plugin may run, and which devices it may use. A slot
 * (plugin/supervisor/slot.h) asks for this decision before it starts a version.
 *
 * The request is what the plugin's permission file asks for. The grant is the part of the request
 * that the version may use: the owner can withhold devices from all plugins, by deny_i2c and its
 * like in the configuration. `rules` (plugin/supervisor/folder_snapshot.h) holds the request of the
 * files on the disk, and the request that the owner has approved.
 *
 * An error text may advise the owner to run a command, such as `harvester plugin approve door`.
 * `advice` holds the options, such as --data, that the command needs to reach this node; NULL: the
 * command needs no options.
 *
 * Call both functions on the loop thread.
 */
#ifndef HARVESTER_PLUGIN_SUPERVISOR_ADMISSION_H
#define HARVESTER_PLUGIN_SUPERVISOR_ADMISSION_H

struct advice;
struct claims;
struct config;
struct error;
struct permission;
struct plugin_rules;

/*
 * Decide on the version on the disk of a plugin that is enabled (the slot checks that before). The
 * version may run if all of this is true:
 * - Its permission file has no errors.
 * - The owner has approved the request. The configuration's auto_approve replaces this approval.
 * - The sum of the memory limits of all plugins, this one included, is at most the node's limit.
 * - No other plugin has claimed a gpio line or i2c address of the grant.
 *
 * On success *ret_grant is the request without the devices that the owner withholds. The withheld
 * devices are logged. The gpio lines and i2c addresses of the grant are then claimed for the
 * plugin, in addition to those that its running version has claimed. The slot
 * gives back what is no longer needed (plugin/policy/claims.h).
 * - ERROR_MALFORMED: the permission file has errors; the text is the first one.
 * - All errors of approvals_judge(), memory_total_check() and claims_take().
 */
int admission_grant(const char *name, const struct plugin_rules *rules, const struct config *config,
		    struct claims *claims, const struct advice *advice,
		    struct permission *ret_grant, struct error *err);

/*
 * Check whether the approval in `rules` covers `request`. Returns 0 if it does, or if the
 * configuration sets auto_approve; otherwise an error of approvals_judge(). The supervisor checks a
 * running version too, since the owner can withdraw an approval. `request` is that of the running
 * version; the request in `rules` may be of newer files.
 */
int admission_check_approval(const char *name, const struct plugin_rules *rules,
			     const struct config *config, const struct permission *request,
			     const struct advice *advice, struct error *err);

#endif
