/*
 * Answers that come later: a handler that has to wait begins one, hands it to whoever will know,
 * and returns web_answer_later(). Loop thread; the server goes on with other requests meanwhile.
 */
#ifndef HARVESTER_HTTP_SERVER_DEFERRED_RESPONSE_H
#define HARVESTER_HTTP_SERVER_DEFERRED_RESPONSE_H

#include "http/server/answer.h"

struct deferred_response;
struct web_request;

/* The request waits from here on. NULL without memory: answer at once then. */
struct deferred_response *deferred_response_begin(struct web_request *request);

/*
 * The answer is there (its response is taken); exactly once, and it may be from within the handler.
 * The client, or the whole server, may be gone by then: the answer is dropped.
 */
void deferred_response_finish(struct deferred_response *pending, struct web_answer answer);

/* What the handler returns after deferred_response_begin(). */
struct web_answer web_answer_later(void);

#endif
