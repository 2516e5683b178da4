/* The text of a permission.toml. */
#include "config/permission.h"

#include "base/buffer.h"
#include "fuzz.h"
#include "problems.h"

static void check_addresses(const struct permission *permission)
{
	CHECK(permission->i2c_count <= PERMISSION_I2C_MAX);
	CHECK(permission->share_i2c_count <= PERMISSION_I2C_MAX);
	CHECK(permission->i2c_bus_count <= PERMISSION_BUSES_MAX);
	CHECK(permission->gpio_count <= PERMISSION_GPIO_MAX);
	CHECK(permission->share_gpio_count <= PERMISSION_GPIO_MAX);
	for (size_t i = 0; i < permission->i2c_count; i++) {
		CHECK(permission->i2c[i] >= 0x08 && permission->i2c[i] <= 0x77);
		CHECK(permission_has_i2c(permission, permission->i2c[i]));
	}
	for (size_t i = 0; i < permission->gpio_count; i++) {
		CHECK(permission_has_gpio(permission, permission->gpio[i]));
		CHECK(permission_gpio_direction(permission, permission->gpio[i]));
	}
}

static void check_names(const struct permission *permission)
{
	CHECK(permission->spi_count <= PERMISSION_ENTRIES_MAX);
	CHECK(permission->uart_count <= PERMISSION_ENTRIES_MAX);
	CHECK(permission->w1_count <= PERMISSION_ENTRIES_MAX);
	for (size_t i = 0; i < permission->spi_count; i++) {
		CHECK(strnlen(permission->spi[i], PERMISSION_NAME_MAX + 1) <= PERMISSION_NAME_MAX);
		CHECK(permission_has_spi(permission, permission->spi[i]));
	}
	/* Names of files below /dev: no way out of it. */
	for (size_t i = 0; i < permission->uart_count; i++) {
		CHECK(strnlen(permission->uart[i], PERMISSION_NAME_MAX + 1) <= PERMISSION_NAME_MAX);
		CHECK(!strchr(permission->uart[i], '/') && permission->uart[i][0] != '.');
		CHECK(permission_has_uart(permission, permission->uart[i]));
	}
}

static void check_limits(const struct permission *permission)
{
	CHECK(permission->memory_mb >= PERMISSION_MEMORY_MB_MIN);
	CHECK(permission->memory_mb <= PERMISSION_MEMORY_MB_MAX);
	CHECK(permission->state_kb <= PERMISSION_STATE_KB_MAX);
	CHECK(permission->host_calls_per_poll >= 1);
	CHECK(permission->host_calls_per_poll <= PERMISSION_HOST_CALLS_MAX);
	CHECK(permission->deadline_seconds >= 0);
	CHECK(permission->deadline_seconds <= PERMISSION_DEADLINE_SECONDS_MAX);
	CHECK(permission->poll_interval_seconds >= 0);
	CHECK(permission->poll_interval_seconds <= PERMISSION_INTERVAL_SECONDS_MAX);
}

/* An approval is bound to this text: it says all of the permission, in one way. */
static void check_canonical(const struct permission *permission)
{
	struct permission again = {0};
	struct problem_list problems;
	struct buffer first, second;

	buffer_init(&first, PERMISSION_FILE_SIZE_MAX);
	buffer_init(&second, PERMISSION_FILE_SIZE_MAX);
	permission_print(permission, &first);
	CHECK(!first.failed);
	problem_list_init(&problems);
	CHECK(!permission_parse(first.data, first.size, "canonical", &again, &problems));
	problem_list_finish(&problems);
	permission_print(&again, &second);
	CHECK(first.size == second.size && !memcmp(first.data, second.data, first.size));
	for (unsigned address = 0; address < 0x80; address++)
		CHECK(permission_has_i2c(permission, (uint16_t)address) ==
		      permission_has_i2c(&again, (uint16_t)address));
	CHECK(permission->safe_fan == again.safe_fan);
	for (unsigned line = 0; line <= UINT8_MAX; line++) {
		CHECK(permission_gpio_direction(permission, line) ==
		      permission_gpio_direction(&again, line));
		CHECK(permission->safe_gpio[line] == again.safe_gpio[line]);
		CHECK(!permission->safe_gpio[line] ||
		      permission_gpio_direction(permission, line) & PERMISSION_OUT);
	}
	buffer_finish(&first);
	buffer_finish(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct permission permission = {0};
	struct problem_list problems;
	int ret;

	problem_list_init(&problems);
	ret = permission_parse((const char *)data, size, "permission.toml", &permission, &problems);
	problems_check(&problems, ret, "permission.toml");
	if (!ret) {
		check_addresses(&permission);
		check_names(&permission);
		check_limits(&permission);
		check_canonical(&permission);
	}
	problem_list_finish(&problems);
	return 0;
}
