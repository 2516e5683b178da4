#include "config/rules.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define HOST_SIZE_MAX 253
#define NAME_MAX_BYTES 64
#define DIGITS "0123456789"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

static bool is_made_of(const char *text, const char *signs)
{
	size_t size = strlen(text);

	return size > 0 && size <= NAME_MAX_BYTES && strspn(text, signs) == size;
}

bool rule_is_name(const char *text)
{
	return is_made_of(text, LETTERS DIGITS "-_");
}

bool rule_is_label(const char *text)
{
	return is_made_of(text, LETTERS DIGITS "-_.");
}

bool rule_is_server(const char *text)
{
	const char *host = strstr(text, "://");

	if (!host || strchr("/:?#@", host[3]) || strpbrk(text, " \t\r\n\"<>\\,@"))
		return false;
	return strlen(text) <= 255 && (!strncmp(text, "nats://", 7) || !strncmp(text, "tls://", 6));
}

bool rule_is_url(const char *text)
{
	const char *host = strstr(text, "://");

	if (!host || strchr("/:?#", host[3]) || strpbrk(text, " \t\r\n\"<>\\"))
		return false;
	return !strncmp(text, "http://", 7) || !strncmp(text, "https://", 8);
}

static bool is_port(const char *text)
{
	size_t size = strlen(text);

	return size > 0 && size <= 5 && strspn(text, DIGITS) == size &&
	       strtol(text, NULL, 10) <= UINT16_MAX;
}

bool rule_is_listen(const char *text)
{
	const char *colon = strrchr(text, ':');
	size_t host_size;

	if (!colon || colon == text || !is_port(colon + 1))
		return false;
	host_size = (size_t)(colon - text);
	if (text[0] == '[') /* an IPv6 address */
		return host_size > 2 && text[host_size - 1] == ']' &&
		       strspn(text + 1, DIGITS "abcdefABCDEF:.") == host_size - 2;
	return strspn(text, LETTERS DIGITS "-.") == host_size;
}

bool rule_is_host(const char *text)
{
	size_t size = strlen(text);

	return size > 0 && size <= HOST_SIZE_MAX && text[0] != '.' && text[0] != '-' &&
	       !strstr(text, "..") && strspn(text, LETTERS DIGITS "-_.") == size;
}

/* The number of digits at the start of `text`; 0 if there are none or more than 3. */
static size_t number_size(const char *text)
{
	size_t size = strspn(text, DIGITS);

	return size <= 3 ? size : 0;
}

bool rule_is_spi(const char *text)
{
	size_t bus, select;

	if (strncmp(text, "spi", 3) != 0)
		return false;
	bus = number_size(text + 3);
	if (!bus || text[3 + bus] != '.')
		return false;
	select = number_size(text + 4 + bus);
	return select && text[4 + bus + select] == '\0';
}

bool rule_is_path(const char *text)
{
	for (const char *at = text; *at; at++)
		if ((unsigned char)*at < 0x20 || *at == 0x7f)
			return false;
	return *text;
}

bool rule_is_uart(const char *text)
{
	if (!strncmp(text, "serial", 6))
		return is_made_of(text + 6, LETTERS DIGITS);
	return !strncmp(text, "tty", 3) && is_made_of(text + 3, LETTERS DIGITS);
}

bool rule_is_w1(const char *text)
{
	static const char hex[] = DIGITS "abcdef";

	return strspn(text, hex) == 2 && text[2] == '-' && strspn(text + 3, hex) == 12 &&
	       text[15] == '\0';
}
