/*
 * The certificate and private key for https: loads them from PEM files and checks them at the
 * start, so that a wrong file is reported to the owner rather than to each browser.
 */
#ifndef HARVESTER_HTTP_SERVER_TLS_H
#define HARVESTER_HTTP_SERVER_TLS_H

#include <stdint.h>

struct error;

#define WEB_TLS_FILE_MAX (256u << 10) /* bytes of each file */

struct web_tls {
	char *certificate; /* owned: PEM text, the node's own certificate first */
	char *key;	   /* owned: PEM text */
};

/*
 * Read both files and check that they belong together. Blocks on the disk. The caller ends *ret_tls
 * with web_tls_finish(). ERROR_NOT_FOUND or ERROR_SYSTEM if a file cannot be read, ERROR_TOO_LARGE
 * if it is larger than WEB_TLS_FILE_MAX, ERROR_MALFORMED if it is no PEM certificate or key,
 * ERROR_INVALID if the key belongs to another certificate.
 */
int web_tls_load(const char *certificate_path, const char *key_path, struct web_tls *ret_tls,
		 struct error *err);
void web_tls_finish(struct web_tls *tls);

/*
 * Check whether the certificate is valid at now_ms (Unix ms). ERROR_INVALID if it has expired or is
 * not valid yet (browsers then warn or refuse), ERROR_MALFORMED if it cannot be parsed.
 */
int web_tls_check_time(const struct web_tls *tls, uint64_t now_ms, struct error *err);

#endif
