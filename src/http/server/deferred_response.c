#include "http/server/deferred_response.h"

#include <stdlib.h>

#include "http/server/internal.h"

struct deferred_response {
	struct web_request *request; /* NULL: the server has closed */
};

struct deferred_response *deferred_response_begin(struct web_request *request)
{
	struct deferred_response *pending = malloc(sizeof(*pending));

	if (!pending)
		return NULL;
	pending->request = request;
	request->pending = pending;
	request->next_pending = request->web->pendings;
	request->web->pendings = request;
	MHD_suspend_connection(request->connection);
	return pending;
}

static void resume(struct web_request *request)
{
	struct web_request **link = &request->web->pendings;

	while (*link != request)
		link = &(*link)->next_pending;
	*link = request->next_pending;
	request->pending = NULL;
	MHD_resume_connection(request->connection);
}

void deferred_response_finish(struct deferred_response *pending, struct web_answer answer)
{
	struct web_request *request = pending->request;

	free(pending);
	if (request) {
		request->answer = answer;
		request->is_answered = true;
		resume(request);
		web_run_soon(request->web);
	} else if (answer.response && !answer.kept) {
		MHD_destroy_response(answer.response);
	}
}

void web_pendings_abandon(struct web *web)
{
	while (web->pendings) {
		web->pendings->pending->request = NULL;
		resume(web->pendings);
	}
}

struct web_answer web_answer_later(void)
{
	return (struct web_answer){.is_later = true};
}
