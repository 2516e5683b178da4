#include "http/auth/guard.h"

#include <arpa/inet.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "config/rules.h"
#include "http/server/listen.h"

bool web_guard_origin_matches(const char *origin, const char *host, bool is_tls)
{
	if (!is_tls && !strncasecmp(origin, "http://", 7))
		return !strcasecmp(origin + 7, host);
	if (!strncasecmp(origin, "https://", 8))
		return !strcasecmp(origin + 8, host);
	return false;
}

/* The host without its port, its trailing dot and the brackets of an IPv6 address. */
static bool strip_port(const char *host, char *ret_name, size_t size, bool *ret_bracketed)
{
	bool bracketed = host[0] == '[';
	const char *start = host + bracketed;
	size_t length = strcspn(start, bracketed ? "]" : ":");
	const char *rest = start + length;

	if (bracketed && *rest++ != ']')
		return false;
	if (*rest && (*rest++ != ':' || strspn(rest, "0123456789") != strlen(rest)))
		return false;
	if (!length || length >= size)
		return false;
	if (!bracketed && length > 1 && start[length - 1] == '.')
		length--;
	snprintf(ret_name, size, "%.*s", (int)length, start);
	*ret_bracketed = bracketed;
	return true;
}

static bool is_machine(const char *name, const char *machine_name)
{
	size_t length = strlen(machine_name);

	return length && !strncasecmp(name, machine_name, length) &&
	       (!name[length] || !strcasecmp(name + length, ".local"));
}

bool web_guard_host_is_known(const char *host, const char *machine_name, const char *const *names)
{
	struct in6_addr address;
	char name[WEB_HOST_SIZE];
	bool bracketed;

	if (!strip_port(host, name, sizeof(name), &bracketed))
		return false;
	if (bracketed)
		return inet_pton(AF_INET6, name, &address) == 1;
	if (inet_pton(AF_INET, name, &address) == 1 || !strcasecmp(name, "localhost") ||
	    is_machine(name, machine_name))
		return true;
	for (; names && *names; names++) {
		if (!strcasecmp(name, *names))
			return true;
	}
	return false;
}

int web_guard_refuse_host(const char *host, struct error *err)
{
	char name[WEB_HOST_SIZE];
	bool bracketed;

	if (!host)
		return error_set(err, ERROR_NOT_GRANTED,
				 "the request has no Host header: send one with the name or "
				 "address of this node");
	if (!strip_port(host, name, sizeof(name), &bracketed) || bracketed || !rule_is_host(name))
		return error_set(err, ERROR_NOT_GRANTED,
				 "the Host header names neither an address nor a host: send the "
				 "name or address of this node");
	return error_set(err, ERROR_NOT_GRANTED,
			 "the Host header names %s, which is no known name of this node; if it is "
			 "one, add it to host_names under [http] in the configuration and restart "
			 "the node",
			 name);
}
