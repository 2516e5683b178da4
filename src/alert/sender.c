#include "alert/sender.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alert/message.h"
#include "base/clock.h"
#include "base/error.h"
#include "link/http_client.h"

/* One [[notify]], and what is being sent to it. */
struct channel {
	struct alert_sender *sender;
	struct config_channel config; /* owned strings */
	char *secret;		      /* owned; NULL: not configured, or unreadable */
	bool is_local;		      /* the URL names this machine itself */
	struct alert_message message; /* owned while is_sending */
	struct http_mail mail;
	const char *headers[ALERT_HEADERS_MAX + 1];
	struct http_exchange *exchange; /* borrowed; NULL unless is_sending */
	bool is_sending;
	uint64_t since_ms; /* of the loop: when the first ungrouped notice was seen; 0: none */
	uint64_t next_ms;  /* of the loop: not before */
	unsigned attempts, refusals;
	char error[ERROR_TEXT_SIZE]; /* of the last attempt; "": none */
};

struct alert_sender {
	struct alert_sender_config config;
	struct http_client *client; /* owned */
	struct channel *channels[CONFIG_CHANNELS_MAX];
	size_t count;
	struct alert_sender_counters counters;
	bool is_closing;
	void (*on_closed)(void *arg);
	void *closed_arg;
};

