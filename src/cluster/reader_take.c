#include <stdio.h>
#include <string.h>

#include "cluster/internal.h"
#include "cluster/names.h"
#include "link/batch.h"
#include "reading/check.h"
#include "store/history/history.h"

static void refuse(struct reader *reader, uint64_t sequence, const struct error *why)
{
	char text[ERROR_TEXT_SIZE];

	reader->counters.refused++;
	snprintf(text, sizeof(text), "message %llu of the log: %.400s",
		 (unsigned long long)sequence, why->text);
	reader->config.on_refused(reader->config.arg, text);
}

/* Who has written a message: `hub` is "" unless it relays a spoke. */
static int check_origin(const struct jetstream_item *item, struct message_id *ret_id,
			char ret_hub[READING_NAME_MAX + 1], struct error *err)
{
	char node[READING_NAME_MAX + 1];

	if (!message_id_read(engine_header(&item->message, MESSAGE_ID_HEADER), ret_id))
		return error_set(err, ERROR_MALFORMED,
				 "its name (" MESSAGE_ID_HEADER
				 ") is not node/stream/first-last; install the same version of "
				 "harvester on all nodes");
	if (!cluster_read_log_subject(item->subject, ret_hub, node) ||
	    strcmp(node, ret_id->node) != 0)
		return error_set(err, ERROR_NOT_GRANTED,
				 "it came under the subject %.100s but names the node %s, so it is "
				 "left out; check which node sends it",
				 item->subject, ret_id->node);
	return 0;
}

/* One invalid reading does not affect the others. */
static void leave_out(struct reader *reader, struct spoke_link_batch *batch)
{
	size_t kept = 0;

	for (size_t i = 0; i < batch->count; i++) {
		if (!reading_check(batch->items[i].sensor, batch->items[i].time_ms,
				   batch->items[i].data, NULL))
			batch->items[kept++] = batch->items[i];
	}
	reader->counters.refused += batch->count - kept + batch->refusals.count;
	batch->count = kept;
}

static void appended(void *arg, int status, const struct history_appended *result)
{
	struct reader *reader = arg;

	reader->appending--;
	if (!status) {
		reader->counters.added += result->added;
		reader->counters.known += result->known;
		reader->counters.refused += result->refused;
	} else {
		reader->must_stop = true;
	}
	if (reader->is_closing && !reader->appending)
		reader->on_closed(reader->closed_arg);
	else if (!reader->is_closing && !reader->appending && reader->is_busy && !reader->is_asking)
		reader_finish_answer(reader);
}

/* Store a batch. ERROR_BUSY: later; any other error is of the batch. */
static int append(struct reader *reader, struct spoke_link_batch *batch, struct error *err)
{
	int ret = 0;

	leave_out(reader, batch);
	if (batch->count)
		ret = history_append_remote(reader->config.history, batch->node, batch->stream,
					    batch->items, batch->count, appended, reader, err);
	if (ret)
		return ret;
	reader->appending += batch->count != 0;
	reader->config.on_batch(reader->config.arg, batch);
	return 0;
}

static int take_other(struct reader *reader, const struct jetstream_item *item,
		      const struct message_id *id, struct error *err)
{
	struct spoke_link_batch batch;
	int ret = spoke_link_batch_decode(item->message.data ? item->message.data : "",
					  item->message.size, true, &batch, err);

	if (ret)
		return ret;
	if (strcmp(batch.node, id->node) != 0 || batch.stream != id->stream)
		ret = error_set(err, ERROR_MALFORMED,
				"it is left out, since its content is not of the node %s, or not "
				"of the stream in its name; check which node sends it",
				id->node);
	else
		ret = append(reader, &batch, err);
	spoke_link_batch_finish(&batch);
	return ret;
}

/* Messages of this node have to follow each other. */
static void check_own(struct reader *reader, const struct message_id *id, uint64_t sequence)
{
	uint64_t missing = message_id_follow(&reader->own, id);

	if (missing)
		reader->config.on_gap(reader->config.arg, id->stream, missing);
	reader->config.on_own(reader->config.arg, id, sequence);
}

static int take(struct reader *reader, const struct jetstream_item *item,
		const struct message_id *id, struct error *err)
{
	if (strcmp(id->node, reader->config.node) != 0)
		return take_other(reader, item, id, err);
	check_own(reader, id, item->sequence);
	return 0;
}

/* What this node relays itself is in its history already. */
static int take_relayed(struct reader *reader, const struct jetstream_item *item, const char *hub,
			const struct message_id *id, struct error *err)
{
	const struct reader_config *config = &reader->config;
	int ret;

	if (!strcmp(hub, config->node)) {
		spoke_relay_see_own(config->relay, id);
		return 0;
	}
	ret = spoke_relay_check(config->relay, hub, id->node, err);
	return ret ? ret : take_other(reader, item, id, err);
}

bool reader_take(struct reader *reader, const struct jetstream_item *item)
{
	char hub[READING_NAME_MAX + 1];
	struct message_id id;
	struct error err = {0};
	int ret = check_origin(item, &id, hub, &err);

	if (!ret)
		ret = *hub ? take_relayed(reader, item, hub, &id, &err)
			   : take(reader, item, &id, &err);
	if (ret == ERROR_BUSY || ret == ERROR_NO_MEMORY || ret == ERROR_CLOSED)
		return false;
	if (ret)
		refuse(reader, item->sequence, &err);
	reader->counters.messages++;
	reader->position = item->sequence;
	reader->position_mark = reader_hash(engine_header(&item->message, MESSAGE_ID_HEADER));
	return true;
}
