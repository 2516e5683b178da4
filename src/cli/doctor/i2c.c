#include <inttypes.h>
#include <string.h>

#include "base/error.h"
#include "cli/doctor/grants.h"
#include "cli/doctor/hardware.h"
#include "config/config.h"
#include "hardware/bus/backend.h"
#include "hardware/bus/i2c.h"
#include "hardware/linux/linux.h"
#include "plugin/discovery/source.h"

#define ADDRESS_LAST 0x77
#define OWNERS_MAX 64

/* A plugin (or the node itself) and the addresses that it may use. A plugin that names both
 * possible addresses of a sensor is content if one of them answers. */
struct owner {
	char name[PLUGIN_NAME_SIZE];
	bool wants[ADDRESS_LAST + 1];
};

struct wishes {
	unsigned bus; /* the node's */
	struct owner owners[OWNERS_MAX];
	size_t count;
	char everything[96]; /* plugins that may use all addresses; those are not scanned for them
			      */
};

static struct owner *add_owner(struct wishes *wishes, const char *name)
{
	struct owner *owner;

	if (wishes->count == OWNERS_MAX)
		return NULL;
	owner = &wishes->owners[wishes->count++];
	snprintf(owner->name, sizeof(owner->name), "%s", name);
	return owner;
}

static void add_grant(void *data, const char *name, const struct permission *grant)
{
	struct wishes *wishes = data;
	const unsigned bus = wishes->bus;
	struct owner *owner;

	if (!grant->i2c_count || !permission_has_i2c_bus(grant, bus, bus))
		return;
	if (grant->i2c_count == PERMISSION_I2C_MAX) {
		doctor_append(wishes->everything, sizeof(wishes->everything), ", ", name);
		return;
	}
	owner = add_owner(wishes, name);
	for (size_t i = 0; owner && i < grant->i2c_count; i++)
		owner->wants[grant->i2c[i]] = true;
}

static int ask(struct i2c_bus *bus, uint16_t address)
{
	bool by_reading =
		(address >= 0x30 && address <= 0x37) || (address >= 0x50 && address <= 0x5f);
	uint8_t byte;
	struct i2c_message message = {
		.address = address,
		.flags = by_reading ? I2C_MESSAGE_READ : 0,
		.size = by_reading,
		.data = &byte,
	};

	return i2c_bus_transfer(bus, &message, 1, NULL);
}

static const char *meaning(int code)
{
	switch (code) {
	case 0:
		return "answers";
	case ERROR_NO_ACKNOWLEDGE:
		return "does not answer";
	case ERROR_BUSY:
		return "is used by a driver of the kernel";
	default:
		return error_text(code);
	}
}

/* The names of all plugins that may use the address; "" if there is none. */
static void name_owners(const struct wishes *wishes, uint16_t address, char *ret_names, size_t size)
{
	ret_names[0] = '\0';
	for (size_t i = 0; i < wishes->count; i++) {
		if (wishes->owners[i].wants[address])
			doctor_append(ret_names, size, ", ", wishes->owners[i].name);
	}
}

static bool has_answer(const struct owner *owner, const int results[ADDRESS_LAST + 1])
{
	for (uint16_t address = 0; address <= ADDRESS_LAST; address++) {
		if (owner->wants[address] && !results[address])
			return true;
	}
	return false;
}

static void scan(struct doctor_list *list, const struct wishes *wishes, struct i2c_bus *bus)
{
	char answers[400] = "", unserved[96] = "", names[96], one[160];
	int results[ADDRESS_LAST + 1] = {0};
	struct doctor_check *check;

	for (uint16_t address = 0; address <= ADDRESS_LAST; address++) {
		name_owners(wishes, address, names, sizeof(names));
		if (!names[0])
			continue;
		results[address] = ask(bus, address);
		snprintf(one, sizeof(one), "0x%02x (%s) %s", address, names,
			 meaning(results[address]));
		doctor_append(answers, sizeof(answers), "; ", one);
	}
	for (size_t i = 0; i < wishes->count; i++) {
		if (!has_answer(&wishes->owners[i], results))
			doctor_append(unserved, sizeof(unserved), ", ", wishes->owners[i].name);
	}
	check = doctor_add(list, "i2c-scan", unserved[0] ? DOCTOR_WARNING : DOCTOR_OK,
			   "bus %u, tested by an empty write or by reading a byte: %s%s%s",
			   bus->number, answers[0] ? answers : "no plugin may use an address",
			   wishes->everything[0] ? "; not tested, since they may use every "
						   "address: "
						 : "",
			   wishes->everything);
	if (unserved[0])
		doctor_advise(check,
			      "no chip answers for %s: check power, SDA, SCL and address pins",
			      unserved);
}

void doctor_check_i2c(struct doctor_list *list, const struct doctor_hardware *hardware)
{
	const struct linux_options options = {.root = hardware->root};
	const struct config *config = hardware->config;
	static struct wishes wishes;
	struct backend *backend;
	struct i2c_bus *bus;
	struct error err = {0};

	if (config->hardware.i2c_backend == BACKEND_SIM) {
		doctor_add(list, "i2c-scan", DOCTOR_OK, "not checked: i2c is simulated");
		return;
	}
	if (linux_backend_create(&options, &backend, &err)) {
		doctor_add(list, "i2c-scan", DOCTOR_WARNING, "%s", err.text);
		return;
	}
	if (backend_open_i2c(backend, config->hardware.i2c_bus, &bus, &err)) {
		doctor_add(list, "i2c-scan", DOCTOR_WARNING, "%s", err.text);
	} else {
		wishes = (struct wishes){.bus = config->hardware.i2c_bus};
		add_owner(&wishes, "[sensors.bme680]")->wants[config->sensors.bme680_address] =
			true;
		doctor_each_grant(hardware, add_grant, &wishes);
		scan(list, &wishes, bus);
		i2c_bus_close(bus);
	}
	backend_destroy(backend);
}
