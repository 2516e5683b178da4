/* Keys and self-signed certificates for the tests, as PEM. */
#ifndef TESTS_UNIT_OUTPUT_CERTIFICATE_H
#define TESTS_UNIT_OUTPUT_CERTIFICATE_H

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include "../plugin/folder.h"

/* Write NAME.key and NAME.pem, valid from one Unix time to the other. */
static inline void make_certificate(const struct folder *folder, const char *name, time_t from,
				    time_t to)
{
	gnutls_datum_t key_text, certificate_text;
	gnutls_x509_privkey_t key;
	gnutls_x509_crt_t certificate;
	char file[64];

	assert_int_equal(gnutls_x509_privkey_init(&key), 0);
	assert_int_equal(
		gnutls_x509_privkey_generate(key, GNUTLS_PK_ECDSA,
					     GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0),
		0);
	assert_int_equal(gnutls_x509_crt_init(&certificate), 0);
	assert_int_equal(gnutls_x509_crt_set_version(certificate, 3), 0);
	assert_int_equal(gnutls_x509_crt_set_serial(certificate, "\1", 1), 0);
	assert_int_equal(gnutls_x509_crt_set_dn(certificate, "CN=localhost", NULL), 0);
	assert_int_equal(gnutls_x509_crt_set_activation_time(certificate, from), 0);
	assert_int_equal(gnutls_x509_crt_set_expiration_time(certificate, to), 0);
	assert_int_equal(gnutls_x509_crt_set_key(certificate, key), 0);
	assert_int_equal(gnutls_x509_crt_sign2(certificate, certificate, key, GNUTLS_DIG_SHA256, 0),
			 0);
	assert_int_equal(gnutls_x509_privkey_export2(key, GNUTLS_X509_FMT_PEM, &key_text), 0);
	assert_int_equal(
		gnutls_x509_crt_export2(certificate, GNUTLS_X509_FMT_PEM, &certificate_text), 0);
	snprintf(file, sizeof(file), "%s.key", name);
	make_data(folder, file, key_text.data, key_text.size);
	snprintf(file, sizeof(file), "%s.pem", name);
	make_data(folder, file, certificate_text.data, certificate_text.size);
	gnutls_free(key_text.data);
	gnutls_free(certificate_text.data);
	gnutls_x509_crt_deinit(certificate);
	gnutls_x509_privkey_deinit(key);
}

#endif
