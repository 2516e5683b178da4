#include "cluster/authority/certificate.h"

#include <arpa/inet.h>
#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/error.h"

#define MS_A_DAY UINT64_C(86400000)
#define SERIAL_SIZE 16

static gnutls_datum_t datum(const char *text)
{
	return (gnutls_datum_t){
		.data = (unsigned char *)(uintptr_t)text, /* only read */
		.size = (unsigned)strlen(text),
	};
}

/* Copies a text of the library into memory of malloc(), and frees it there. */
static int take(gnutls_datum_t *text, char **ret_text)
{
	*ret_text = strndup((const char *)text->data, text->size);
	sodium_memzero(text->data, text->size);
	gnutls_free(text->data);
	return *ret_text ? 0 : GNUTLS_E_MEMORY_ERROR;
}

static int fail(struct error *err, const char *what, int code)
{
	return error_set(err, code == GNUTLS_E_MEMORY_ERROR ? ERROR_NO_MEMORY : ERROR_SYSTEM,
			 "cannot %s for the cluster: %s", what, gnutls_strerror(code));
}

void certificate_pair_finish(struct certificate_pair *pair)
{
	if (pair->key)
		sodium_memzero(pair->key, strlen(pair->key));
	free(pair->certificate);
	free(pair->key);
	*pair = (struct certificate_pair){0};
}

/* Keys */

static int make_key(gnutls_x509_privkey_t *ret_key)
{
	int code = gnutls_x509_privkey_init(ret_key);

	return code ? code
		    : gnutls_x509_privkey_generate(*ret_key, GNUTLS_PK_ECDSA,
						   GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1),
						   0);
}

static int write_key(gnutls_x509_privkey_t key, char **ret_text)
{
	gnutls_datum_t text;
	int code = gnutls_x509_privkey_export2_pkcs8(key, GNUTLS_X509_FMT_PEM, NULL,
						     GNUTLS_PKCS_PLAIN, &text);

	return code ? code : take(&text, ret_text);
}

/* Certificates */

static int set_serial(gnutls_x509_crt_t certificate)
{
	unsigned char serial[SERIAL_SIZE];

	randombytes_buf(serial, sizeof(serial));
	serial[0] = (serial[0] & 0x7f) | 1; /* a positive number without leading zeros */
	return gnutls_x509_crt_set_serial(certificate, serial, sizeof(serial));
}

static int begin(const char *name, uint64_t from_ms, uint64_t until_ms,
		 gnutls_x509_crt_t *ret_certificate)
{
	int code = gnutls_x509_crt_init(ret_certificate);

	if (!code)
		code = gnutls_x509_crt_set_version(*ret_certificate, 3);
	if (!code)
		code = set_serial(*ret_certificate);
	if (!code)
		code = gnutls_x509_crt_set_dn_by_oid(*ret_certificate, GNUTLS_OID_X520_COMMON_NAME,
						     0, name, (unsigned)strlen(name));
	if (!code)
		code = gnutls_x509_crt_set_activation_time(*ret_certificate,
							   (time_t)(from_ms / 1000));
	if (!code)
		code = gnutls_x509_crt_set_expiration_time(*ret_certificate,
							   (time_t)(until_ms / 1000));
	return code;
}

static int write_certificate(gnutls_x509_crt_t certificate, char **ret_text)
{
	gnutls_datum_t text;
	int code = gnutls_x509_crt_export2(certificate, GNUTLS_X509_FMT_PEM, &text);

	return code ? code : take(&text, ret_text);
}

static int sign_authority(gnutls_x509_crt_t certificate, gnutls_x509_privkey_t key)
{
	int code = gnutls_x509_crt_set_key(certificate, key);

	if (!code)
		code = gnutls_x509_crt_set_basic_constraints(certificate, 1, 0);
	if (!code)
		code = gnutls_x509_crt_set_key_usage(certificate, GNUTLS_KEY_KEY_CERT_SIGN);
	if (!code)
		code = gnutls_x509_crt_sign2(certificate, certificate, key, GNUTLS_DIG_SHA256, 0);
	return code;
}

