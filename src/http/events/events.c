#include "http/events/events.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "http/auth/auth.h"
#include "http/events/event_ring.h"
#include "http/server/internal.h"

/*
 * Bytes given to the library at once. It copies them into memory that belongs to the connection,
 * and the pages touched there stay in use for each client.
 */
#define PIECE_MAX 3072
#define BLOCK_SIZE 512 /* of the library's buffer in the response, used for HTTP/1.0 */

struct web_text {
	unsigned references;
	struct buffer content;
};

struct client {
	struct client *previous, *next;
	struct web_events *events;
	struct MHD_Connection *connection;
	struct in6_addr address;
	struct authenticator_ticket ticket;
	struct web_text *first; /* owned; NULL once it was sent */
	size_t first_at;	/* bytes of `first` sent so far */
	uint64_t offset;	/* of the next byte to send, in the ring */
	bool is_asleep, is_dropped;
};

struct web_events {
	struct client head; /* head of a circular list, no client itself */
	unsigned clients_max, clients_per_address_max;
	size_t ring_size;
	struct event_ring ring; /* empty while there are no clients */
	struct web_events_counters counters;
	bool is_ending;
};

struct web_text *web_text_create(struct buffer *buffer)
{
	struct web_text *text = malloc(sizeof(*text));

	if (!text)
		return NULL;
	*text = (struct web_text){.references = 1, .content = *buffer};
	buffer_init(buffer, buffer->limit);
	return text;
}

struct web_text *web_text_ref(struct web_text *text)
{
	text->references++;
	return text;
}

void web_text_unref(struct web_text *text)
{
	if (!text || --text->references)
		return;
	buffer_finish(&text->content);
	free(text);
}

struct web_events *web_events_create(unsigned clients_max, unsigned clients_per_address_max,
				     size_t ring_size)
{
	struct web_events *events = calloc(1, sizeof(*events));

	if (!events)
		return NULL;
	events->head.next = events->head.previous = &events->head;
	events->clients_max = clients_max;
	events->clients_per_address_max = clients_per_address_max;
	events->ring_size = ring_size;
	return events;
}

size_t web_events_size_max(const struct web_events *events)
{
	return WEB_EVENT_SIZE_MAX(events->ring_size);
}

void web_events_destroy(struct web_events *events)
{
	if (events)
		event_ring_finish(&events->ring);
	free(events);
}

/* Clients */

static struct in6_addr address_of(const struct web_request *request)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	const struct sockaddr *any = info ? info->client_addr : NULL;
	struct in6_addr address = {0};

	if (any && any->sa_family == AF_INET6)
		address = ((const struct sockaddr_in6 *)(const void *)any)->sin6_addr;
	else if (any && any->sa_family == AF_INET)
		memcpy(address.s6_addr + 12,
		       &((const struct sockaddr_in *)(const void *)any)->sin_addr, 4);
	return address;
}

bool web_events_have_room(struct web_events *events, struct web_request *request)
{
	struct in6_addr address = address_of(request);
	unsigned same = 0;

	for (const struct client *at = events->head.next; at != &events->head; at = at->next)
		same += !memcmp(&at->address, &address, sizeof(address));
	if (events->counters.clients < events->clients_max &&
	    same < events->clients_per_address_max)
		return true;
	events->counters.refused++;
	return false;
}

static size_t read_first(struct client *client, char *ret_text, size_t size)
{
	const struct buffer *content = &client->first->content;
	size_t left = content->size - client->first_at;

	if (size > left)
		size = left;
	memcpy(ret_text, content->data + client->first_at, size);
	client->first_at += size;
	if (client->first_at == content->size) {
		web_text_unref(client->first);
		client->first = NULL;
	}
	return size;
}

