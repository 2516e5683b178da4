/*
 * An HTTP and HTTPS client for requests to another node or service, which sends mail over SMTP as
 * well: libcurl's multi interface on the loop. Loop thread; libcurl resolves names on threads of
 * its own.
 *
 * It connects only to the address it was given: it follows no redirect, uses no proxy and no
 * .netrc, and keeps no cookies. With a pin, the server's public key has to match the pin and the
 * certificate's issuer does not matter; without a pin, the system's certificate authorities
 * decide.
 */
#ifndef HARVESTER_LINK_HTTP_CLIENT_H
#define HARVESTER_LINK_HTTP_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

struct error;
struct http_client;
struct http_exchange;

#define HTTP_ANSWER_MAX (1u << 20) /* bytes of a response's body; a larger one is an error */
#define HTTP_CONNECT_MS 10000	   /* for name resolution, connection and TLS together */
#define HTTP_EXCHANGES_MAX 16	   /* at the same time */

/*
 * Strings are copied; the body is borrowed until on_done(). Every pointer but `method` and `url`
 * may be NULL.
 */
struct http_mail {
	const char *from, *to;		 /* mail addresses */
	const char *username, *password; /* NULL: without log-in */
	bool may_be_plain; /* smtp:// without TLS; else the server must offer STARTTLS */
};

struct http_request {
	const char *method; /* "GET", "POST" */
	const char *url;
	const char *token; /* sent as Authorization: Bearer */
	/* "sha256//" and the hash of the server's public key in base64 (RFC 7469). */
	const char *pin;
	/* A PEM file with the authorities to trust instead of the system's; not with a pin. */
	const char *ca_file;
	const char *content_type, *content_encoding;
	const void *body;
	size_t body_size;
	uint64_t timeout_ms; /* for the whole exchange */
	/* Further headers, "Name: value", without line breaks; NULL at the end. */
	const char *const *headers;
	size_t answer_max; /* bytes of the response's body; 0: HTTP_ANSWER_MAX */
	/* Fail if the URL's name leads to this machine itself. */
	bool refuse_loopback;
	/* Send the body as a mail; the URL begins with smtp:// or smtps://, `method` is not used.
	 */
	const struct http_mail *mail;
};

struct http_answer {
	unsigned status;  /* 200 …; of a mail: the SMTP server's last answer, 250 */
	const char *body; /* borrowed for the call; followed by a 0 byte */
	size_t size;
	/* Time from the end of sending the request to the first byte of the response. */
	uint64_t first_byte_us;
	/* How long the server asks to wait before the next request (Retry-After); 0: it does not.
	 */
	uint64_t retry_after_ms;
};

/*
 * Called once when an exchange ends. `status` 0: a response was received, whatever its HTTP
 * status. Otherwise `answer` is NULL, *err says what went wrong, and `status` is ERROR_SYSTEM (the
 * server was not reached), ERROR_TIMEOUT, ERROR_TOO_LARGE (the response) or ERROR_CLOSED (the
 * client is being closed). The callback may start and cancel other exchanges.
 */
typedef void http_done(void *arg, int status, const struct http_answer *answer,
		       const struct error *err);

/* Create a client. The caller closes it with http_client_close(). ERROR_NO_MEMORY. */
int http_client_create(uv_loop_t *loop, struct http_client **ret_client);

/*
 * End each exchange with ERROR_CLOSED, free the client, then call on_closed(arg) on a later turn of
 * the loop. NULL is allowed.
 */
void http_client_close(struct http_client *client, void (*on_closed)(void *arg), void *arg);

/*
 * Start an exchange. on_done() is called on a later turn of the loop unless the exchange is
 * cancelled; *ret_exchange is borrowed until then, and ret_exchange may be NULL. ERROR_BUSY if
 * HTTP_EXCHANGES_MAX exchanges are running, ERROR_INVALID for a bad URL, ERROR_CLOSED,
 * ERROR_NO_MEMORY; on_done() is not called then.
 */
int http_client_start(struct http_client *client, const struct http_request *request,
		      http_done *on_done, void *arg, struct http_exchange **ret_exchange,
		      struct error *err);

/* Cancel an exchange; on_done() is not called. NULL is allowed. */
void http_exchange_cancel(struct http_exchange *exchange);

#endif