static void note(struct alert_sender *sender, enum log_level level, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void note(struct alert_sender *sender, enum log_level level, const char *format, ...)
{
	char text[LOG_TEXT_SIZE];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	sender->config.on_noted(sender->config.arg, level, text);
}

/* Letters */

static void drop_letter(struct alert_sender *sender, struct alert_letter *letter)
{
	char key[128];

	alert_letter_key(letter, key, sizeof(key));
	alert_journal_put(sender->config.journal, ALERT_RECORD_NOTICE, key, NULL);
	alert_outbox_remove(sender->config.outbox, letter);
}

/* Remove the group that was sent or is given up; returns how many notices it had. */
static size_t drop_group(struct channel *channel)
{
	struct alert_sender *sender = channel->sender;
	struct alert_letter *letter =
		alert_outbox_first(sender->config.outbox, channel->config.name);
	size_t count = 0;

	for (struct alert_letter *next; letter; letter = next, count++) {
		next = alert_outbox_next(letter);
		drop_letter(sender, letter);
	}
	channel->attempts = channel->refusals = 0;
	channel->since_ms = 0;
	alert_journal_flush(sender->config.journal);
	return count;
}

static void on_grouped(void *arg, struct alert_letter *letter)
{
	struct alert_sender *sender = arg;
	char key[128];

	alert_letter_key(letter, key, sizeof(key));
	letter->number = alert_journal_put(sender->config.journal, ALERT_RECORD_NOTICE, key,
					   alert_letter_record(letter));
}

static bool is_on_disk(const struct channel *channel, const struct alert_letter *first)
{
	for (const struct alert_letter *letter = first; letter; letter = alert_outbox_next(letter))
		if (!alert_journal_has(channel->sender->config.journal, letter->number))
			return false;
	return true;
}

static json_t *list_notices(const struct alert_letter *first)
{
	json_t *list = json_array();

	for (const struct alert_letter *letter = first; letter; letter = alert_outbox_next(letter))
		json_array_append(list, letter->notice);
	return list;
}

/* The end of an attempt */

static void end_message(struct channel *channel)
{
	alert_message_finish(&channel->message);
	channel->exchange = NULL;
	channel->is_sending = false;
}

static uint64_t find_pause(const struct channel *channel, uint64_t asked_ms)
{
	unsigned doublings = channel->attempts < 10 ? channel->attempts - 1 : 9;
	uint64_t pause = (uint64_t)ALERT_PAUSE_MS << doublings;

	pause = pause > asked_ms ? pause : asked_ms;
	return pause < ALERT_PAUSE_MS_MAX ? pause : ALERT_PAUSE_MS_MAX;
}

static void give_up(struct channel *channel, const char *why)
{
	size_t count = drop_group(channel);

	channel->sender->counters.given_up += count;
	note(channel->sender, LOG_ERROR,
	     "%zu notices to \"%s\" were given up: %s; check its [[notify]] in the configuration, "
	     "and try it with `harvester alert test`",
	     count, channel->config.name, why);
}

static void fail(struct channel *channel, const char *why, bool is_refused, uint64_t asked_ms)
{
	struct alert_sender *sender = channel->sender;
	bool is_news = strcmp(channel->error, why) != 0;

	sender->counters.failed++;
	channel->attempts++;
	channel->refusals += is_refused;
	snprintf(channel->error, sizeof(channel->error), "%s", why);
	channel->next_ms = uv_now(sender->config.loop) + find_pause(channel, asked_ms);
	if (channel->attempts >= ALERT_ATTEMPTS_MAX || channel->refusals >= ALERT_REFUSALS_MAX)
		give_up(channel, why);
	else if (is_news)
		note(sender, LOG_WARNING, "cannot send to \"%s\": %s; trying again",
		     channel->config.name, why);
}

static void succeed(struct channel *channel)
{
	if (*channel->error)
		note(channel->sender, LOG_INFO, "\"%s\" accepts messages again",
		     channel->config.name);
	*channel->error = 0;
	channel->next_ms = 0;
	channel->sender->counters.sent++;
	drop_group(channel);
}

/* Answers that another attempt may change. */
static bool is_passing(unsigned status)
{
	return status == 408 || status == 425 || status == 429 || status >= 500;
}

static void on_sent(void *arg, int status, const struct http_answer *answer,
		    const struct error *err)
{
	struct channel *channel = arg;
	char why[ERROR_TEXT_SIZE];

	end_message(channel);
	if (status == ERROR_CLOSED)
		return;
	if (status) {
		fail(channel, err->text, false, 0);
	} else if (answer->status / 100 == 2) {
		succeed(channel);
		alert_sender_pump(channel->sender);
	} else if (answer->status / 100 == 3) {
		fail(channel,
		     "it redirects to another address, which is not followed: put the "
		     "right address into url",
		     false, 0);
	} else {
		snprintf(why, sizeof(why), "it answered with HTTP status %u", answer->status);
		fail(channel, why, !is_passing(answer->status), answer->retry_after_ms);
	}
}

/* The beginning of an attempt */

static struct http_request make_request(struct channel *channel)
{
	struct http_request request = {
		.method = "POST",
		.url = channel->config.url,
		.content_type = channel->message.content_type,
		.body = channel->message.body.data,
		.body_size = channel->message.body.size,
		.timeout_ms = ALERT_SEND_MS,
		.headers = channel->headers,
		.answer_max = ALERT_ANSWER_MAX,
		.refuse_loopback = !channel->is_local,
	};
	size_t count = 0;

	for (; count < ALERT_HEADERS_MAX && *channel->message.headers[count]; count++)
		channel->headers[count] = channel->message.headers[count];
	channel->headers[count] = NULL;
	if (channel->config.kind == CHANNEL_SMTP) {
		channel->mail = (struct http_mail){
			.from = channel->config.from,
			.to = channel->config.to,
			.username = channel->config.username,
			.password = channel->secret,
			.may_be_plain = channel->is_local,
		};
		request.mail = &channel->mail;
	} else if (channel->config.kind != CHANNEL_WEBHOOK) {
		request.token = channel->secret;
	}
	return request;
}

static void send_group(struct channel *channel, const struct alert_letter *first)
{
	struct alert_sender *sender = channel->sender;
	json_t *notices = list_notices(first);
	struct error err = {0};
	struct http_request request;
	int ret = ERROR_INVALID;

	if (channel->config.secret_file && !channel->secret)
		error_set(&err, ret,
			  "cannot read the channel's secret_file %s: correct its path or its mode, "
			  "then reload the configuration",
			  channel->config.secret_file);
	else
		ret = alert_message_make(
			&channel->config, channel->secret, first->group, sender->config.node,
			notices, clock_unix_ms(sender->config.clock), &channel->message, &err);
	json_decref(notices);
	if (ret) {
		fail(channel, err.text, false, 0);
		return;
	}
	request = make_request(channel);
	channel->is_sending = true;
	ret = http_client_start(sender->client, &request, on_sent, channel, &channel->exchange,
				&err);
	if (!ret)
		return;
	end_message(channel);
	fail(channel, err.text, false, 0);
}

/* Whether the first notice has waited for others, or so many are there that a message is full. */
static bool is_ripe(struct channel *channel)
{
	uint64_t now = uv_now(channel->sender->config.loop);

	if (alert_outbox_waiting(channel->sender->config.outbox, channel->config.name) >=
	    ALERT_MESSAGE_NOTICES_MAX)
		return true;
	if (!channel->since_ms)
		channel->since_ms = now;
	return now - channel->since_ms >= ALERT_GROUP_MS;
}

static void pump(struct channel *channel)
{
	struct alert_sender *sender = channel->sender;
	struct alert_outbox *outbox = sender->config.outbox;
	const struct alert_letter *first = alert_outbox_first(outbox, channel->config.name);

	if (!first || channel->is_sending || uv_now(sender->config.loop) < channel->next_ms)
		return;
	if (!*first->group && !is_ripe(channel))
		return;
	alert_outbox_group(outbox, channel->config.name, ALERT_MESSAGE_NOTICES_MAX, on_grouped,
			   sender);
	alert_journal_flush(sender->config.journal);
	if (is_on_disk(channel, first))
		send_group(channel, first);
}

void alert_sender_pump(struct alert_sender *sender)
{
	for (size_t i = 0; i < sender->count && !sender->is_closing; i++)
		pump(sender->channels[i]);
}

/* Channels */

static void destroy_channel(struct channel *channel)
{
	if (channel->is_sending) {
		http_exchange_cancel(channel->exchange);
		end_message(channel);
	}
	if (channel->secret)
		sodium_memzero(channel->secret, strlen(channel->secret));
	free(channel->secret);
	config_channel_finish(&channel->config);
	free(channel);
}

/* The file's first line. */
static char *read_secret(struct alert_sender *sender, const struct config_channel *config)
{
	struct buffer text;
	struct error err = {0};
	char *secret = NULL;

	if (!config->secret_file)
		return NULL;
	if (buffer_read_file(&text, config->secret_file, ALERT_SECRET_SIZE_MAX, &err)) {
		note(sender, LOG_ERROR,
		     "%s, so nothing can be sent to \"%s\": correct secret_file, and reload the "
		     "configuration",
		     err.text, config->name);
		return NULL;
	}
	if (text.size)
		secret = strndup(text.data, strcspn(text.data, "\r\n"));
	if (text.size)
		sodium_memzero(text.data, text.size);
	buffer_finish(&text);
	return secret ? secret : strdup("");
}

static struct channel *create_channel(struct alert_sender *sender,
				      const struct config_channel *config)
{
	struct channel *channel = calloc(1, sizeof(*channel));

	if (!channel || config_channel_copy(config, &channel->config)) {
		free(channel);
		return NULL;
	}
	channel->sender = sender;
	channel->is_local = config_channel_is_local(config);
	channel->secret = read_secret(sender, config);
	return channel;
}

static void give_up_strays(struct alert_sender *sender)
{
	const char *names[CONFIG_CHANNELS_MAX + 1] = {NULL};
	struct alert_letter *letter;

	for (size_t i = 0; i < sender->count; i++)
		names[i] = sender->channels[i]->config.name;
	while ((letter = alert_outbox_stray(sender->config.outbox, names))) {
		note(sender, LOG_WARNING,
		     "a notice of the alert %s was given up: there is no [[notify]] \"%s\" any "
		     "more",
		     json_string_value(json_object_get(letter->notice, "alert")), letter->channel);
		sender->counters.given_up++;
		drop_letter(sender, letter);
	}
	alert_journal_flush(sender->config.journal);
}

int alert_sender_configure(struct alert_sender *sender, const struct config_alerting *alerting)
{
	struct channel *fresh[CONFIG_CHANNELS_MAX];
	size_t count = 0;

	for (; count < alerting->channels_count; count++) {
		fresh[count] = create_channel(sender, &alerting->channels[count]);
		if (fresh[count])
			continue;
		while (count)
			destroy_channel(fresh[--count]);
		return ERROR_NO_MEMORY;
	}
	while (sender->count)
		destroy_channel(sender->channels[--sender->count]);
	memcpy(sender->channels, fresh, count * sizeof(*fresh));
	sender->count = count;
	give_up_strays(sender);
	return 0;
}

bool alert_sender_has(const struct alert_sender *sender, const char *channel)
{
	for (size_t i = 0; i < sender->count; i++)
		if (!strcmp(sender->channels[i]->config.name, channel))
			return true;
	return false;
}

/* Life */

int alert_sender_create(const struct alert_sender_config *config, struct alert_sender **ret_sender)
{
	struct alert_sender *sender = calloc(1, sizeof(*sender));

	if (!sender)
		return ERROR_NO_MEMORY;
	sender->config = *config;
	if (http_client_create(config->loop, &sender->client)) {
		free(sender);
		return ERROR_NO_MEMORY;
	}
	*ret_sender = sender;
	return 0;
}

static void on_client_closed(void *arg)
{
	struct alert_sender *sender = arg;
	void (*on_closed)(void *arg) = sender->on_closed;
	void *closed_arg = sender->closed_arg;

	while (sender->count)
		destroy_channel(sender->channels[--sender->count]);
	free(sender);
	on_closed(closed_arg);
}

void alert_sender_close(struct alert_sender *sender, void (*on_closed)(void *arg), void *arg)
{
	if (!sender)
		return;
	sender->is_closing = true;
	sender->on_closed = on_closed;
	sender->closed_arg = arg;
	http_client_close(sender->client, on_client_closed, sender);
}

struct alert_sender_counters alert_sender_counters(const struct alert_sender *sender)
{
	return sender->counters;
}

static json_t *channel_to_json(const struct channel *channel)
{
	const size_t waiting =
		alert_outbox_waiting(channel->sender->config.outbox, channel->config.name);

	return json_pack("{s:s, s:s, s:I, s:i, s:s?}", "name", channel->config.name, "kind",
			 config_channel_kind_name(channel->config.kind), "waiting",
			 (json_int_t)waiting, "attempts", (int)channel->attempts, "error",
			 *channel->error ? channel->error : NULL);
}

json_t *alert_sender_to_json(const struct alert_sender *sender)
{
	json_t *list = json_array();

	for (size_t i = 0; i < sender->count; i++)
		json_array_append_new(list, channel_to_json(sender->channels[i]));
	return list;
}
