/*
 * Requests to another node over HTTP or HTTPS: libcurl's multi interface on our loop. Loop thread,
 * all of it; names are looked up on threads of libcurl's own.
 *
 * No redirect is followed, no proxy and no .netrc is looked at, no cookie kept: it talks to the one
 * address that it was given. With a pin, the server's public key has to be that one, and who signed
 * its certificate does not matter; without, the machine's authorities decide.
 */
#ifndef HARVESTER_LINK_HTTP_CLIENT_H
#define HARVESTER_LINK_HTTP_CLIENT_H

#include <stddef.h>
#include <stdint.h>
#include <uv.h>

struct error;
struct http_client;
struct http_exchange;

#define HTTP_ANSWER_MAX (1u << 20) /* bytes of an answer's body; more is an error */
#define HTTP_CONNECT_MS 10000	   /* longest time for name, connection and TLS together */
#define HTTP_EXCHANGES_MAX 16	   /* at once */

/* Strings are copied; the body is borrowed until done(). NULL where not said otherwise: none. */
struct http_request {
	const char *method; /* never NULL */
	const char *url;    /* never NULL */
	const char *token;  /* sent as Authorization: Bearer */
	const char
		*pin; /* "sha256//" and base64 of the hash of the server's public key (RFC 7469) */
	const char *content_type, *content_encoding;
	const void *body;
	size_t body_size;
	uint64_t timeout_ms; /* of the whole exchange */
};

struct http_answer {
	unsigned status;  /* 200 … */
	const char *body; /* borrowed for the call, with a 0 byte behind it */
	size_t size;
	uint64_t first_byte_us; /* from the end of the request's way out to the answer's first byte
				 */
};

/*
 * status 0: an answer came, whatever it says. ERROR_SYSTEM (not reached), ERROR_TIMEOUT,
 * ERROR_TOO_LARGE, ERROR_CLOSED (the client closes): answer is NULL, *err says it in words.
 * May start and cancel other exchanges.
 */
typedef void http_done(void *arg, int status, const struct http_answer *answer,
		       const struct error *err);

/* ERROR_NO_MEMORY. */
int http_client_create(uv_loop_t *loop, struct http_client **ret_client);

/* Ends each exchange with ERROR_CLOSED, then calls closed(arg) on a later turn. NULL is allowed. */
void http_client_close(struct http_client *client, void (*closed)(void *arg), void *arg);

/*
 * Start one. done() follows on a later turn, unless it is cancelled; *ret_exchange lives until then
 * and may be NULL. ERROR_BUSY, ERROR_INVALID (the url), ERROR_NO_MEMORY.
 */
int http_client_start(struct http_client *client, const struct http_request *request,
		      http_done *done, void *arg, struct http_exchange **ret_exchange,
		      struct error *err);

/* No done() follows. NULL is allowed. */
void http_exchange_cancel(struct http_exchange *exchange);

#endif
