#include "alert/message.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "base/json_member.h"

#define FIRING_MS (7 * 86400000ull) /* Alertmanager ends an alert that nobody repeats so long */
#define SECRET_MARK "whsec_"
#define SECRET_SIZE_MAX 64 /* bytes, decoded */

void alert_message_time(uint64_t unix_ms, char *ret_text, size_t size)
{
	time_t seconds = (time_t)(unix_ms / 1000);
	struct tm parts;
	char text[40] = "";

	if (gmtime_r(&seconds, &parts))
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &parts);
	snprintf(ret_text, size, "%s.%03uZ", text, (unsigned)(unix_ms % 1000));
}

static uint64_t number_of(const json_t *notice, const char *key)
{
	return (uint64_t)json_integer_value(json_object_get(notice, key));
}

static bool is_state(const json_t *notice, const char *state)
{
	return !strcmp(json_member_text(notice, "state"), state);
}

/* For people */

static void write_title(const json_t *notices, const char *node, struct buffer *text)
{
	const json_t *first = json_array_get(notices, 0);
	size_t count = json_array_size(notices);

	if (count > 1)
		buffer_printf(text, "%zu alerts of %s", count, node);
	else
		buffer_printf(text, "%s %s", json_member_text(first, "alert"),
			      json_member_text(first, "state"));
}

static void write_lines(const json_t *notices, struct buffer *text)
{
	for (size_t i = 0; i < json_array_size(notices); i++)
		buffer_printf(text, "%s%s", i ? "\n" : "",
			      json_member_text(json_array_get(notices, i), "text"));
}

/* 0 info, 1 warning, 2 critical; the highest of those that fire. */
static unsigned find_severity(const json_t *notices)
{
	unsigned highest = 0;

	for (size_t i = 0; i < json_array_size(notices); i++) {
		const json_t *notice = json_array_get(notices, i);
		const char *severity = json_member_text(notice, "severity");
		unsigned rank = !strcmp(severity, "critical") ? 2 : !strcmp(severity, "warning");

		if (!is_state(notice, "resolved") && rank > highest)
			highest = rank;
	}
	return highest;
}

/* Bodies */

static json_t *make_ntfy(const struct config_channel *channel, const json_t *notices,
			 const char *title, const char *lines)
{
	static const int priorities[] = {3, 4, 5};
	bool fires = !is_state(json_array_get(notices, 0), "resolved");

	return json_pack("{s:s, s:s, s:s, s:i, s:[s]}", "topic", channel->topic, "title", title,
			 "message", lines, "priority", priorities[find_severity(notices)], "tags",
			 fires ? "warning" : "white_check_mark");
}

static json_t *make_apprise(const struct config_channel *channel, const json_t *notices,
			    const char *title, const char *lines)
{
	static const char *const types[] = {"info", "warning", "failure"};
	bool fires = !is_state(json_array_get(notices, 0), "resolved");

	return json_pack("{s:s, s:s, s:s, s:s*}", "title", title, "body", lines, "type",
			 fires ? types[find_severity(notices)] : "success", "tags", channel->tag);
}

static json_t *make_alertmanager_alert(const json_t *notice, const char *node)
{
	uint64_t at = number_of(notice, "at_ms");
	char start[40], end[40];

	alert_message_time(number_of(notice, "since_ms"), start, sizeof(start));
	alert_message_time(is_state(notice, "resolved") ? at : at + FIRING_MS, end, sizeof(end));
	return json_pack(
		"{s:{s:s, s:s, s:s, s:s}, s:{s:s}, s:s, s:s}", "labels", "alertname",
		json_member_text(notice, "alert"), "severity", json_member_text(notice, "severity"),
		"subject", json_member_text(notice, "subject"), "instance", node, "annotations",
		"summary", json_member_text(notice, "text"), "startsAt", start, "endsAt", end);
}

