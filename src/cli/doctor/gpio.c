#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "cli/doctor/hardware.h"
#include "config/config.h"
#include "hardware/driver/dht22_iio.h"
#include "hardware/linux/linux.h"

static void list_chips(struct doctor_list *list, const char *root)
{
	struct linux_gpio_chip_info info;
	char found[400] = "", one[96];
	struct error err, refused = {0};

	for (unsigned number = 0; number < LINUX_GPIO_CHIPS_MAX; number++) {
		int ret = linux_gpio_look_at_chip(root, number, &info, &err);

		if (ret && ret != ERROR_NOT_FOUND)
			refused = err;
		if (ret)
			continue;
		snprintf(one, sizeof(one), "%s [%s] with %u lines", info.name, info.label,
			 info.line_count);
		doctor_append(found, sizeof(found), ", ", one);
	}
	doctor_add(list, "gpio-chips", found[0] ? DOCTOR_OK : DOCTOR_WARNING, "%s%s%s",
		   found[0]	  ? found
		   : refused.code ? ""
				  : "none on this machine",
		   found[0] && refused.code ? "; " : "", refused.text);
}

/* Describe a line that the node uses itself. False if the node could not get it. */
static bool describe(const struct doctor_hardware *hardware, unsigned chip, const char *device,
		     int pin, char *text, size_t size)
{
	struct linux_gpio_line_info info;
	char one[128], *folder;
	struct error err;
	bool is_free;

	if (pin == CONFIG_PIN_NONE)
		return true;
	if (!strcmp(device, "dht22") &&
	    !dht22_iio_find(hardware->root, (unsigned)pin, &folder, NULL)) {
		free(folder);
		snprintf(one, sizeof(one), "GPIO%d (dht22) read by the kernel's driver dht11", pin);
		doctor_append(text, size, "; ", one);
		return true;
	}
	if (linux_gpio_look_at_line(hardware->root, chip, (unsigned)pin, &info, &err)) {
		snprintf(one, sizeof(one), "GPIO%d (%s): %.90s", pin, device, err.text);
		doctor_append(text, size, "; ", one);
		return false;
	}
	is_free = !info.is_held || !strcmp(info.consumer, "harvester");
	snprintf(one, sizeof(one), "GPIO%d (%s) %s%s", pin, device,
		 info.is_held ? "held by " : "free", info.is_held ? info.consumer : "");
	doctor_append(text, size, "; ", one);
	return is_free;
}

/* List all lines of the chip that any program or driver holds. */
static void list_held(const char *root, unsigned chip, char *text, size_t size)
{
	struct linux_gpio_chip_info chip_info;
	struct linux_gpio_line_info info;
	char one[64];

	if (linux_gpio_look_at_chip(root, chip, &chip_info, NULL))
		return;
	for (unsigned offset = 0; offset < chip_info.line_count; offset++) {
		if (linux_gpio_look_at_line(root, chip, offset, &info, NULL) || !info.is_held)
			continue;
		snprintf(one, sizeof(one), "%u %s", offset,
			 info.consumer[0] ? info.consumer : "(unknown)");
		doctor_append(text, size, ", ", one);
	}
}

static void check_lines(struct doctor_list *list, const struct doctor_hardware *hardware)
{
	const struct config *config = hardware->config;
	struct linux_gpio_chip_info info;
	char own[240] = "", held[200] = "";
	struct doctor_check *check;
	struct error err = {0};
	unsigned chip = 0;
	bool is_well = true;

	if (linux_gpio_find_chip(hardware->root, config->hardware.gpio_chip, &chip, &err) ||
	    linux_gpio_look_at_chip(hardware->root, chip, &info, &err)) {
		doctor_add(list, "gpio-lines", DOCTOR_WARNING, "%s", err.text);
		return;
	}
	is_well &= describe(hardware, chip, "dht22", config->sensors.dht22_pin, own, sizeof(own));
	is_well &= describe(hardware, chip, "buzzer", config->buzzer.gpio_pin, own, sizeof(own));
	is_well &= describe(hardware, chip, "fan", config->fan.gpio_pin, own, sizeof(own));
	list_held(hardware->root, chip, held, sizeof(held));
	check = doctor_add(list, "gpio-lines", is_well ? DOCTOR_OK : DOCTOR_WARNING,
			   "%s: the node's own: %s; held: %s", info.name, own[0] ? own : "none",
			   held[0] ? held : "none");
	if (!is_well)
		doctor_advise(check, "use another line in the configuration, or stop what holds "
				     "it (an overlay of the device tree, another program)");
}

void doctor_check_gpio(struct doctor_list *list, const struct doctor_hardware *hardware)
{
	list_chips(list, hardware->root);
	if (hardware->config->hardware.gpio_backend == BACKEND_SIM)
		doctor_add(list, "gpio-lines", DOCTOR_OK, "not checked: gpio is simulated");
	else
		check_lines(list, hardware);
}
