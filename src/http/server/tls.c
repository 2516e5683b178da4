#include "http/server/tls.h"

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"

static gnutls_datum_t datum(const char *text)
{
	return (gnutls_datum_t){
		.data = (unsigned char *)(uintptr_t)text, /* only read */
		.size = (unsigned)strlen(text),
	};
}

static int read_text(const char *what, const char *path, char **ret_text, struct error *err)
{
	struct buffer buffer;
	int ret = buffer_read_file(&buffer, path, WEB_TLS_FILE_MAX, err);

	if (ret)
		return error_wrap(err, ret, "%s", what);
	if (!buffer.data || memchr(buffer.data, 0, buffer.size)) {
		buffer_finish(&buffer);
		return error_set(
			err, ERROR_MALFORMED,
			"%s: %s is no PEM file: convert it with openssl, or name another file",
			what, path);
	}
	*ret_text = buffer.data; /* ends in a 0 byte */
	return 0;
}

static int check_pair(const struct web_tls *tls, const char *certificate_path, const char *key_path,
		      struct error *err)
{
	gnutls_datum_t certificate = datum(tls->certificate), key = datum(tls->key);
	gnutls_certificate_credentials_t credentials;
	gnutls_x509_privkey_t parsed;
	int code = gnutls_certificate_allocate_credentials(&credentials);

	if (code)
		return error_set(err, ERROR_NO_MEMORY,
				 "cannot check %s and %s (http.tls_certificate, http.tls_key): %s",
				 certificate_path, key_path, error_text(ERROR_NO_MEMORY));
	code = gnutls_certificate_set_x509_key_mem2(credentials, &certificate, &key,
						    GNUTLS_X509_FMT_PEM, NULL, 0);
	gnutls_certificate_free_credentials(credentials);
	if (code >= 0)
		return 0;
	if (code == GNUTLS_E_CERTIFICATE_KEY_MISMATCH)
		return error_set(err, ERROR_INVALID,
				 "http.tls_key: %s is not the key of %s: name the two files that "
				 "belong together",
				 key_path, certificate_path);
	/* Find out which of the two files is wrong. */
	if (!gnutls_x509_privkey_init(&parsed)) {
		int is_bad =
			gnutls_x509_privkey_import2(parsed, &key, GNUTLS_X509_FMT_PEM, NULL, 0);

		gnutls_x509_privkey_deinit(parsed);
		if (is_bad)
			return error_set(err, ERROR_MALFORMED,
					 "http.tls_key: %s: %s: name a private key in PEM format",
					 key_path, gnutls_strerror(is_bad));
	}
	return error_set(err, ERROR_MALFORMED,
			 "http.tls_certificate: %s: %s: name a certificate in PEM format",
			 certificate_path, gnutls_strerror(code));
}

int web_tls_load(const char *certificate_path, const char *key_path, struct web_tls *ret_tls,
		 struct error *err)
{
	struct web_tls tls = {0};
	int ret = read_text("http.tls_certificate", certificate_path, &tls.certificate, err);

	if (!ret)
		ret = read_text("http.tls_key", key_path, &tls.key, err);
	if (!ret)
		ret = check_pair(&tls, certificate_path, key_path, err);
	if (ret)
		web_tls_finish(&tls);
	else
		*ret_tls = tls;
	return ret;
}

void web_tls_finish(struct web_tls *tls)
{
	if (tls->key)
		sodium_memzero(tls->key, strlen(tls->key));
	free(tls->certificate);
	free(tls->key);
	*tls = (struct web_tls){0};
}

static void describe_time(time_t seconds, char *ret_text, size_t size)
{
	struct tm parts;

	if (!gmtime_r(&seconds, &parts) || !strftime(ret_text, size, "%Y-%m-%d %H:%M UTC", &parts))
		snprintf(ret_text, size, "an unknown time");
}

int web_tls_check_time(const struct web_tls *tls, uint64_t now_ms, struct error *err)
{
	gnutls_datum_t text = datum(tls->certificate);
	time_t now = (time_t)(now_ms / 1000), from, to;
	gnutls_x509_crt_t certificate;
	char when[64];
	int code = gnutls_x509_crt_init(&certificate);

	if (code)
		return error_set(err, ERROR_NO_MEMORY,
				 "http.tls_certificate: cannot check its dates: %s",
				 error_text(ERROR_NO_MEMORY));
	/* Parses only the first certificate, which is the node's own. */
	code = gnutls_x509_crt_import(certificate, &text, GNUTLS_X509_FMT_PEM);
	from = gnutls_x509_crt_get_activation_time(certificate);
	to = gnutls_x509_crt_get_expiration_time(certificate);
	gnutls_x509_crt_deinit(certificate);
	if (code)
		return error_set(
			err, ERROR_MALFORMED,
			"http.tls_certificate: cannot parse the certificate (%s): make a new one",
			gnutls_strerror(code));
	if (now >= from && now < to)
		return 0;
	describe_time(now < from ? from : to, when, sizeof(when));
	return error_set(
		err, ERROR_INVALID,
		now < from ? "http.tls_certificate: not valid before %s, by this machine's clock: "
			     "check the clock"
			   : "http.tls_certificate: expired on %s: put a new one in its place",
		when);
}
