#include "cluster/authority/invitation.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "cluster/names.h"
#include "reading/name.h"

#define SECRET_BYTES 32
#define BASE64 sodium_base64_VARIANT_URLSAFE_NO_PADDING

void invitation_make_secret(struct invitation *invitation)
{
	unsigned char random[SECRET_BYTES];

	randombytes_buf(random, sizeof(random));
	sodium_bin2base64(invitation->secret, sizeof(invitation->secret), random, sizeof(random),
			  BASE64);
	sodium_memzero(random, sizeof(random));
}

void invitation_format(const struct invitation *invitation, char ret_line[INVITATION_LINE_SIZE])
{
	char address[SERVER_ADDRESS_SIZE];

	server_address_format(&invitation->address, SERVER_CLIENTS, NULL, address, sizeof(address));
	snprintf(ret_line, INVITATION_LINE_SIZE, "%s#node=%s%s&secret=%s&pin=%s", address,
		 invitation->node, invitation->is_voter ? "&voter=yes" : "", invitation->secret,
		 invitation->pin);
}

static bool is_secret(const char *text)
{
	unsigned char bytes[SECRET_BYTES];
	size_t size = 0;
	int code = sodium_base642bin(bytes, sizeof(bytes), text, strlen(text), NULL, &size, NULL,
				     BASE64);

	sodium_memzero(bytes, sizeof(bytes));
	return !code && size == SECRET_BYTES;
}

static bool take(char *ret_text, size_t size, const char *value)
{
	return snprintf(ret_text, size, "%s", value) < (int)size;
}

static int take_part(struct invitation *invitation, char *part, struct error *err)
{
	char *value = strchr(part, '=');
	bool is_good = false;

	if (value)
		*value++ = '\0';
	if (!value)
		is_good = false;
	else if (!strcmp(part, "node"))
		is_good = take(invitation->node, sizeof(invitation->node), value);
	else if (!strcmp(part, "secret"))
		is_good = take(invitation->secret, sizeof(invitation->secret), value);
	else if (!strcmp(part, "pin"))
		is_good = take(invitation->pin, sizeof(invitation->pin), value);
	else if (!strcmp(part, "voter"))
		is_good = invitation->is_voter = !strcmp(value, "yes");
	return is_good ? 0
		       : error_set(
				 err, ERROR_MALFORMED,
				 "the invitation's part %.20s is unknown or wrong: copy the whole "
				 "line that `harvester cluster invite` printed",
				 part);
}

static int check(const struct invitation *invitation, struct error *err)
{
	if (reading_name_is_valid(invitation->node) && cluster_name_fits(invitation->node) &&
	    is_secret(invitation->secret) && !tls_pin_check(invitation->pin))
		return 0;
	return error_set(err, ERROR_MALFORMED,
			 "the invitation lacks a name, a secret or a pin: copy the whole line that "
			 "`harvester cluster invite` printed");
}

int invitation_parse(const char *line, struct invitation *ret_invitation, struct error *err)
{
	struct invitation invitation = {0};
	char copy[INVITATION_LINE_SIZE], *rest = copy, *part;
	int ret = take(copy, sizeof(copy), line)
			  ? 0
			  : error_set(err, ERROR_MALFORMED,
				      "the invitation has more than %d characters: copy the line "
				      "that `harvester cluster invite` printed, and nothing else",
				      INVITATION_LINE_SIZE - 1);

	if (!ret)
		ret = server_address_parse(strsep(&rest, "#"), &invitation.address, err);
	while (!ret && rest && (part = strsep(&rest, "&")))
		ret = take_part(&invitation, part, err);
	if (!ret)
		ret = check(&invitation, err);
	if (!ret)
		*ret_invitation = invitation;
	sodium_memzero(copy, sizeof(copy));
	return ret;
}