int certificate_create_authority(const char *cluster, uint64_t now_ms,
				 struct certificate_pair *ret_pair, struct error *err)
{
	gnutls_x509_privkey_t key = NULL;
	gnutls_x509_crt_t certificate = NULL;
	struct certificate_pair pair = {0};
	int code = make_key(&key);

	if (!code)
		code = begin(cluster, now_ms - MS_A_DAY, now_ms + CERTIFICATE_DAYS * MS_A_DAY,
			     &certificate);
	if (!code)
		code = sign_authority(certificate, key);
	if (!code)
		code = write_certificate(certificate, &pair.certificate);
	if (!code)
		code = write_key(key, &pair.key);
	gnutls_x509_privkey_deinit(key);
	gnutls_x509_crt_deinit(certificate);
	if (code) {
		certificate_pair_finish(&pair);
		return fail(err, "make an authority", code);
	}
	*ret_pair = pair;
	return 0;
}

/* Requests */

static int sign_request(const char *node, gnutls_x509_crq_t request, gnutls_x509_privkey_t key)
{
	int code = gnutls_x509_crq_set_version(request, 1);

	if (!code)
		code = gnutls_x509_crq_set_dn_by_oid(request, GNUTLS_OID_X520_COMMON_NAME, 0, node,
						     (unsigned)strlen(node));
	if (!code)
		code = gnutls_x509_crq_set_key(request, key);
	return code ? code : gnutls_x509_crq_sign2(request, key, GNUTLS_DIG_SHA256, 0);
}

int certificate_request(const char *node, struct certificate_pair *ret_pair, struct error *err)
{
	gnutls_x509_privkey_t key = NULL;
	gnutls_x509_crq_t request = NULL;
	struct certificate_pair pair = {0};
	gnutls_datum_t text;
	int code = make_key(&key);

	if (!code)
		code = gnutls_x509_crq_init(&request);
	if (!code)
		code = sign_request(node, request, key);
	if (!code)
		code = gnutls_x509_crq_export2(request, GNUTLS_X509_FMT_PEM, &text);
	if (!code)
		code = take(&text, &pair.certificate);
	if (!code)
		code = write_key(key, &pair.key);
	gnutls_x509_privkey_deinit(key);
	gnutls_x509_crq_deinit(request);
	if (code) {
		certificate_pair_finish(&pair);
		return fail(err, "make a key", code);
	}
	*ret_pair = pair;
	return 0;
}

/* Take the public key of a request, whose owner has proven that it has the secret one. */
static int copy_public_key(const char *text, gnutls_x509_crt_t certificate)
{
	const gnutls_datum_t data = datum(text);
	gnutls_x509_crq_t request = NULL;
	gnutls_pubkey_t key = NULL;
	int code = gnutls_x509_crq_init(&request);

	if (!code)
		code = gnutls_x509_crq_import(request, &data, GNUTLS_X509_FMT_PEM);
	if (!code)
		code = gnutls_x509_crq_verify(request, 0);
	if (!code)
		code = gnutls_pubkey_init(&key);
	if (!code)
		code = gnutls_pubkey_import_x509_crq(key, request, 0);
	if (!code)
		code = gnutls_x509_crt_set_pubkey(certificate, key);
	gnutls_pubkey_deinit(key);
	gnutls_x509_crq_deinit(request);
	return code;
}

static int set_host(gnutls_x509_crt_t certificate, const char *host)
{
	unsigned char address[16];
	unsigned size = 0;

	if (inet_pton(AF_INET, host, address) == 1)
		size = 4;
	else if (inet_pton(AF_INET6, host, address) == 1)
		size = 16;
	return gnutls_x509_crt_set_subject_alt_name(
		certificate, size ? GNUTLS_SAN_IPADDRESS : GNUTLS_SAN_DNSNAME,
		size ? (const void *)address : host, size ? size : (unsigned)strlen(host),
		GNUTLS_FSAN_APPEND);
}

