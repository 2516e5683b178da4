/* The text of a permission.toml. */
#include "config/permission.h"

#include "fuzz.h"
#include "problems.h"

static void check_lists(const struct permission *permission)
{
	CHECK(permission->i2c_count <= PERMISSION_ENTRIES_MAX);
	CHECK(permission->gpio_count <= PERMISSION_ENTRIES_MAX);
	CHECK(permission->spi_count <= PERMISSION_ENTRIES_MAX);
	CHECK(permission->uart_count <= PERMISSION_ENTRIES_MAX);
	for (size_t i = 0; i < permission->i2c_count; i++) {
		CHECK(permission->i2c[i] >= 0x08 && permission->i2c[i] <= 0x77);
		CHECK(permission_has_i2c(permission, permission->i2c[i]));
	}
	for (size_t i = 0; i < permission->gpio_count; i++)
		CHECK(permission_has_gpio(permission, permission->gpio[i]));
	for (size_t i = 0; i < permission->spi_count; i++) {
		CHECK(strnlen(permission->spi[i], PERMISSION_NAME_MAX + 1) <= PERMISSION_NAME_MAX);
		CHECK(!strncmp(permission->spi[i], "spi", 3));
		CHECK(permission_has_spi(permission, permission->spi[i]));
	}
	/* Names of files below /dev: no way out of it. */
	for (size_t i = 0; i < permission->uart_count; i++) {
		CHECK(strnlen(permission->uart[i], PERMISSION_NAME_MAX + 1) <= PERMISSION_NAME_MAX);
		CHECK(!strchr(permission->uart[i], '/') && permission->uart[i][0] != '.');
		CHECK(permission_has_uart(permission, permission->uart[i]));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct problem_list problems;
	struct permission permission = {0};
	int ret;

	problem_list_init(&problems);
	ret = permission_parse((const char *)data, size, "permission.toml", &permission, &problems);
	problems_check(&problems, ret, "permission.toml");
	if (!ret)
		check_lists(&permission);
	problem_list_finish(&problems);
	return 0;
}
