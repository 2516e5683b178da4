#include "cluster/authority/invitation.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"

#define PIN "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define SECRET "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

static void a_line_is_read_as_it_was_written(void **state)
{
	struct invitation made = {.is_voter = true, .pin = PIN}, read;
	char line[INVITATION_LINE_SIZE];

	(void)state;
	memset(made.address.host, 'h', SERVER_HOST_SIZE - 1);
	made.address.port = SERVER_PORT_MAX;
	memset(made.node, 'n', READING_NAME_MAX);
	invitation_make_secret(&made);
	invitation_format(&made, line);
	assert_int_equal(invitation_parse(line, &read, NULL), 0);
	assert_string_equal(read.address.host, made.address.host);
	assert_int_equal(read.address.port, SERVER_PORT_MAX);
	assert_string_equal(read.node, made.node);
	assert_string_equal(read.secret, made.secret);
	assert_true(read.is_voter);
}

static void anything_else_is_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"attic",
		"attic#node=cellar",
		"attic#node=cellar&secret=" SECRET,
		"attic#secret=" SECRET "&pin=" PIN,
		"attic#node=*&secret=" SECRET "&pin=" PIN,
		"attic#node=cel..lar&secret=" SECRET "&pin=" PIN,
		"attic#node=cellar&secret=" SECRET "A&pin=" PIN,
		"attic#node=cellar&secret=" SECRET "&pin=" PIN "&more=1",
		"attic#node=cellar&voter=no&secret=" SECRET "&pin=" PIN,
		"attic:0#node=cellar&secret=" SECRET "&pin=" PIN,
		"attic:63001#node=cellar&secret=" SECRET "&pin=" PIN,
		"at tic#node=cellar&secret=" SECRET "&pin=" PIN,
		"-o#node=cellar&secret=" SECRET "&pin=" PIN,
	};
	char line[INVITATION_LINE_SIZE + 1];
	struct invitation read;
	struct error err;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		err.text[0] = 0;
		assert_int_not_equal(invitation_parse(bad[i], &read, &err), 0);
		assert_true(*err.text);
	}
	memset(line, 'a', sizeof(line) - 1);
	line[sizeof(line) - 1] = 0;
	assert_int_equal(invitation_parse(line, &read, &err), ERROR_MALFORMED);
}

static void doors_have_ports_of_their_own(void **state)
{
	struct server_address address;
	char text[SERVER_ADDRESS_SIZE + 16];

	(void)state;
	assert_int_equal(server_address_parse("attic.local", &address, NULL), 0);
	server_address_format(&address, SERVER_INVITED, "https", text, sizeof(text));
	assert_string_equal(text, "https://attic.local:4223");
	server_address_listen(&address, SERVER_ROUTES, text, sizeof(text));
	assert_string_equal(text, "0.0.0.0:6222");
	assert_int_equal(server_address_parse("127.0.0.1:7000", &address, NULL), 0);
	server_address_listen(&address, SERVER_CLIENTS, text, sizeof(text));
	assert_string_equal(text, "127.0.0.1:7000");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_is_read_as_it_was_written),
		cmocka_unit_test(anything_else_is_refused),
		cmocka_unit_test(doors_have_ports_of_their_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
