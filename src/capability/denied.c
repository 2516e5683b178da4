/* Denied calls: counted here, and described in one place for the plugin and for the log. */
#include <inttypes.h>

#include "base/text.h"
#include "capability/alias.h"
#include "capability/internal.h"
#include "config/config.h"

/* `advice`: how to request the device, shown unless the plugin has requested it. */
static void deny(struct capability_call *call, enum capability_kind kind, bool is_asked,
		 const char *what, const char *advice)
{
	struct capability_client *client = capability_call_client(call);
	struct capability_denial *denial = &client->denials[kind];

	snprintf(denial->what, sizeof(denial->what), "%s", what);
	denial->advice[0] = '\0';
	if (!is_asked)
		snprintf(denial->advice, sizeof(denial->advice), "%s in %s", advice,
			 client->permission_file ? client->permission_file : "permission.toml");
	snprintf(client->last_denied, sizeof(client->last_denied),
		 is_asked ? "%s, which the owner has withheld%s" : "%s; %s", what, denial->advice);
	text_make_utf8(client->last_denied); /* a port's name may be long, and the API shows it */
	denial->count++;
	client->denied++;
}

void capability_deny_i2c(struct capability_call *call, uint64_t address)
{
	const struct permission *request = capability_call_client(call)->request;
	char what[32], advice[64];

	snprintf(what, sizeof(what), "i2c 0x%02" PRIX64, address);
	snprintf(advice, sizeof(advice), "add 0x%02" PRIX64 " to allow_i2c", address);
	deny(call, CAPABILITY_I2C, request && permission_has_i2c(request, (uint16_t)address), what,
	     advice);
}

void capability_deny_i2c_bus(struct capability_call *call, uint64_t bus)
{
	const struct permission *request = capability_call_client(call)->request;
	unsigned usual = capability_call_host(call)->config->hardware.i2c_bus;
	char what[40], advice[64];

	snprintf(what, sizeof(what), "i2c bus %" PRIu64, bus);
	snprintf(advice, sizeof(advice), "add %" PRIu64 " to i2c_bus", bus);
	deny(call, CAPABILITY_I2C, request && permission_has_i2c_bus(request, (unsigned)bus, usual),
	     what, advice);
}

void capability_deny_gpio(struct capability_call *call, uint64_t line, unsigned direction)
{
	static const char *const keys[] = {
		[PERMISSION_IN] = "allow_gpio_in",
		[PERMISSION_OUT] = "allow_gpio_out",
		[PERMISSION_IN_OUT] = "allow_gpio",
	};
	const struct permission *request = capability_call_client(call)->request;
	unsigned asked = request ? permission_gpio_direction(request, (unsigned)line) : 0;
	char what[32], advice[64];

	snprintf(what, sizeof(what), "gpio %" PRIu64, line);
	snprintf(advice, sizeof(advice), "add %" PRIu64 " to %s", line, keys[direction]);
	deny(call, CAPABILITY_GPIO, (asked & direction) == direction, what, advice);
}

void capability_deny_spi(struct capability_call *call, const char *device)
{
	const struct permission *request = capability_call_client(call)->request;
	char what[48], advice[80];

	snprintf(what, sizeof(what), "spi %s", device);
	snprintf(advice, sizeof(advice), "add \"%s\" to allow_spi", device);
	deny(call, CAPABILITY_SPI, request && permission_has_spi(request, device), what, advice);
}

void capability_deny_uart(struct capability_call *call, const char *device)
{
	const struct permission *request = capability_call_client(call)->request;
	char what[48], advice[80];

	snprintf(what, sizeof(what), "uart %s", device);
	snprintf(advice, sizeof(advice), "add \"%s\" to allow_uart", device);
	deny(call, CAPABILITY_UART, request && permission_has_uart(request, device), what, advice);
}

bool capability_is_denied_alias(struct capability_call *call, enum bus_kind kind,
				const char *device)
{
	const struct capability_host *host = capability_call_host(call);

	return capability_alias_find(host->backend, host->config,
				     capability_call_client(call)->name, kind, device) != NULL;
}

void capability_deny_w1(struct capability_call *call, const char *id)
{
	const struct permission *request = capability_call_client(call)->request;
	char what[48], advice[80];

	snprintf(what, sizeof(what), "1-wire %s", id);
	snprintf(advice, sizeof(advice), "add \"%s\" to allow_w1", id);
	deny(call, CAPABILITY_W1, request && permission_has_w1(request, id), what, advice);
}

void capability_deny_leds(struct capability_call *call)
{
	const struct permission *request = capability_call_client(call)->request;

	deny(call, CAPABILITY_LEDS, request && request->leds, "the LEDs", "set allow_leds = true");
}

void capability_deny_buzzer(struct capability_call *call)
{
	const struct permission *request = capability_call_client(call)->request;

	deny(call, CAPABILITY_BUZZER, request && request->buzzer, "the buzzer",
	     "set allow_buzzer = true");
}

void capability_deny_fan(struct capability_call *call)
{
	const struct permission *request = capability_call_client(call)->request;

	deny(call, CAPABILITY_FAN, request && request->fan, "the fan", "set allow_fan = true");
}

int capability_reply_denied(struct capability_call *call)
{
	char text[ERROR_TEXT_SIZE];

	snprintf(text, sizeof(text), "not granted: %s", capability_call_client(call)->last_denied);
	return capability_reply_failure(call, text);
}
