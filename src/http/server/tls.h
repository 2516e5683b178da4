/*
 * The certificate and key of https, from PEM files, checked before a client finds them bad.
 * Everything here blocks on the disk.
 */
#ifndef HARVESTER_HTTP_SERVER_TLS_H
#define HARVESTER_HTTP_SERVER_TLS_H

#include <stdint.h>

struct error;

#define WEB_TLS_FILE_MAX (256u << 10) /* bytes of each file */

struct web_tls {
	char *certificate; /* owned: the text of the file, the node's own certificate first */
	char *key;	   /* owned */
};

/*
 * Read both and see that they belong together. ERROR_NOT_FOUND, ERROR_SYSTEM or ERROR_TOO_LARGE for
 * a file, ERROR_MALFORMED for one that is not what it should be, ERROR_INVALID for a key of another
 * certificate.
 */
int web_tls_load(const char *certificate_path, const char *key_path, struct web_tls *ret_tls,
		 struct error *err);
void web_tls_finish(struct web_tls *tls);

/* ERROR_INVALID before the certificate's time, and after it: browsers then warn, or refuse. */
int web_tls_check_time(const struct web_tls *tls, uint64_t now_ms, struct error *err);

#endif
