/*
 * Whether a request may come from the page it says it comes from.
 *
 * A browser sends any page's requests here, with the user's network position; two headers that a
 * page cannot forge tell it apart. Origin (RFC 6454) must name this server where it is present at
 * all. Host must be an address or a name that is known to be ours: a stranger's name that was made
 * to point here (DNS rebinding) would pass the first check, since Origin and Host then agree, and
 * the stranger's page would read the answers too.
 */
#ifndef HARVESTER_HTTP_AUTH_GUARD_H
#define HARVESTER_HTTP_AUTH_GUARD_H

#include <stdbool.h>

struct error;

#define WEB_HOST_SIZE 256 /* with its terminator; the longest name of the DNS has 253 bytes */

/*
 * The value of Origin against that of Host; "null" never matches. is_tls: a page of plain http is
 * another origin. Without it both match, since a proxy may speak https for us.
 */
bool web_guard_origin_matches(const char *origin, const char *host, bool is_tls);

/*
 * Whether Host ("name", "name:port", "1.2.3.4:port", "[::1]:port") is an IP address, localhost,
 * machine_name, machine_name.local, or one of names (NULL at its end; NULL is allowed). The dot
 * that may end a name of the DNS does not matter.
 */
bool web_guard_host_is_known(const char *host, const char *machine_name, const char *const *names);

/* Say which name is not known, and what to do about it. host: NULL if there was none.
 * ERROR_NOT_GRANTED. */
int web_guard_refuse_host(const char *host, struct error *err);

#endif