/* A node without a server gets a certificate with which nobody can pretend to be one. */
static int set_purposes(gnutls_x509_crt_t certificate, const char *host)
{
	int code = gnutls_x509_crt_set_basic_constraints(certificate, 0, -1);

	if (!code)
		code = gnutls_x509_crt_set_key_usage(certificate, GNUTLS_KEY_DIGITAL_SIGNATURE);
	if (!code)
		code = gnutls_x509_crt_set_key_purpose_oid(certificate, GNUTLS_KP_TLS_WWW_CLIENT,
							   0);
	if (code || !host)
		return code;
	code = gnutls_x509_crt_set_key_purpose_oid(certificate, GNUTLS_KP_TLS_WWW_SERVER, 0);
	return code ? code : set_host(certificate, host);
}

static int sign(const struct certificate_pair *authority, gnutls_x509_crt_t certificate)
{
	const gnutls_datum_t text = datum(authority->certificate), secret = datum(authority->key);
	gnutls_x509_privkey_t key = NULL;
	gnutls_x509_crt_t issuer = NULL;
	int code = gnutls_x509_crt_init(&issuer);

	if (!code)
		code = gnutls_x509_privkey_init(&key);
	if (!code)
		code = gnutls_x509_crt_import(issuer, &text, GNUTLS_X509_FMT_PEM);
	if (!code)
		code = gnutls_x509_privkey_import(key, &secret, GNUTLS_X509_FMT_PEM);
	if (!code)
		code = gnutls_x509_crt_sign2(certificate, issuer, key, GNUTLS_DIG_SHA256, 0);
	gnutls_x509_privkey_deinit(key);
	gnutls_x509_crt_deinit(issuer);
	return code;
}

int certificate_issue(const struct certificate_pair *authority, const char *request,
		      const struct certificate_order *order, char **ret_certificate,
		      struct error *err)
{
	gnutls_x509_crt_t certificate = NULL;
	char *text = NULL;
	int code = begin(order->node, order->from_ms, order->until_ms, &certificate);

	if (!code && copy_public_key(request, certificate)) {
		gnutls_x509_crt_deinit(certificate);
		return error_set(err, ERROR_MALFORMED,
				 "the request for a certificate cannot be read, or its signature "
				 "is wrong: run `harvester cluster join` with the same version of "
				 "harvester again");
	}
	if (!code)
		code = set_purposes(certificate, order->host);
	if (!code)
		code = sign(authority, certificate);
	if (!code)
		code = write_certificate(certificate, &text);
	gnutls_x509_crt_deinit(certificate);
	if (code)
		return fail(err, "sign a certificate", code);
	*ret_certificate = text;
	return 0;
}

/* Dates */

static void describe_time(time_t seconds, char *ret_text, size_t size)
{
	struct tm parts;

	if (!gmtime_r(&seconds, &parts) || !strftime(ret_text, size, "%Y-%m-%d %H:%M UTC", &parts))
		snprintf(ret_text, size, "an unknown time");
}

int certificate_check_time(const char *text, uint64_t now_ms, struct error *err)
{
	const gnutls_datum_t data = datum(text);
	time_t now = (time_t)(now_ms / 1000), from, until;
	gnutls_x509_crt_t certificate = NULL;
	char when[64];
	int code = gnutls_x509_crt_init(&certificate);

	if (!code)
		code = gnutls_x509_crt_import(certificate, &data, GNUTLS_X509_FMT_PEM);
	if (code) {
		gnutls_x509_crt_deinit(certificate);
		return error_set(err, ERROR_MALFORMED,
				 "this node's certificate of the cluster cannot be read (%s): run "
				 "`harvester cluster join` with a new invitation",
				 gnutls_strerror(code));
	}
	from = gnutls_x509_crt_get_activation_time(certificate);
	until = gnutls_x509_crt_get_expiration_time(certificate);
	gnutls_x509_crt_deinit(certificate);
	if (now >= from && now < until)
		return 0;
	describe_time(now < from ? from : until, when, sizeof(when));
	return error_set(err, ERROR_INVALID,
			 now < from ? "this node's certificate of the cluster is not valid before "
				      "%s, by this machine's clock: check the clock"
				    : "this node's certificate of the cluster expired on %s: run "
				      "`harvester cluster join` with a new invitation",
			 when);
}
