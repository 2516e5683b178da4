/* The buckets of roll-outs. They are made by the first write: a cluster without roll-outs has none.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cluster/internal.h"
#include "cluster/jetstream.h"
#include "cluster/names.h"

#define REVISION_HEADER "Nats-Expected-Last-Subject-Sequence"
#define NAME_IN_USE 10058 /* of JetStream: it exists with another configuration, which is fine */

static const struct {
	const char *stream, *subject;
	int max_bytes;
	const char *discard;
} buckets[] = {
	[MEMBER_ROLLOUTS] = {CLUSTER_ROLLOUTS, CLUSTER_ROLLOUTS_SUBJECT, 8 << 20, "new"},
	[MEMBER_BUNDLES] = {CLUSTER_BUNDLES, CLUSTER_BUNDLES_SUBJECT, 64 << 20, "old"},
};

bool member_is_ready(const struct member *member)
{
	return member->streams.is_ready;
}

/* Reading */

struct bucket_read {
	enum member_bucket bucket;
	member_value_read *on_read;
	void *arg;
};

static void item_read(void *arg, int status, const struct jetstream_item *item,
		      const struct error *err)
{
	struct bucket_read *read = arg;
	const char *prefix = buckets[read->bucket].subject;
	struct member_value value = {0};

	if (!item) {
		read->on_read(read->arg, status, &value, err);
		free(read);
		return;
	}
	if (strncmp(item->subject, prefix, strlen(prefix)) != 0)
		return;
	value = (struct member_value){item->subject + strlen(prefix), item->sequence,
				      item->message.data, item->message.size};
	read->on_read(read->arg, 0, &value, NULL);
}

int member_read_key(struct member *member, enum member_bucket bucket, const char *key,
		    member_value_read *on_read, void *arg)
{
	char subject[ENGINE_SUBJECT_SIZE];
	struct bucket_read *read;
	int ret;

	if (!member->streams.is_ready)
		return ERROR_CLOSED;
	read = malloc(sizeof(*read));
	if (!read)
		return ERROR_NO_MEMORY;
	*read = (struct bucket_read){bucket, on_read, arg};
	snprintf(subject, sizeof(subject), "%s%s", buckets[bucket].subject, key);
	ret = strchr(key, '>') ? jetstream_read_keys(member->engine, buckets[bucket].stream,
						     subject, MEMBER_KEYS_MAX, item_read, read)
			       : jetstream_read_last(member->engine, buckets[bucket].stream,
						     subject, item_read, read);
	if (ret)
		free(read);
	return ret;
}

/* Writing */

struct bucket_write {
	struct member *member;
	enum member_bucket bucket;
	char subject[ENGINE_SUBJECT_SIZE];
	void *data; /* owned */
	size_t size;
	uint64_t expected;
	bool has_made; /* the bucket */
	member_value_written *on_written;
	void *arg;
};

static int send_value(struct bucket_write *write);

static void end_write(struct bucket_write *write, int status, uint64_t revision,
		      const struct error *err)
{
	write->on_written(write->arg, status, revision, err);
	free(write->data);
	free(write);
}

static void made(void *arg, int status, const json_t *answer, int code, const struct error *err)
{
	struct bucket_write *write = arg;
	struct error why = {0};

	(void)answer;
	write->has_made = true;
	if (status && code != NAME_IN_USE)
		end_write(write, status, 0, err);
	else if ((status = send_value(write)))
		end_write(
			write, status, 0,
			(error_set(
				 &why, status,
				 "the bucket of the roll-outs was made, and its first value could "
				 "not be sent: %s",
				 error_text(status)),
			 &why));
}

static int make(struct bucket_write *write)
{
	char path[128];
	json_t *config =
		json_pack("{s:s, s:[s+], s:s, s:i, s:i, s:s, s:b, s:b, s:i, s:{s:s}}", "name",
			  buckets[write->bucket].stream, "subjects", buckets[write->bucket].subject,
			  ">", "storage", "file", "max_msgs_per_subject", 1, "max_bytes",
			  buckets[write->bucket].max_bytes, "discard",
			  buckets[write->bucket].discard, "allow_direct", 1, "deny_delete", 1,
			  "num_replicas", (int)write->member->config.replicas, "metadata",
			  "harvester.cluster", write->member->config.name);
	int ret;

	snprintf(path, sizeof(path), "STREAM.CREATE.%s", buckets[write->bucket].stream);
	ret = config ? jetstream_call(write->member->engine, path, config, made, write)
		     : ERROR_NO_MEMORY;
	json_decref(config);
	return ret;
}

static void sent(void *arg, int status, const json_t *answer, int code, const struct error *err)
{
	struct bucket_write *write = arg;
	json_int_t revision = json_integer_value(json_object_get(answer, "seq"));
	struct error why = {0};

	/* Nobody listens on its subjects: there is no such bucket. */
	if (status == ERROR_NOT_FOUND && !write->has_made && !make(write))
		return;
	if (code == JETSTREAM_WRONG_REVISION)
		status = error_set(&why, ERROR_EXISTS,
				   "another member has changed the roll-outs in this moment: try "
				   "again");
	end_write(write, status, status ? 0 : (uint64_t)revision, why.code ? &why : err);
}

static int send_value(struct bucket_write *write)
{
	char revision[24];
	const struct engine_header header = {REVISION_HEADER, revision};
	const struct engine_message message = {
		.subject = write->subject,
		.data = write->data,
		.size = write->size,
		.headers = &header,
		.headers_count = write->expected != MEMBER_ANY_REVISION,
	};

	snprintf(revision, sizeof(revision), "%" PRIu64, write->expected);
	return jetstream_publish(write->member->engine, &message, JETSTREAM_TIMEOUT_MS, sent,
				 write);
}

int member_write_key(struct member *member, enum member_bucket bucket, const char *key,
		     const void *data, size_t size, uint64_t expected,
		     member_value_written *on_written, void *arg)
{
	struct bucket_write *write;
	int ret = ERROR_NO_MEMORY;

	if (!member->streams.is_ready)
		return ERROR_CLOSED;
	if (size > MEMBER_VALUE_MAX)
		return ERROR_TOO_LARGE;
	write = calloc(1, sizeof(*write));
	if (!write)
		return ERROR_NO_MEMORY;
	*write = (struct bucket_write){.member = member,
				       .bucket = bucket,
				       .data = malloc(size ? size : 1),
				       .size = size,
				       .expected = expected,
				       .on_written = on_written,
				       .arg = arg};
	snprintf(write->subject, sizeof(write->subject), "%s%s", buckets[bucket].subject, key);
	if (write->data) {
		memcpy(write->data, data, size);
		ret = send_value(write);
	}
	if (ret) {
		free(write->data);
		free(write);
	}
	return ret;
}
