#include "link/tls_pin.h"

#include <gnutls/abstract.h>
#include <gnutls/x509.h>
#include <sodium.h>
#include <string.h>

#include "base/error.h"

#define PREFIX "sha256//"
#define DIGITS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
#define DIGITS_COUNT 43 /* 32 bytes in base64, without the final "=" */

static int export_key(const char *certificate, gnutls_datum_t *ret_key)
{
	const gnutls_datum_t text = {(unsigned char *)certificate, (unsigned)strlen(certificate)};
	gnutls_x509_crt_t parsed;
	gnutls_pubkey_t key;
	int ret = gnutls_x509_crt_init(&parsed);

	if (ret)
		return ret;
	ret = gnutls_pubkey_init(&key);
	if (ret)
		goto out_parsed;
	ret = gnutls_x509_crt_import(parsed, &text, GNUTLS_X509_FMT_PEM);
	if (!ret)
		ret = gnutls_pubkey_import_x509(key, parsed, 0);
	if (!ret)
		ret = gnutls_pubkey_export2(key, GNUTLS_X509_FMT_DER, ret_key);
	gnutls_pubkey_deinit(key);
out_parsed:
	gnutls_x509_crt_deinit(parsed);
	return ret;
}

int tls_pin_of(const char *certificate, char ret_pin[TLS_PIN_SIZE], struct error *err)
{
	unsigned char hash[crypto_hash_sha256_BYTES];
	gnutls_datum_t key;
	int ret = export_key(certificate, &key);

	if (ret)
		return error_set(err, ERROR_MALFORMED,
				 "the certificate of this node is no X.509 certificate in PEM form "
				 "(%s): make a new one, or correct `tls_certificate`",
				 gnutls_strerror(ret));
	crypto_hash_sha256(hash, key.data, key.size);
	gnutls_free(key.data);
	memcpy(ret_pin, PREFIX, strlen(PREFIX));
	sodium_bin2base64(ret_pin + strlen(PREFIX), TLS_PIN_SIZE - strlen(PREFIX), hash,
			  sizeof(hash), sodium_base64_VARIANT_ORIGINAL);
	return 0;
}

int tls_pin_check(const char *pin)
{
	const char *digits = pin + strlen(PREFIX);

	if (strncmp(pin, PREFIX, strlen(PREFIX)) || strspn(digits, DIGITS) != DIGITS_COUNT ||
	    strcmp(digits + DIGITS_COUNT, "="))
		return ERROR_MALFORMED;
	return 0;
}