/* The library calls this for the next bytes of an answer. Suspends a client that has them all. */
static ssize_t read_events(void *arg, uint64_t position, char *ret_text, size_t size)
{
	struct client *client = arg;
	const struct event_ring *ring = &client->events->ring;

	(void)position;
	if (size > PIECE_MAX)
		size = PIECE_MAX;
	if (client->is_dropped || client->events->is_ending)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	if (client->first)
		return (ssize_t)read_first(client, ret_text, size);
	if (client->offset < ring->end) {
		size = event_ring_read(ring, client->offset, ret_text, size);
		client->offset += size;
		return (ssize_t)size;
	}
	client->is_asleep = true;
	MHD_suspend_connection(client->connection);
	return 0;
}

static void close_client(void *arg)
{
	struct client *client = arg;
	struct web_events *events = client->events;

	client->previous->next = client->next;
	client->next->previous = client->previous;
	events->counters.clients--;
	if (!events->counters.clients)
		event_ring_finish(&events->ring);
	web_text_unref(client->first);
	free(client);
}

static struct client *add_client(struct web_events *events, struct web_request *request,
				 struct web_text *first)
{
	struct client *client = malloc(sizeof(*client));

	if (!client)
		return NULL;
	if (!events->ring.data && event_ring_init(&events->ring, events->ring_size)) {
		free(client);
		return NULL;
	}
	*client = (struct client){
		.previous = events->head.previous,
		.next = &events->head,
		.events = events,
		.connection = request->connection,
		.address = address_of(request),
		.ticket = request->ticket,
		.first = first,
		.offset = events->ring.end,
	};
	client->previous->next = client->next->previous = client;
	events->counters.clients++;
	events->counters.accepted++;
	return client;
}

struct web_answer web_events_open(struct web_events *events, struct web_request *request,
				  struct web_text *first)
{
	struct web_answer answer = {.status = MHD_HTTP_OK};
	struct client *client = add_client(events, request, first);

	if (!client) {
		web_text_unref(first);
		return web_answer_problem(MHD_HTTP_INTERNAL_SERVER_ERROR,
					  "out of memory while opening the stream of events; this "
					  "machine needs more free memory");
	}
	answer.response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK_SIZE,
							    read_events, client, close_client);
	if (!answer.response)
		close_client(client);
	else if (web_response_dress(answer.response, "text/event-stream", WEB_POLICY_DATA)) {
		MHD_destroy_response(answer.response);
		answer.response = NULL;
	}
	return answer;
}

/* Publishing */

static void cut(struct client *client)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(client->connection, MHD_CONNECTION_INFO_CONNECTION_FD);

	client->is_dropped = true;
	/* A client that reads no more would keep its connection; the library sees the shutdown. */
	if (info)
		shutdown(info->connect_fd, SHUT_RDWR);
}

bool web_events_wake(struct web_events *events, unsigned count)
{
	for (struct client *at = events->head.next; at != &events->head; at = at->next) {
		if (!at->is_asleep || (at->offset == events->ring.end && !events->is_ending))
			continue;
		if (!count--)
			return true;
		at->is_asleep = false;
		MHD_resume_connection(at->connection);
	}
	return false;
}

void web_events_publish(struct web_events *events, const char *text, size_t size)
{
	if (!events->counters.clients)
		return;
	if (size > web_events_size_max(events)) {
		events->counters.too_large++;
		return;
	}
	event_ring_append(&events->ring, text, size);
	events->counters.events++;
	for (struct client *at = events->head.next; at != &events->head; at = at->next) {
		if (at->offset < event_ring_start(&events->ring) && !at->is_dropped) {
			events->counters.dropped++;
			cut(at);
		}
	}
}

void web_events_check(struct web_events *events, struct web *web)
{
	for (struct client *at = events->head.next; at != &events->head; at = at->next) {
		if (at->is_dropped || web_auth_may_read(web, &at->ticket))
			continue;
		events->counters.ended++;
		cut(at);
		if (at->is_asleep)
			MHD_resume_connection(at->connection);
		at->is_asleep = false;
	}
}

void web_events_end(struct web_events *events)
{
	events->is_ending = true;
	web_events_wake(events, UINT_MAX);
}

void web_events_counters(const struct web_events *events, struct web_events_counters *ret_counters)
{
	*ret_counters = events->counters;
}
