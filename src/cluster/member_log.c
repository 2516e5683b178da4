#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/gzip.h"
#include "cluster/internal.h"
#include "cluster/jetstream.h"
#include "cluster/names.h"
#include "link/batch.h"

/* One answer that is being collected. */
struct collecting {
	struct member *member;
	member_answered *on_answered;
	void *arg;
	uint64_t after; /* sequence of the last message that was looked at */
	uint64_t gap;	/* sequence after a gap that may be only this server's; 0: none */
	size_t bytes;
	json_t *messages; /* owned */
	bool is_full;
};

static json_t *unpack(const struct engine_message *message)
{
	struct buffer text;
	json_t *root = NULL;

	buffer_init(&text, SPOKE_LINK_TEXT_MAX);
	if (message->size && !gzip_unpack(message->data, message->size, &text))
		root = json_loadb(text.data, text.size, 0, NULL);
	buffer_finish(&text);
	return root;
}

/* Whether this node may show what `hub` says of a spoke: it relays that itself, or takes it. */
static bool is_shown(struct member *member, const char *hub, const char *spoke)
{
	return !*hub || !strcmp(hub, member->config.node) ||
	       !spoke_relay_check(&member->relay, hub, spoke, NULL);
}

/* {"sequence", "node", "hub", "stream", "first", "last", "sent_ms", "readings", "logs"} */
static json_t *describe(struct member *member, const struct jetstream_item *item)
{
	struct message_id id;
	char stream[17], hub[READING_NAME_MAX + 1], writer[READING_NAME_MAX + 1];
	json_t *batch;
	const char *node;

	if (!message_id_read(engine_header(&item->message, MESSAGE_ID_HEADER), &id) ||
	    !cluster_read_log_subject(item->subject, hub, writer) || strcmp(writer, id.node) != 0 ||
	    !is_shown(member, hub, id.node))
		return NULL;
	batch = unpack(&item->message);
	node = json_string_value(json_object_get(batch, "node"));
	if (!node || strcmp(node, id.node) != 0) {
		json_decref(batch);
		return NULL;
	}
	json_object_del(batch, "protocol");
	json_object_del(batch, "skipped");
	/* As GET /api/v1/history writes it: batches leave leading zeros out. */
	snprintf(stream, sizeof(stream), "%016" PRIx64, id.stream);
	json_object_set_new(batch, "stream", json_string(stream));
	json_object_set_new(batch, "hub", *hub ? json_string(hub) : json_null());
	json_object_set_new(batch, "sequence", json_integer((json_int_t)item->sequence));
	json_object_set_new(batch, "first", json_integer((json_int_t)id.first));
	json_object_set_new(batch, "last", json_integer((json_int_t)id.last));
	return batch;
}

/* Gaps before the reader's position were checked by the reader: no server has those messages. */
static bool is_gap(const struct collecting *collecting, uint64_t sequence)
{
	const struct member *member = collecting->member;

	return sequence > collecting->after + 1 && sequence > member->streams.first &&
	       sequence > member->reader.position;
}

static void take_item(struct collecting *collecting, const struct jetstream_item *item)
{
	json_t *message;

	if (collecting->is_full || collecting->gap || item->sequence <= collecting->after)
		return;
	if (is_gap(collecting, item->sequence)) {
		collecting->gap = item->sequence;
		return;
	}
	message = describe(collecting->member, item);
	if (message) {
		char *text = json_dumps(message, JSON_COMPACT);

		collecting->bytes += text ? strlen(text) : 0;
		free(text);
	}
	if (collecting->bytes > MEMBER_LOG_BYTES_MAX && json_array_size(collecting->messages)) {
		collecting->is_full = true;
		json_decref(message);
		return;
	}
	if (message)
		json_array_append_new(collecting->messages, message);
	collecting->after = item->sequence;
}

static void finish(struct collecting *collecting, int status, const struct error *err)
{
	const struct streams *streams = &collecting->member->streams;
	struct error why = {0};
	json_t *answer = NULL;

	if (!status || status == ERROR_NOT_FOUND)
		status = 0;
	if (!status && collecting->gap && !json_array_size(collecting->messages))
		status = error_set(&why, ERROR_BUSY,
				   "the server that answered has lost message %llu of the log: ask "
				   "again, another one may have it",
				   (unsigned long long)collecting->after + 1);
	else if (status)
		why = *err;
	else
		answer = json_pack("{s:s, s:O, s:I, s:I, s:I}", "log", streams->identity,
				   "messages", collecting->messages, "next",
				   (json_int_t)collecting->after, "first",
				   (json_int_t)streams->first, "last", (json_int_t)streams->last);
	collecting->on_answered(collecting->arg, status, &why, answer);
	json_decref(collecting->messages);
	free(collecting);
}

static void item_read(void *arg, int status, const struct jetstream_item *item,
		      const struct error *err)
{
	if (item)
		take_item(arg, item);
	else
		finish(arg, status, err);
}

int member_read_log(struct member *member, uint64_t after, unsigned limit,
		    member_answered *on_answered, void *arg, struct error *err)
{
	struct collecting *collecting;
	int ret;

	if (!member->streams.is_ready)
		return error_set(err, ERROR_CLOSED,
				 "the cluster's log cannot be read now, try again later: %s",
				 *member->connection_problem ? member->connection_problem
				 : *member->streams.problem  ? member->streams.problem
							     : "this node is still connecting");
	collecting = calloc(1, sizeof(*collecting));
	if (!collecting)
		return error_set(err, ERROR_NO_MEMORY,
				 "out of memory while reading the cluster's log; this machine "
				 "needs more free memory");
	*collecting = (struct collecting){.member = member,
					  .on_answered = on_answered,
					  .arg = arg,
					  .after = after,
					  .messages = json_array()};
	if (collecting->after + 1 < member->streams.first)
		collecting->after = member->streams.first - 1;
	ret = jetstream_read(member->engine, CLUSTER_LOG, collecting->after + 1, limit, item_read,
			     collecting);
	if (ret) {
		json_decref(collecting->messages);
		free(collecting);
		return error_set(err, ret,
				 "too many requests wait for the cluster's server: try again in a "
				 "few seconds");
	}
	return 0;
}
