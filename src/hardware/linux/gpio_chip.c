#include <errno.h>
#include <linux/gpio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/error.h"
#include "hardware/linux/gpio.h"
#include "hardware/linux/internal.h"

#define NAME_PREFIX "gpiochip"
#define NAME_SIZE 24

struct linux_gpio_chip {
	struct gpio_chip base;
	int fd;
	char name[NAME_SIZE];
};

static const struct linux_advice advice = {
	.missing = "this machine has no such gpio chip (`gpio_chip` under [hardware] names another "
		   "one; `harvester doctor` lists them)",
	.group = "gpio",
};

static int open_chip(const char *root, unsigned number, struct linux_gpio_chip_info *ret_info,
		     int *ret_fd, struct error *err)
{
	struct gpiochip_info info = {0};
	char name[NAME_SIZE];
	int fd, rc;

	snprintf(name, sizeof(name), NAME_PREFIX "%u", number);
	rc = linux_device_open(root, name, 0, &advice, &fd, err);
	if (rc)
		return rc;
	if (ioctl(fd, GPIO_GET_CHIPINFO_IOCTL, &info)) {
		rc = error_set_errno(err, ERROR_SYSTEM, errno,
				     "/dev/%s is no gpio chip (set `gpio_chip` under [hardware] to "
				     "one that `harvester doctor` lists)",
				     name);
		close(fd);
		return rc;
	}
	snprintf(ret_info->name, sizeof(ret_info->name), "%s", name);
	snprintf(ret_info->label, sizeof(ret_info->label), "%.31s", info.label);
	ret_info->line_count = info.lines;
	*ret_fd = fd;
	return 0;
}

int linux_gpio_look_at_chip(const char *root, unsigned number,
			    struct linux_gpio_chip_info *ret_info, struct error *err)
{
	int fd, rc = open_chip(root, number, ret_info, &fd, err);

	if (!rc)
		close(fd);
	return rc;
}

int linux_gpio_look_at_line(const char *root, unsigned number, unsigned offset,
			    struct linux_gpio_line_info *ret_info, struct error *err)
{
	struct gpio_v2_line_info info = {.offset = offset};
	struct linux_gpio_chip_info chip;
	int fd, rc = open_chip(root, number, &chip, &fd, err);

	if (rc)
		return rc;
	if (ioctl(fd, GPIO_V2_GET_LINEINFO_IOCTL, &info))
		rc = error_set_errno(err, errno == EINVAL ? ERROR_NOT_FOUND : ERROR_SYSTEM, errno,
				     "cannot read line %u of %s (use one of its lines, 0 to %u)",
				     offset, chip.name, chip.line_count - 1);
	close(fd);
	if (rc)
		return rc;
	snprintf(ret_info->name, sizeof(ret_info->name), "%.31s", info.name);
	snprintf(ret_info->consumer, sizeof(ret_info->consumer), "%.31s", info.consumer);
	ret_info->is_held = (info.flags & GPIO_V2_LINE_FLAG_USED) != 0;
	return 0;
}

/* Search by label, since the numbers depend on the kernel (a Raspberry Pi 5 has had 0 and 4). */
static bool find_label(const char *root, const char *label, unsigned *ret_number,
		       struct error *refused)
{
	struct linux_gpio_chip_info info;
	struct error err;

	for (unsigned number = 0; number < LINUX_GPIO_CHIPS_MAX; number++) {
		int rc = linux_gpio_look_at_chip(root, number, &info, &err);

		if (rc && rc != ERROR_NOT_FOUND)
			*refused = err;
		if (!rc && !strcmp(info.label, label)) {
			*ret_number = number;
			return true;
		}
	}
	return false;
}

/* Accepts "gpiochip4" and "4". */
static bool parse_number(const char *wanted, unsigned *ret_number)
{
	const char *digits = wanted;
	unsigned long number;
	char *end;

	if (!strncmp(digits, NAME_PREFIX, strlen(NAME_PREFIX)))
		digits += strlen(NAME_PREFIX);
	number = strtoul(digits, &end, 10);
	if (end == digits || *end || digits[0] < '0' || digits[0] > '9' || number > UINT16_MAX)
		return false;
	*ret_number = (unsigned)number;
	return true;
}

int linux_gpio_find_chip(const char *root, const char *wanted, unsigned *ret_number,
			 struct error *err)
{
	static const char *const usual[] = {"pinctrl-bcm2711", "pinctrl-bcm2835", "pinctrl-rp1"};
	struct error refused = {0};

	if (wanted && parse_number(wanted, ret_number))
		return 0;
	if (wanted) {
		if (find_label(root, wanted, ret_number, &refused))
			return 0;
		return refused.code
			       ? error_set(err, refused.code, "%s", refused.text)
			       : error_set(err, ERROR_NOT_FOUND,
					   "no gpio chip with the label \"%s\": `harvester doctor` "
					   "lists the chips of this machine",
					   wanted);
	}
	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++) {
		if (find_label(root, usual[i], ret_number, &refused))
			return 0;
	}
	*ret_number = 0;
	return 0;
}

static int chip_request(struct gpio_chip *base, unsigned offset,
			const struct gpio_line_config *config, struct gpio_line **ret_line,
			struct error *err)
{
	struct linux_gpio_chip *chip = (struct linux_gpio_chip *)base;

	return linux_gpio_line_request(chip->fd, chip->name, offset, config, ret_line, err);
}

static void chip_close(struct gpio_chip *base)
{
	close(((struct linux_gpio_chip *)base)->fd);
	free(base);
}

int linux_gpio_open(struct backend *backend, struct gpio_chip **ret_chip, struct error *err)
{
	static const struct gpio_chip_ops ops = {.request = chip_request, .close = chip_close};
	const struct linux_backend *self = linux_backend_of(backend);
	struct linux_gpio_chip_info info;
	struct linux_gpio_chip *chip;
	unsigned number;
	int rc, fd;

	rc = linux_gpio_find_chip(self->root, self->gpio_chip, &number, err);
	if (!rc)
		rc = open_chip(self->root, number, &info, &fd, err);
	if (rc)
		return rc;
	chip = calloc(1, sizeof(*chip));
	if (!chip) {
		close(fd);
		return error_set(err, ERROR_NO_MEMORY,
				 "%s: out of memory; this machine needs more free memory",
				 info.name);
	}
	chip->base = (struct gpio_chip){.ops = &ops, .line_count = info.line_count};
	chip->fd = fd;
	snprintf(chip->name, sizeof(chip->name), "%.23s", info.name);
	*ret_chip = &chip->base;
	return 0;
}
