#include "cluster/mailbox.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct mailbox {
	uv_async_t async;
	void (*on_mail)(void *arg); /* up to closed_arg: loop thread */
	void *arg;
	void (*on_closed)(void *arg);
	void *closed_arg;

	pthread_mutex_t lock; /* protects what follows */
	bool is_left;	      /* the loop's side listens no more: `async` may not be used */
	struct mail *first, **last;
	size_t count, bytes;
	unsigned holders; /* the loop is one */
	uint64_t dropped;
};

static void woken(uv_async_t *async)
{
	struct mailbox *mailbox = async->data;

	mailbox->on_mail(mailbox->arg);
}

struct mailbox *mailbox_create(uv_loop_t *loop, void (*on_mail)(void *arg), void *arg)
{
	struct mailbox *mailbox = calloc(1, sizeof(*mailbox));

	if (!mailbox)
		return NULL;
	if (uv_async_init(loop, &mailbox->async, woken)) {
		free(mailbox);
		return NULL;
	}
	mailbox->async.data = mailbox;
	mailbox->on_mail = on_mail;
	mailbox->arg = arg;
	mailbox->last = &mailbox->first;
	mailbox->holders = 1;
	pthread_mutex_init(&mailbox->lock, NULL);
	return mailbox;
}

void mailbox_hold(struct mailbox *mailbox)
{
	pthread_mutex_lock(&mailbox->lock);
	mailbox->holders++;
	pthread_mutex_unlock(&mailbox->lock);
}

void mailbox_release(struct mailbox *mailbox)
{
	struct mail *mail;
	bool is_last;

	pthread_mutex_lock(&mailbox->lock);
	is_last = !--mailbox->holders;
	pthread_mutex_unlock(&mailbox->lock);
	if (!is_last)
		return;
	while ((mail = mailbox_take(mailbox)))
		free(mail);
	pthread_mutex_destroy(&mailbox->lock);
	free(mailbox);
}

static void handle_closed(uv_handle_t *handle)
{
	struct mailbox *mailbox = handle->data;
	void (*on_closed)(void *arg) = mailbox->on_closed;
	void *arg = mailbox->closed_arg;

	mailbox_release(mailbox);
	on_closed(arg);
}

void mailbox_close(struct mailbox *mailbox, void (*on_closed)(void *arg), void *arg)
{
	mailbox->on_closed = on_closed;
	mailbox->closed_arg = arg;
	pthread_mutex_lock(&mailbox->lock);
	mailbox->is_left = true;
	pthread_mutex_unlock(&mailbox->lock);
	uv_close((uv_handle_t *)&mailbox->async, handle_closed);
}

/* Copying a message */

static size_t text_size(const char *text)
{
	return text ? strlen(text) + 1 : 0;
}

static size_t message_size(const struct engine_message *message)
{
	size_t size = text_size(message->subject) + text_size(message->reply) + message->size;

	for (size_t i = 0; i < message->headers_count; i++)
		size += text_size(message->headers[i].name) + text_size(message->headers[i].value);
	return size;
}

static const char *copy_text(char **to, const char *text)
{
	char *copied = *to;
	size_t size = text_size(text);

	if (!text)
		return NULL;
	memcpy(copied, text, size);
	*to += size;
	return copied;
}

static void copy_message(struct mail *mail, const struct engine_message *message)
{
	char *to = mail->text;

	mail->message.subject = copy_text(&to, message->subject);
	mail->message.reply = copy_text(&to, message->reply);
	for (size_t i = 0; i < message->headers_count && i < ENGINE_HEADERS_MAX; i++) {
		mail->headers[i].name = copy_text(&to, message->headers[i].name);
		mail->headers[i].value = copy_text(&to, message->headers[i].value);
		mail->message.headers_count++;
	}
	mail->message.headers = mail->headers;
	if (message->size)
		mail->message.data = memcpy(to, message->data, message->size);
	mail->message.size = message->size;
}

static struct mail *make_mail(const struct engine_message *message, const char *text)
{
	size_t size = sizeof(struct mail) + (message ? message_size(message) : text_size(text));
	struct mail *mail = calloc(1, size);
	char *to;

	if (!mail)
		return NULL;
	mail->bytes = size;
	to = mail->text;
	if (message)
		copy_message(mail, message);
	else
		mail->message.subject = copy_text(&to, text);
	return mail;
}

struct mail *mail_create(const struct engine_message *message)
{
	return make_mail(message, NULL);
}

static bool fits(const struct mailbox *mailbox, const struct mail *mail)
{
	return mailbox->count < MAILBOX_COUNT_MAX &&
	       mail->bytes <= MAILBOX_BYTES_MAX - mailbox->bytes;
}

void mailbox_put(struct mailbox *mailbox, enum mail_kind kind, uint64_t number,
		 const struct engine_message *message, bool has_no_responders, const char *text)
{
	struct mail *mail = make_mail(message, text);

	if (mail) {
		mail->kind = kind;
		mail->number = number;
		mail->has_no_responders = has_no_responders;
	}
	pthread_mutex_lock(&mailbox->lock);
	if (mail && !mailbox->is_left && (!message || fits(mailbox, mail))) {
		*mailbox->last = mail;
		mailbox->last = &mail->next;
		mailbox->count++;
		mailbox->bytes += message ? mail->bytes : 0;
		mail = NULL;
	} else {
		mailbox->dropped++;
	}
	/* Within the lock: once it is free, the loop may close the handle. */
	if (!mailbox->is_left)
		uv_async_send(&mailbox->async);
	pthread_mutex_unlock(&mailbox->lock);
	free(mail);
}

struct mail *mailbox_take(struct mailbox *mailbox)
{
	struct mail *mail;

	pthread_mutex_lock(&mailbox->lock);
	mail = mailbox->first;
	if (mail) {
		mailbox->first = mail->next;
		if (!mailbox->first)
			mailbox->last = &mailbox->first;
		mailbox->count--;
		if (mail->kind == MAIL_ANSWER || mail->kind == MAIL_MESSAGE)
			mailbox->bytes -= mail->bytes;
	}
	pthread_mutex_unlock(&mailbox->lock);
	return mail;
}

uint64_t mailbox_dropped(struct mailbox *mailbox)
{
	uint64_t dropped;

	pthread_mutex_lock(&mailbox->lock);
	dropped = mailbox->dropped;
	pthread_mutex_unlock(&mailbox->lock);
	return dropped;
}
