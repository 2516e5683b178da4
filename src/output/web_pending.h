/*
 * Answers that come later: a handler that has to wait begins one, hands it to whoever will know, and
 * returns web_answer_later(). Loop thread; the server goes on with other requests meanwhile.
 */
#ifndef HARVESTER_OUTPUT_WEB_PENDING_H
#define HARVESTER_OUTPUT_WEB_PENDING_H

#include "output/web_answer.h"

struct web_pending;
struct web_request;

/* The request waits from here on. NULL without memory: answer at once then. */
struct web_pending *web_pending_begin(struct web_request *request);

/*
 * The answer is there (its response is taken); exactly once, and it may be from within the handler.
 * The client, or the whole server, may be gone by then: the answer is dropped.
 */
void web_pending_finish(struct web_pending *pending, struct web_answer answer);

/* What the handler returns after web_pending_begin(). */
struct web_answer web_answer_later(void);

#endif
