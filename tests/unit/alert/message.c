#include "alert/message.h"

#include <sodium.h>

#include "alert/notice.h"
#include "fixture.h"

static json_t *notices_of(const char *text)
{
	return json_of(text);
}

#define ONE                                                                                        \
	"[{'alert': 'hot', 'subject': 'pi:s', 'state': 'firing', 'severity': 'critical',"          \
	" 'since_ms': 1700000000000, 'at_ms': 1700000005000, 'text': 's is hot'}]"

static struct alert_message make(const struct config_channel *channel, const char *secret,
				 const char *list)
{
	struct alert_message message;
	struct error err = {0};
	json_t *notices = notices_of(list);

	if (alert_message_make(channel, secret, "k1", "pi", notices, T0, &message, &err))
		fail_msg("%s", err.text);
	json_decref(notices);
	return message;
}

static void assert_body(struct alert_message *message, const char *expected)
{
	json_t *body = json_loads(message->body.data, 0, NULL), *wanted = json_of(expected);

	assert_string_equal(message->content_type, "application/json");
	if (!json_equal(body, wanted))
		fail_msg("%s", message->body.data);
	json_decref(body);
	json_decref(wanted);
	alert_message_finish(message);
}

static void test_ntfy(void **state)
{
	const struct config_channel channel = {.kind = CHANNEL_NTFY, .topic = (char[]){"home"}};
	struct alert_message message = make(&channel, NULL, ONE);

	(void)state;
	assert_body(&message, "{'topic': 'home', 'title': 'hot firing', 'message': 's is hot',"
			      " 'priority': 5, 'tags': ['warning']}");
}

static void test_alertmanager(void **state)
{
	const struct config_channel channel = {.kind = CHANNEL_ALERTMANAGER};
	struct alert_message message = make(&channel, NULL, ONE);

	(void)state;
	assert_body(&message,
		    "[{'labels': {'alertname': 'hot', 'severity': 'critical', 'subject': 'pi:s',"
		    " 'instance': 'pi'}, 'annotations': {'summary': 's is hot'},"
		    " 'startsAt': '2023-11-14T22:13:20.000Z',"
		    " 'endsAt': '2023-11-21T22:13:25.000Z'}]");
}

static void test_alertmanager_resolved(void **state)
{
	const struct config_channel channel = {.kind = CHANNEL_ALERTMANAGER};
	struct alert_message message =
		make(&channel, NULL,
		     "[{'alert': 'hot', 'subject': 'pi:s', 'state': 'resolved', 'severity': 'info',"
		     " 'since_ms': 1700000000000, 'at_ms': 1700000005000, 'text': 'fine'}]");
	json_t *body = json_loads(message.body.data, 0, NULL);

	(void)state;
	assert_string_equal(json_string_value(json_object_get(json_array_get(body, 0), "endsAt")),
			    "2023-11-14T22:13:25.000Z");
	json_decref(body);
	alert_message_finish(&message);
}

static void test_apprise(void **state)
{
	const struct config_channel channel = {.kind = CHANNEL_APPRISE, .tag = (char[]){"all"}};
	struct alert_message message = make(&channel, NULL, ONE);

	(void)state;
	assert_body(&message, "{'title': 'hot firing', 'body': 's is hot', 'type': 'failure',"
			      " 'tags': 'all'}");
}