static json_t *make_alertmanager(const json_t *notices, const char *node)
{
	json_t *list = json_array();

	for (size_t i = 0; i < json_array_size(notices); i++)
		json_array_append_new(list,
				      make_alertmanager_alert(json_array_get(notices, i), node));
	return list;
}

static json_t *make_webhook(const json_t *notices, const char *node)
{
	char time[40];

	alert_message_time(number_of(json_array_get(notices, 0), "at_ms"), time, sizeof(time));
	return json_pack("{s:s, s:s, s:{s:s, s:O}}", "type", "alerts", "timestamp", time, "data",
			 "node", node, "alerts", notices);
}

/* A webhook's signature: https://www.standardwebhooks.com/ */

static int sign(const char *secret, const char *key, uint64_t seconds, const struct buffer *body,
		struct alert_message *message, struct error *err)
{
	unsigned char bytes[SECRET_SIZE_MAX], mac[crypto_auth_hmacsha256_BYTES];
	crypto_auth_hmacsha256_state state;
	char head[256], code[64];
	size_t size = 0;
	const char *base64 = secret && !strncmp(secret, SECRET_MARK, strlen(SECRET_MARK))
				     ? secret + strlen(SECRET_MARK)
				     : NULL;

	if (!base64 ||
	    sodium_base642bin(bytes, sizeof(bytes), base64, strlen(base64), NULL, &size, NULL,
			      sodium_base64_VARIANT_ORIGINAL) ||
	    !size)
		return error_set(err, ERROR_INVALID,
				 "secret_file of the webhook has to contain " SECRET_MARK
				 " and 1 to %d bytes in base64",
				 SECRET_SIZE_MAX);
	snprintf(head, sizeof(head), "%s.%llu.", key, (unsigned long long)seconds);
	crypto_auth_hmacsha256_init(&state, bytes, size);
	crypto_auth_hmacsha256_update(&state, (const unsigned char *)head, strlen(head));
	crypto_auth_hmacsha256_update(&state, (const unsigned char *)body->data, body->size);
	crypto_auth_hmacsha256_final(&state, mac);
	sodium_memzero(bytes, sizeof(bytes));
	sodium_memzero(&state, sizeof(state));
	sodium_bin2base64(code, sizeof(code), mac, sizeof(mac), sodium_base64_VARIANT_ORIGINAL);
	snprintf(message->headers[0], sizeof(message->headers[0]), "webhook-id: %s", key);
	snprintf(message->headers[1], sizeof(message->headers[1]), "webhook-timestamp: %llu",
		 (unsigned long long)seconds);
	snprintf(message->headers[2], sizeof(message->headers[2]), "webhook-signature: v1,%s",
		 code);
	return 0;
}

/* Mail: RFC 5322, with everything that is not ours in base64, so that it cannot add a header. */

#define MAIL_LINE 54	/* bytes of a line of base64: 72 characters */
#define SUBJECT_PART 42 /* bytes of an encoded word: 56 characters, 75 with its marks at most */

static void append_base64(struct buffer *to, const char *data, size_t size)
{
	char line[sodium_base64_ENCODED_LEN(MAIL_LINE, sodium_base64_VARIANT_ORIGINAL)];

	sodium_bin2base64(line, sizeof(line), (const unsigned char *)data, size,
			  sodium_base64_VARIANT_ORIGINAL);
	buffer_append_text(to, line);
}

/* The end of at most `most` bytes that cuts no UTF-8 character in two. */
static size_t whole(const char *text, size_t left, size_t most)
{
	size_t size = left < most ? left : most;

	while (size && size < left && ((unsigned char)text[size] & 0xc0) == 0x80)
		size--;
	return size ? size : most;
}

static void write_subject(struct buffer *mail, const char *title)
{
	buffer_append_text(mail, "Subject:");
	for (size_t left = strlen(title); left;) {
		size_t size = whole(title, left, SUBJECT_PART);

		buffer_append_text(mail, " =?UTF-8?B?");
		append_base64(mail, title, size);
		buffer_append_text(mail, "?=\r\n");
		title += size;
		left -= size;
	}
}

