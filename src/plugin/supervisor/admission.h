/*
 * Admission: decides whether a version of a plugin may run, and with which grant. A request is what
 * the plugin's permission file asks for; the grant is what the version may use of it. `rules`
 * (plugin/supervisor/snapshot.h) holds the request of the files on the disk, and the owner's
 * approval.
 *
 * Both functions may put a command for the owner into an error text, such as `harvester plugin
 * approve door`. `advice` holds options, such as --data, that make such a command reach this node;
 * NULL: no options.
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
 * Decide on the version on the disk. The request must be valid and approved, and the sum of the
 * memory limits of all plugins, this one included, must not exceed the limit for all. *ret_grant is
 * the request without the devices that the owner withholds; these are logged. The gpio lines and
 * i2c addresses of the grant are claimed for the plugin; the claims of its running version stay.
 * - ERROR_MALFORMED: the permission file has errors; the text is the first one.
 * - All errors of approvals_judge(), memory_total_check() and claims_take().
 */
int admission_grant(const char *name, const struct plugin_rules *rules, const struct config *config,
		    struct claims *claims, const struct advice *advice,
		    struct permission *ret_grant, struct error *err);

/*
 * Check whether the approval in `rules` covers `request`, or auto_approve is set. A running version
 * may come from older files, so its `request` may differ from that of `rules`. Returns 0 or an
 * error of approvals_judge().
 */
int admission_check_approval(const char *name, const struct plugin_rules *rules,
			     const struct config *config, const struct permission *request,
			     const struct advice *advice, struct error *err);

#endif
