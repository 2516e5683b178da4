#include "mqtt/client.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/error.h"
#include "mqtt/connection.h"

/* The library's codes are translated where they first appear. */
static int check(int code, struct error *err)
{
	if (code == MOSQ_ERR_NOMEM)
		return error_set(err, ERROR_NO_MEMORY, "cannot prepare the MQTT connection: %s",
				 error_text(ERROR_NO_MEMORY));
	return code ? error_set(err, ERROR_INVALID, "cannot prepare the MQTT connection: %s",
				mosquitto_strerror(code))
		    : 0;
}

static int read_password(const char *path, char ret_text[MQTT_PASSWORD_MAX + 1], struct error *err)
{
	struct buffer text;
	int ret = buffer_read_file(&text, path, MQTT_PASSWORD_MAX, err);

	if (ret)
		return error_wrap(err, ret, "password_file under [mqtt]");
	snprintf(ret_text, MQTT_PASSWORD_MAX + 1, "%s", text.data ? text.data : "");
	ret_text[strcspn(ret_text, "\r\n")] = '\0';
	sodium_memzero(text.data, text.size);
	buffer_finish(&text);
	return 0;
}

static int set_password(struct mosquitto *client, const struct mqtt_connection_config *config,
			struct error *err)
{
	char password[MQTT_PASSWORD_MAX + 1];
	int ret, code;

	if (!config->username)
		return 0;
	ret = read_password(config->password_file, password, err);
	if (ret)
		return ret;
	code = mosquitto_username_pw_set(client, config->username, password);
	sodium_memzero(password, sizeof(password));
	return check(code, err);
}

/* libmosquitto does not say which file it could not read. */
static int blame_file(const struct mqtt_connection_config *config, struct error *err)
{
	const struct {
		const char *key, *path;
	} files[] = {{"tls_ca", config->tls_ca},
		     {"tls_certificate", config->tls_certificate},
		     {"tls_key", config->tls_key}};

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		if (files[i].path && access(files[i].path, R_OK))
			return error_set_errno(err, ERROR_INVALID, errno,
					       "cannot read %s, the file of %s under [mqtt]",
					       files[i].path, files[i].key);
	}
	return error_set(err, ERROR_INVALID,
			 "tls_certificate and tls_key under [mqtt] have to be set together, to two "
			 "files of one pair");
}

static int set_tls(struct mosquitto *client, const struct mqtt_connection_config *config,
		   struct error *err)
{
	int code = 0;

	if (!config->is_tls)
		return 0;
	if (!config->tls_ca)
		code = mosquitto_int_option(client, MOSQ_OPT_TLS_USE_OS_CERTS, 1);
	if (!code && (config->tls_ca || config->tls_certificate))
		code = mosquitto_tls_set(client, config->tls_ca,
					 config->tls_ca ? NULL : "/etc/ssl/certs",
					 config->tls_certificate, config->tls_key, NULL);
	return code == MOSQ_ERR_INVAL ? blame_file(config, err) : check(code, err);
}

static int set_up(struct mosquitto *client, const struct mqtt_connection_config *config,
		  int version, struct error *err)
{
	int code = mosquitto_max_inflight_messages_set(client, MQTT_UNACKNOWLEDGED_MAX), ret;

	if (!code)
		code = mosquitto_int_option(client, MOSQ_OPT_PROTOCOL_VERSION, version);
	if (!code)
		code = mosquitto_will_set(client, config->availability_topic, 7, "offline", 1,
					  true);
	ret = check(code, err);
	if (!ret)
		ret = set_tls(client, config, err);
	return ret ? ret : set_password(client, config, err);
}

int mqtt_client_create(const struct mqtt_connection_config *config, int version, void *arg,
		       struct mosquitto **ret_client, struct error *err)
{
	struct mosquitto *client = mosquitto_new(config->client_id, true, arg);
	int ret;

	if (!client)
		return check(MOSQ_ERR_NOMEM, err);
	ret = set_up(client, config, version, err);
	if (ret)
		mosquitto_destroy(client);
	else
		*ret_client = client;
	return ret;
}
