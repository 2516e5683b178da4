#include "cluster/authority/authority.h"

#include <gnutls/x509.h>
#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "cluster/authority/certificate.h"
#include "cluster/authority/membership.h"

#define NOW_MS UINT64_C(1800000000000)
#define DAY_MS UINT64_C(86400000)

static json_t *create(unsigned voters)
{
	json_t *authority = NULL;

	assert_int_equal(authority_create("home", voters, NOW_MS, &authority, NULL), 0);
	return authority;
}

static int admit(json_t *authority, const char *node, const char *server, json_t **ret_admission,
		 struct error *err)
{
	struct membership_keys keys;
	json_t *application;
	int ret;

	assert_int_equal(membership_apply(node, server, &keys, &application, NULL), 0);
	ret = authority_admit(authority, node, server != NULL, application, NOW_MS, ret_admission,
			      err);
	membership_keys_finish(&keys);
	json_decref(application);
	return ret;
}

static const char *text_of(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

/* What a grant says, from between its two points. */
static json_t *open_grant(const char *grant)
{
	const char *from = strchr(grant, '.') + 1, *to = strchr(from, '.');
	char text[8192];
	size_t size = 0;

	assert_int_equal(sodium_base642bin((unsigned char *)text, sizeof(text), from,
					   (size_t)(to - from), NULL, &size, NULL,
					   sodium_base64_VARIANT_URLSAFE_NO_PADDING),
			 0);
	return json_loadb(text, size, 0, NULL);
}

static gnutls_x509_crt_t open_certificate(const char *text)
{
	const gnutls_datum_t data = {(unsigned char *)(uintptr_t)text, (unsigned)strlen(text)};
	gnutls_x509_crt_t certificate;

	assert_int_equal(gnutls_x509_crt_init(&certificate), 0);
	assert_int_equal(gnutls_x509_crt_import(certificate, &data, GNUTLS_X509_FMT_PEM), 0);
	return certificate;
}

static bool has_purpose(gnutls_x509_crt_t certificate, const char *purpose)
{
	return gnutls_x509_crt_check_key_purpose(certificate, purpose, 0) != 0;
}

static void a_plain_node_cannot_pretend_to_be_a_server(void **state)
{
	json_t *authority = create(1), *admission = NULL;
	gnutls_x509_crt_t certificate, issuer;

	(void)state;
	assert_int_equal(admit(authority, "garden", NULL, &admission, NULL), 0);
	certificate = open_certificate(text_of(admission, "certificate"));
	issuer = open_certificate(text_of(admission, "ca"));
	assert_true(gnutls_x509_crt_check_issuer(certificate, issuer));
	assert_true(has_purpose(certificate, GNUTLS_KP_TLS_WWW_CLIENT));
	assert_false(has_purpose(certificate, GNUTLS_KP_TLS_WWW_SERVER));
	assert_null(json_object_get(admission, "authority"));
	gnutls_x509_crt_deinit(certificate);
	gnutls_x509_crt_deinit(issuer);
	json_decref(admission);
	json_decref(authority);
}

static void a_voter_gets_the_authority_and_the_routes(void **state)
{
	json_t *authority = create(3), *first = NULL, *second = NULL;
	gnutls_x509_crt_t certificate;

	(void)state;
	assert_int_equal(admit(authority, "attic", "attic.local:4222", &first, NULL), 0);
	assert_int_equal(admit(authority, "cellar", "10.0.0.7:5000", &second, NULL), 0);
	assert_string_equal(json_string_value(json_array_get(json_object_get(second, "urls"), 0)),
			    "tls://10.0.0.7:5000");
	assert_string_equal(json_string_value(json_array_get(json_object_get(second, "routes"), 0)),
			    "tls://attic.local:6222");
	assert_string_equal(text_of(json_object_get(second, "authority"), "key"),
			    text_of(authority, "key"));
	certificate = open_certificate(text_of(second, "certificate"));
	assert_true(has_purpose(certificate, GNUTLS_KP_TLS_WWW_SERVER));
	assert_true(gnutls_x509_crt_check_hostname(certificate, "10.0.0.7"));
	assert_false(gnutls_x509_crt_check_hostname(certificate, "10.0.0.8"));
	gnutls_x509_crt_deinit(certificate);
	json_decref(first);
	json_decref(second);
	json_decref(authority);
}

static bool contains(const json_t *list, const char *subject)
{
	const json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
	{
		if (!strcmp(json_string_value(item), subject))
			return true;
	}
	return false;
}

static void a_grant_is_for_the_node_s_own_subjects(void **state)
{
	json_t *authority = create(1), *admission = NULL, *claims, *allowed, *heard;

	(void)state;
	assert_int_equal(admit(authority, "gar.den", NULL, &admission, NULL), 0);
	claims = open_grant(text_of(admission, "grant"));
	assert_string_equal(text_of(claims, "iss"),
			    text_of(json_object_get(authority, "account"), "name"));
	allowed = json_object_get(json_object_get(json_object_get(claims, "nats"), "pub"), "allow");
	heard = json_object_get(json_object_get(json_object_get(claims, "nats"), "sub"), "allow");
	assert_true(contains(allowed, "harvester.log.gar.den"));
	assert_true(contains(allowed, "harvester.log.relayed/gar/den.>"));
	assert_true(contains(allowed, "$KV.harvester_rollouts.report.gar.den"));
	assert_false(contains(allowed, "$KV.harvester_rollouts.>"));
	assert_true(contains(allowed, "$KV.harvester_presence.gar.den"));
	assert_false(contains(allowed, "harvester.log.>"));
	assert_false(contains(allowed, "$JS.API.>"));
	assert_false(contains(allowed, "$JS.API.STREAM.UPDATE.HARVESTER_LOG"));
	assert_true(contains(heard, "_INBOX.gar/den.>"));
	assert_true(contains(heard, "harvester.command.gar.den"));
	assert_int_equal(json_array_size(heard), 2);
	json_decref(claims);
	json_decref(admission);
	json_decref(authority);
}

static void voters_and_members_are_limited(void **state)
{
	json_t *authority = create(1), *admission = NULL, *members;
	struct error err;
	char name[32];

	(void)state;
	assert_int_equal(admit(authority, "attic", "attic:4222", &admission, NULL), 0);
	json_decref(admission);
	assert_int_equal(authority_check(authority, "cellar", true, &err), ERROR_TOO_LARGE);
	assert_non_null(strstr(err.text, "has its 1 voters already"));
	/* The dead voter's place. */
	assert_int_equal(authority_check(authority, "attic", true, &err), 0);
	members = json_object_get(authority, "members");
	for (size_t i = 1; i < AUTHORITY_MEMBERS_MAX; i++) {
		snprintf(name, sizeof(name), "n%zu", i);
		json_object_set_new(members, name, json_object());
	}
	assert_int_equal(authority_check(authority, "cellar", false, &err), ERROR_TOO_LARGE);
	assert_int_equal(authority_check(authority, "n7", false, &err), 0);
	json_decref(authority);
}

static void the_number_of_voters_changes(void **state)
{
	static const char *const leaving[] = {"cellar", "shed", "loft"};
	json_t *authority = create(3), *admission = NULL, *claims;
	struct error err;

	(void)state;
	for (const char *const *name = (const char *const[]){"attic", "cellar", "shed", NULL};
	     *name; name++) {
		assert_int_equal(admit(authority, *name, "10.0.0.7:5000", &admission, NULL), 0);
		claims = open_grant(text_of(admission, "grant"));
		assert_true(contains(
			json_object_get(json_object_get(json_object_get(claims, "nats"), "pub"),
					"allow"),
			"$JS.API.STREAM.UPDATE.HARVESTER_LOG"));
		json_decref(claims);
		json_decref(admission);
	}
	assert_int_equal(authority_check_voters(authority, 5, NULL, 0, "attic", NULL), 0);
	authority_set_voters(authority, 5, NULL, 0, NOW_MS);
	assert_int_equal(authority_missing_voters(authority), 2);
	assert_int_equal(admit(authority, "loft", "10.0.0.8:5000", &admission, NULL), 0);
	assert_int_equal(json_integer_value(json_object_get(admission, "voters_ms")), NOW_MS);
	json_decref(admission);
	/* A plain member may not change streams, so it is not told. */
	assert_int_equal(admit(authority, "garden", NULL, &admission, NULL), 0);
	assert_null(json_object_get(admission, "voters_ms"));
	json_decref(admission);
	assert_int_equal(authority_check_voters(authority, 1, leaving, 1, "attic", &err),
			 ERROR_INVALID);
	assert_string_equal(err.text, "the cluster has 4 voters: name the 3 that are to be voters "
				      "no longer, after the number");
	assert_int_equal(authority_check_voters(authority, 1, leaving, 3, "attic", NULL), 0);
	/* A clock that went back does not make this change older than the last one. */
	authority_set_voters(authority, 1, leaving, 3, NOW_MS - DAY_MS);
	assert_int_equal(json_integer_value(json_object_get(authority, "voters_ms")), NOW_MS + 1);
	assert_int_equal(authority_missing_voters(authority), 0);
	assert_int_equal(json_object_size(json_object_get(authority, "members")), 5);
	assert_int_equal(authority_check(authority, "loft", true, NULL), ERROR_TOO_LARGE);
	assert_int_equal(authority_check(authority, "cellar", true, NULL), ERROR_TOO_LARGE);
	json_decref(authority);
}

static void what_cannot_be_a_cluster_or_a_member_is_refused(void **state)
{
	static const char *const names[] = {"", "*", "a..b", ".a", "a b", ">"};
	json_t *authority = create(3), *admission = NULL, *application, *other = NULL;
	struct error err;

	(void)state;
	assert_int_equal(authority_create("home", 2, NOW_MS, &other, &err), ERROR_INVALID);
	assert_int_equal(authority_create("ho me", 1, NOW_MS, &other, &err), ERROR_INVALID);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		assert_int_not_equal(authority_check(authority, names[i], false, &err), 0);
	application = json_pack("{s:s, s:s}", "request", "x", "user", "x");
	assert_int_equal(
		authority_admit(authority, "a", false, application, NOW_MS, &admission, &err),
		ERROR_MALFORMED);
	assert_int_equal(authority_admit(authority, "a", false, NULL, NOW_MS, &admission, &err),
			 ERROR_MALFORMED);
	json_decref(application);
	json_decref(authority);
}

/* The request's signature proves that the sender has the key. */
static void a_request_that_was_changed_is_refused(void **state)
{
	json_t *authority = create(1), *application, *admission = NULL;
	struct membership_keys keys;
	struct error err;
	char *text;

	(void)state;
	assert_int_equal(membership_apply("garden", NULL, &keys, &application, NULL), 0);
	text = strdup(text_of(application, "request"));
	text[strlen(text) / 2] ^= 1;
	json_object_set_new(application, "request", json_string(text));
	assert_int_equal(
		authority_admit(authority, "garden", false, application, NOW_MS, &admission, &err),
		ERROR_MALFORMED);
	free(text);
	membership_keys_finish(&keys);
	json_decref(application);
	json_decref(authority);
}

static void a_certificate_s_dates_are_checked(void **state)
{
	json_t *authority = create(1), *admission = NULL;
	const char *certificate;
	struct error err;

	(void)state;
	assert_int_equal(admit(authority, "garden", NULL, &admission, NULL), 0);
	certificate = text_of(admission, "certificate");
	assert_int_equal(certificate_check_time(certificate, NOW_MS, &err), 0);
	assert_int_equal(certificate_check_time(certificate, NOW_MS - 2 * DAY_MS, &err),
			 ERROR_INVALID);
	assert_non_null(strstr(err.text, "check the clock"));
	assert_int_equal(
		certificate_check_time(certificate, NOW_MS + CERTIFICATE_DAYS * DAY_MS, &err),
		ERROR_INVALID);
	assert_non_null(strstr(err.text, "expired on"));
	assert_int_equal(certificate_check_time("x", NOW_MS, &err), ERROR_MALFORMED);
	json_decref(admission);
	json_decref(authority);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_plain_node_cannot_pretend_to_be_a_server),
		cmocka_unit_test(a_voter_gets_the_authority_and_the_routes),
		cmocka_unit_test(a_grant_is_for_the_node_s_own_subjects),
		cmocka_unit_test(the_number_of_voters_changes),
		cmocka_unit_test(voters_and_members_are_limited),
		cmocka_unit_test(what_cannot_be_a_cluster_or_a_member_is_refused),
		cmocka_unit_test(a_request_that_was_changed_is_refused),
		cmocka_unit_test(a_certificate_s_dates_are_checked),
	};

	return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