/* The signature of the specification's own tests: standard-webhooks/spec, libraries/python. */
static void test_webhook_signature(void **state)
{
	const struct config_channel channel = {.kind = CHANNEL_WEBHOOK};
	struct alert_message message =
		make(&channel, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", ONE);
	unsigned char key[64], mac[crypto_auth_hmacsha256_BYTES];
	crypto_auth_hmacsha256_state hash;
	char wanted[128] = "webhook-signature: v1,";
	size_t size;

	(void)state;
	assert_string_equal(message.headers[0], "webhook-id: k1");
	assert_string_equal(message.headers[1], "webhook-timestamp: 1700000000");
	sodium_base642bin(key, sizeof(key), "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", 32, NULL, &size,
			  NULL, sodium_base64_VARIANT_ORIGINAL);
	crypto_auth_hmacsha256_init(&hash, key, size);
	crypto_auth_hmacsha256_update(&hash, (const unsigned char *)"k1.1700000000.", 14);
	crypto_auth_hmacsha256_update(&hash, (const unsigned char *)message.body.data,
				      message.body.size);
	crypto_auth_hmacsha256_final(&hash, mac);
	sodium_bin2base64(wanted + 22, sizeof(wanted) - 22, mac, sizeof(mac),
			  sodium_base64_VARIANT_ORIGINAL);
	assert_string_equal(message.headers[2], wanted);
	alert_message_finish(&message);
}

static void test_wrong_secrets(void **state)
{
	static const char *const secrets[] = {NULL,
					      "",
					      "whsec_",
					      "whsec_***",
					      "abc",
					      "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYqrTw"
					      "jUPD8ILPZIo2LaLaSwMfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"};
	const struct config_channel channel = {.kind = CHANNEL_WEBHOOK};
	json_t *notices = notices_of(ONE);

	(void)state;
	for (size_t i = 0; i < sizeof(secrets) / sizeof(*secrets); i++) {
		struct alert_message message;
		struct error err = {0};

		assert_int_equal(alert_message_make(&channel, secrets[i], "k1", "pi", notices, T0,
						    &message, &err),
				 ERROR_INVALID);
		assert_non_null(strstr(err.text, "whsec_"));
	}
	json_decref(notices);
}

/* Nothing that a plugin calls its sensor can become a header. */
static void test_mail(void **state)
{
	const struct config_channel channel = {
		.kind = CHANNEL_SMTP, .from = (char[]){"a@b.c"}, .to = (char[]){"d@e.f"}};
	struct alert_message message =
		make(&channel, NULL,
		     "[{'alert': 'hot\\r\\nBcc: x@y.z', 'subject': 'pi:s', 'state': 'firing',"
		     " 'severity': 'info', 'since_ms': 0, 'at_ms': 0, 'text': '21 "
		     "°C\\r\\n.\\r\\nQUIT'}]");
	const char *mail = message.body.data;

	(void)state;
	assert_null(message.content_type);
	assert_non_null(strstr(mail, "From: a@b.c\r\nTo: d@e.f\r\n"));
	assert_non_null(strstr(mail, "Date: Tue, 14 Nov 2023 22:13:20 +0000\r\n"));
	assert_non_null(strstr(mail, "Message-ID: <k1@pi>\r\n"));
	assert_non_null(strstr(mail, "Subject: =?UTF-8?B?"));
	assert_null(strstr(mail, "Bcc"));
	assert_null(strstr(mail, "QUIT"));
	alert_message_finish(&message);
}

static void test_group(void **state)
{
	const struct config_channel channel = {.kind = CHANNEL_APPRISE};
	struct alert_message message =
		make(&channel, NULL,
		     "[{'alert': 'a', 'state': 'firing', 'severity': 'info', 'text': 'one'},"
		     " {'alert': 'b', 'state': 'firing', 'severity': 'warning', 'text': 'two'}]");

	(void)state;
	assert_body(&message,
		    "{'title': '2 alerts of pi', 'body': 'one\\ntwo', 'type': 'warning'}");
}

static json_t *notice(const char *rule_text, const char *subject, enum alert_state state,
		      double value)
{
	struct alert_rule rule = rule_of(rule_text);
	struct alert alert = {.rule = &rule, .state = state, .value = value};
	const struct alert_names names = {"", "", "°C"};
	const struct alert_time now = {.unix_ms = T0};
	json_t *made;

	snprintf(alert.subject, sizeof(alert.subject), "%s", subject);
	made = alert_notice_make(&alert, "id", "hub", &names, T0 - 5000, &now);
	config_alert_finish(&rule.config);
	return made;
}

static void assert_text(json_t *made, const char *expected)
{
	assert_string_equal(json_string_value(json_object_get(made, "text")), expected);
	json_decref(made);
}

static void test_texts(void **state)
{
	(void)state;
	assert_text(notice("{'name': 'hot', 'field': 't', 'above': 30}", "pi:oven", ALERT_FIRING,
			   31.25),
		    "oven: t is 31.25 °C, above 30 °C");
	assert_text(notice("{'name': 'hot', 'field': 't', 'outside': [18, 24.5]}", "pi:oven",
			   ALERT_OK, 20),
		    "oven: t is 20 °C, fine again");
	assert_text(
		notice("{'name': 'hot', 'field': 't', 'above': 3, 'message': "
		       "'{{x} {alert} {state} {severity} {node}/{sensor} {value}{unit} > {limit}'}",
		       "pi:oven", ALERT_FIRING, 4),
		"{x} hot firing warning pi/oven 4°C > 3");
	assert_text(notice("{'name': 'away', 'watch': 'node'}", "shed", ALERT_FIRING, 1),
		    "the node shed is offline");
	assert_text(
		notice("{'name': 'full', 'watch': 'disk', 'above': 90}", "disk", ALERT_FIRING, 93),
		"the disk of hub is 93 % full");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ntfy),
		cmocka_unit_test(test_alertmanager),
		cmocka_unit_test(test_alertmanager_resolved),
		cmocka_unit_test(test_apprise),
		cmocka_unit_test(test_webhook_signature),
		cmocka_unit_test(test_wrong_secrets),
		cmocka_unit_test(test_mail),
		cmocka_unit_test(test_group),
		cmocka_unit_test(test_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
