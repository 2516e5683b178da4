/*
 * A deferred answer: a handler that has to wait (for the disk, or another node) begins one, passes
 * it as the argument of the callback that will have the result, and returns web_answer_later(). The
 * server serves other requests meanwhile. Loop thread.
 */
#ifndef HARVESTER_HTTP_SERVER_DEFERRED_RESPONSE_H
#define HARVESTER_HTTP_SERVER_DEFERRED_RESPONSE_H

#include "http/server/answer.h"

struct deferred_response;
struct web_request;

/*
 * Suspend the request until deferred_response_finish(), which must follow. NULL if memory runs out:
 * the request is not suspended, and the handler answers it at once.
 */
struct deferred_response *deferred_response_begin(struct web_request *request);

/*
 * Send the answer and free `pending`. Call it exactly once; from within the handler is allowed.
 * Takes ownership of the answer's response. If the server has closed meanwhile, the answer is
 * dropped.
 */
void deferred_response_finish(struct deferred_response *pending, struct web_answer answer);

/* What the handler returns after deferred_response_begin(). */
struct web_answer web_answer_later(void);

#endif
