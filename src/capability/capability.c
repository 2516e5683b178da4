#include "capability/capability.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "capability/internal.h"

static const struct capability_interface *const interfaces[] = {
	&capability_buzzer_controller,
	&capability_fan_controller,
	&capability_gpio,
	&capability_gpio_provider,
	&capability_i2c,
	&capability_led_controller,
	&capability_log,
	&capability_one_wire,
	&capability_settings,
	&capability_spi,
	&capability_state,
	&capability_system_info,
	&capability_uart,
};

static const struct capability_interface *find_interface(const char *name)
{
	for (size_t i = 0; i < sizeof(interfaces) / sizeof(interfaces[0]); i++) {
		if (!strcmp(interfaces[i]->name, name))
			return interfaces[i];
	}
	return NULL;
}

static const struct capability_function *find_function(const char *interface_name, const char *name)
{
	const struct capability_interface *interface = find_interface(interface_name);

	if (!interface)
		return NULL;
	for (const struct capability_function *function = interface->functions; function->name;
	     function++) {
		if (!strcmp(function->name, name))
			return function;
	}
	return NULL;
}

const char *capability_signature(const char *interface, const char *function_name)
{
	const struct capability_function *function = find_function(interface, function_name);

	return function ? function->signature : NULL;
}

static int start(struct capability_call *call, const struct capability_function *function,
		 const cbor_item_t *args)
{
	if (!cbor_isa_array(args) || cbor_array_size(args) != function->arguments)
		return ERROR_MALFORMED;
	return function->start(call, args);
}

int capability_dispatch(struct capability_client *client, const char *interface,
			const char *function_name, const cbor_item_t *args,
			capability_answer *on_answer, void *arg, struct capability_call **ret_call,
			struct error *err)
{
	const struct capability_function *function = find_function(interface, function_name);
	struct capability_call *call;
	int ret;

	if (!function)
		return error_set(err, ERROR_NOT_FOUND,
				 "a call to %s.%s, which is no host function: call one that "
				 "wit/harvester/plugin.wit declares",
				 interface, function_name);
	call = calloc(1, sizeof(*call));
	if (!call)
		return error_set(err, ERROR_NO_MEMORY,
				 "out of memory while starting the plugin's call; this machine "
				 "needs more free memory");
	call->client = client;
	call->host = client->host;
	call->on_answer = on_answer;
	call->arg = arg;
	call->in_dispatch = true;
	ret = start(call, function, args);
	call->in_dispatch = false;
	if (!ret && !call->answered) {
		client->calls++;
		*ret_call = call;
		return 0;
	}
	free(call);
	if (ret)
		return error_set(err, ret, "a call to %s.%s: %s", interface, function_name,
				 ret == ERROR_MALFORMED
					 ? "the arguments do not match its type: pass those that "
					   "wit/harvester/plugin.wit declares"
					 : error_text(ret));
	*ret_call = NULL;
	return 0;
}

void capability_call_abandon(struct capability_call *call)
{
	struct capability_job *job = call->job;

	if (job) {
		free(call);
		capability_job_abandon(job);
		return;
	}
	call->on_answer = NULL;
	call->client = NULL;
}

struct capability_client *capability_call_client(const struct capability_call *call)
{
	return call->client;
}

struct capability_host *capability_call_host(const struct capability_call *call)
{
	return call->host;
}

int capability_reply(struct capability_call *call, cbor_item_t *value)
{
	bool free_here = !call->in_dispatch;

	call->answered = true;
	if (!free_here)
		call->client->calls++;
	if (call->on_answer)
		call->on_answer(call->arg, value);
	if (value)
		cbor_decref(&value);
	if (free_here)
		free(call);
	return 0;
}

int capability_reply_failure(struct capability_call *call, const char *text)
{
	return capability_reply(call, value_error(value_text(text)));
}

int capability_reply_absent(struct capability_call *call, const char *text)
{
	snprintf(call->client->absent, sizeof(call->client->absent), "%s", text);
	return capability_reply(call, value_f32(NAN));
}

cbor_item_t *capability_failure(struct capability_job *job)
{
	return value_error(value_text(job->error.text));
}

bool capability_device_name(const char *text, size_t size, char ret_name[DEVICE_NAME_SIZE])
{
	if (!size || size >= DEVICE_NAME_SIZE)
		return false;
	for (size_t i = 0; i < size; i++) {
		if (!isalnum((unsigned char)text[i]) && !memchr("._-", text[i], 3))
			return false;
	}
	memcpy(ret_name, text, size);
	ret_name[size] = '\0';
	return true;
}