static void write_mail(const struct config_channel *channel, const char *key, const char *node,
		       const char *title, const char *lines, uint64_t unix_ms, struct buffer *mail)
{
	/* strftime()'s names of days and months follow the locale; this program sets none. */
	time_t seconds = (time_t)(unix_ms / 1000);
	struct tm parts;
	char date[64] = "";

	if (gmtime_r(&seconds, &parts))
		strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S +0000", &parts);
	buffer_printf(mail, "From: %s\r\nTo: %s\r\nDate: %s\r\nMessage-ID: <%s@%s>\r\n",
		      channel->from, channel->to, date, key, node);
	write_subject(mail, title);
	buffer_append_text(mail, "MIME-Version: 1.0\r\n"
				 "Content-Type: text/plain; charset=utf-8\r\n"
				 "Content-Transfer-Encoding: base64\r\n"
				 "Auto-Submitted: auto-generated\r\n\r\n");
	for (size_t left = strlen(lines); left;) {
		size_t size = left < MAIL_LINE ? left : MAIL_LINE;

		append_base64(mail, lines, size);
		buffer_append_text(mail, "\r\n");
		lines += size;
		left -= size;
	}
}

static json_t *make_json(const struct config_channel *channel, const json_t *notices,
			 const char *node, const char *title, const char *lines)
{
	switch (channel->kind) {
	case CHANNEL_NTFY:
		return make_ntfy(channel, notices, title, lines);
	case CHANNEL_APPRISE:
		return make_apprise(channel, notices, title, lines);
	case CHANNEL_ALERTMANAGER:
		return make_alertmanager(notices, node);
	case CHANNEL_WEBHOOK:
	case CHANNEL_SMTP:
		break;
	}
	return make_webhook(notices, node);
}

static int fill_json(const struct config_channel *channel, const json_t *notices, const char *node,
		     const char *title, const char *lines, struct alert_message *message)
{
	json_t *json = make_json(channel, notices, node, title, lines);
	char *text = json ? json_dumps(json, JSON_COMPACT | JSON_REAL_PRECISION(15)) : NULL;
	int ret = text ? buffer_append_text(&message->body, text) : ERROR_NO_MEMORY;

	message->content_type = "application/json";
	free(text);
	json_decref(json);
	return ret;
}

int alert_message_make(const struct config_channel *channel, const char *secret, const char *key,
		       const char *node, const json_t *notices, uint64_t unix_ms,
		       struct alert_message *ret_message, struct error *err)
{
	struct alert_message message = {.content_type = NULL};
	struct buffer title, lines;
	int ret;

	buffer_init(&message.body, ALERT_MESSAGE_SIZE_MAX);
	buffer_init(&title, 256);
	buffer_init(&lines, ALERT_MESSAGE_SIZE_MAX / 2);
	write_title(notices, node, &title);
	write_lines(notices, &lines);
	ret = title.failed ? title.failed : lines.failed;
	if (!ret && channel->kind == CHANNEL_SMTP)
		write_mail(channel, key, node, title.data, lines.data ? lines.data : "", unix_ms,
			   &message.body);
	else if (!ret)
		ret = fill_json(channel, notices, node, title.data, lines.data ? lines.data : "",
				&message);
	ret = ret ? ret : message.body.failed;
	if (ret)
		error_set(err, ret, "cannot write the message to the channel: %s", error_text(ret));
	else if (channel->kind == CHANNEL_WEBHOOK)
		ret = sign(secret, key, unix_ms / 1000, &message.body, &message, err);
	buffer_finish(&title);
	buffer_finish(&lines);
	if (ret)
		alert_message_finish(&message);
	else
		*ret_message = message;
	return ret;
}

void alert_message_finish(struct alert_message *message)
{
	buffer_finish(&message->body);
}
