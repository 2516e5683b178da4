/*
 * Protects the node from other sites' pages in a user's browser (cross-site request forgery and DNS
 * rebinding). Pure functions; any thread.
 *
 * A browser lets any page send requests here, from inside the user's network. Two headers that a
 * page cannot forge reveal it. Origin (RFC 6454), if present, must name this server. Host must be
 * an IP address or a known name of this node: an attacker can make a name of his own point to this
 * node, and then Origin and Host agree, and his page could even read the answers.
 */
#ifndef HARVESTER_HTTP_AUTH_GUARD_H
#define HARVESTER_HTTP_AUTH_GUARD_H

#include <stdbool.h>

struct error;

/*
 * Does Origin name the same server as Host? "null" never matches. With is_tls only https://
 * matches; without it http:// and https:// do, since a proxy in front of this node may add https.
 */
bool web_guard_origin_matches(const char *origin, const char *host, bool is_tls);

/*
 * Is Host ("name", "name:port", "1.2.3.4:port" or "[::1]:port") an IP address, localhost,
 * machine_name, machine_name.local, or one of `names` (NULL at the end; or NULL for none)? Case and
 * the trailing dot of a DNS name do not matter.
 */
bool web_guard_host_is_known(const char *host, const char *machine_name, const char *const *names);

/*
 * Fill *err with why this Host (NULL: there was none) is refused and what to do about it. Returns
 * ERROR_NOT_GRANTED.
 */
int web_guard_refuse_host(const char *host, struct error *err);

#endif
