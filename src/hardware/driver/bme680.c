#include "hardware/driver/bme680.h"

#include <math.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/error.h"
#include "hardware/bus/i2c.h"
#include "hardware/driver/bme680_math.h"

#define NS_PER_US 1000u
#define NS_PER_MS 1000000u

#define HEATER_C 320.0
#define HEATER_MS 150
#define FIRST_AMBIENT_C 25.0

#define RESET_MS 10
#define POLLS_MAX 5
#define POLL_MS 10

/* Oversampling codes: 8, 4 and 2 samples. */
#define OVERSAMPLING_TEMPERATURE 4
#define OVERSAMPLING_PRESSURE 3
#define OVERSAMPLING_HUMIDITY 2

enum bme680_register {
	REGISTER_BLOCK3 = 0x00,
	REGISTER_FIELD0 = 0x1D,
	REGISTER_HEATER0 = 0x5A,
	REGISTER_GAS_WAIT0 = 0x64,
	REGISTER_CTRL_GAS_0 = 0x70,
	REGISTER_CTRL_GAS_1 = 0x71,
	REGISTER_CTRL_HUM = 0x72,
	REGISTER_CTRL_MEAS = 0x74,
	REGISTER_CONFIG = 0x75,
	REGISTER_BLOCK1 = 0x8A,
	REGISTER_CHIP_ID = 0xD0,
	REGISTER_RESET = 0xE0,
	REGISTER_BLOCK2 = 0xE1,
	REGISTER_VARIANT = 0xF0,
};

#define CHIP_ID 0x61
#define COMMAND_RESET 0xB6
#define MODE_FORCED 0x01
#define VARIANT_GAS_HIGH 0x01
#define RUN_GAS_LOW 0x10
#define RUN_GAS_HIGH 0x20
#define FIELD_SIZE 17
#define FIELD_NEW_DATA 0x80
#define GAS_VALID 0x20
#define GAS_HEATER_STABLE 0x10

/* The result registers hold these after a reset, and for a quantity that was not measured. */
#define ADC_NONE_20 0x80000u
#define ADC_NONE_16 0x8000u

struct bme680 {
	struct i2c_bus *bus; /* borrowed */
	struct clock *clock; /* borrowed */
	uint16_t address;
	bool ready; /* the chip is set up, and the fields below describe it */
	bool gas_high;
	struct bme680_calibration calibration;
	double ambient_c; /* the last good temperature; the heater code depends on it */
};

int bme680_create(struct i2c_bus *bus, uint16_t address, struct clock *clock,
		  struct bme680 **ret_sensor, struct error *err)
{
	struct bme680 *sensor = malloc(sizeof(*sensor));

	if (!sensor)
		return error_set(err, ERROR_NO_MEMORY,
				 "out of memory while opening the sensor BME680; this machine "
				 "needs more free memory");
	*sensor = (struct bme680){
		.bus = bus, .clock = clock, .address = address, .ambient_c = FIRST_AMBIENT_C};
	*ret_sensor = sensor;
	return 0;
}

void bme680_destroy(struct bme680 *sensor)
{
	free(sensor);
}

static int read_registers(struct bme680 *sensor, uint8_t first, uint8_t *ret_data, size_t size,
			  struct error *err)
{
	return i2c_bus_write_read(sensor->bus, sensor->address, &first, 1, ret_data, size, err);
}

static int read_calibration(struct bme680 *sensor, struct error *err)
{
	uint8_t block1[BME680_BLOCK1_SIZE], block2[BME680_BLOCK2_SIZE], block3[BME680_BLOCK3_SIZE];
	int ret = read_registers(sensor, REGISTER_BLOCK1, block1, sizeof(block1), err);

	if (!ret)
		ret = read_registers(sensor, REGISTER_BLOCK2, block2, sizeof(block2), err);
	if (!ret)
		ret = read_registers(sensor, REGISTER_BLOCK3, block3, sizeof(block3), err);
	if (ret)
		return ret;
	return bme680_calibration_parse(block1, block2, block3, &sensor->calibration, err);
}

static int set_up(struct bme680 *sensor, struct error *err)
{
	static const uint8_t reset[] = {REGISTER_RESET, COMMAND_RESET};
	uint8_t id, variant;
	int ret = read_registers(sensor, REGISTER_CHIP_ID, &id, 1, err);

	if (ret)
		return ret;
	if (id != CHIP_ID)
		return error_set(err, ERROR_NO_SENSOR,
				 "chip id 0x%02X, expected 0x%02X: another chip has this address, "
				 "so use the address of the BME680",
				 id, CHIP_ID);
	ret = i2c_bus_write_read(sensor->bus, sensor->address, reset, sizeof(reset), NULL, 0, err);
	if (ret)
		return ret;
	clock_sleep_ns(sensor->clock, RESET_MS * NS_PER_MS);
	ret = read_registers(sensor, REGISTER_VARIANT, &variant, 1, err);
	if (!ret)
		ret = read_calibration(sensor, err);
	if (ret)
		return ret;
	sensor->gas_high = variant == VARIANT_GAS_HIGH;
	sensor->ambient_c = FIRST_AMBIENT_C;
	return 0;
}

/* Write pairs of register and value in one message; the last pair starts the measurement. */
static int start_measurement(struct bme680 *sensor, struct error *err)
{
	uint8_t heater;
	int ret =
		bme680_heater_code(&sensor->calibration, HEATER_C, sensor->ambient_c, &heater, err);

	if (ret)
		return ret;

	const uint8_t pairs[] = {
		REGISTER_CTRL_HUM,
		OVERSAMPLING_HUMIDITY,
		REGISTER_CONFIG,
		0, /* no filter: each reading is independent */
		REGISTER_HEATER0,
		heater,
		REGISTER_GAS_WAIT0,
		bme680_gas_wait(HEATER_MS),
		REGISTER_CTRL_GAS_0,
		0, /* heater on */
		REGISTER_CTRL_GAS_1,
		sensor->gas_high ? RUN_GAS_HIGH : RUN_GAS_LOW,
		REGISTER_CTRL_MEAS,
		OVERSAMPLING_TEMPERATURE << 5 | OVERSAMPLING_PRESSURE << 2 | MODE_FORCED,
	};

	return i2c_bus_write_read(sensor->bus, sensor->address, pairs, sizeof(pairs), NULL, 0, err);
}

static int wait_for_field(struct bme680 *sensor, uint8_t ret_field[FIELD_SIZE], struct error *err)
{
	uint64_t duration_us = bme680_duration_us(OVERSAMPLING_TEMPERATURE, OVERSAMPLING_PRESSURE,
						  OVERSAMPLING_HUMIDITY);
	int ret;

	clock_sleep_ns(sensor->clock, duration_us * NS_PER_US + HEATER_MS * NS_PER_MS);
	for (int i = 0; i < POLLS_MAX; i++) {
		ret = read_registers(sensor, REGISTER_FIELD0, ret_field, FIELD_SIZE, err);
		if (ret)
			return ret;
		if (ret_field[0] & FIELD_NEW_DATA)
			return 0;
		clock_sleep_ns(sensor->clock, POLL_MS * NS_PER_MS);
	}
	return error_set(err, ERROR_TIMEOUT,
			 "the measurement did not end within %d checks of its status: check its "
			 "power and its wires",
			 POLLS_MAX);
}

static uint32_t adc20(const uint8_t *high)
{
	return (uint32_t)high[0] << 12 | (uint32_t)high[1] << 4 | high[2] >> 4;
}

static int convert_gas(const struct bme680 *sensor, const uint8_t *high,
		       struct bme680_reading *reading, struct error *err)
{
	uint16_t adc = (uint16_t)(high[0] << 2 | high[1] >> 6);
	uint8_t range = high[1] & 0x0F;
	double ohm;
	int ret;

	reading->gas_valid = (high[1] & GAS_VALID) && (high[1] & GAS_HEATER_STABLE);
	reading->gas_kohm = NAN;
	if (!reading->gas_valid)
		return 0;
	ret = sensor->gas_high ? bme680_gas_high(adc, range, &ohm, err)
			       : bme680_gas_low(&sensor->calibration, adc, range, &ohm, err);
	if (!ret)
		reading->gas_kohm = ohm / 1000.0;
	return ret;
}

static int convert(const struct bme680 *sensor, const uint8_t field[FIELD_SIZE],
		   struct bme680_reading *ret_reading, struct error *err)
{
	/* The offset in the field is the register minus REGISTER_FIELD0. */
	uint32_t adc_pressure = adc20(field + 2), adc_temperature = adc20(field + 5);
	uint16_t adc_humidity = (uint16_t)(field[8] << 8 | field[9]);
	struct bme680_reading reading;
	double t_fine, pressure_pa;
	int ret;

	if (adc_pressure == ADC_NONE_20 || adc_temperature == ADC_NONE_20 ||
	    adc_humidity == ADC_NONE_16)
		return error_set(err, ERROR_IMPLAUSIBLE,
				 "a result register still has its reset value, so the chip did not "
				 "measure: check its power");
	ret = bme680_temperature(&sensor->calibration, adc_temperature, &reading.temperature_c,
				 &t_fine, err);
	if (!ret)
		ret = bme680_pressure(&sensor->calibration, adc_pressure, t_fine, &pressure_pa,
				      err);
	if (!ret)
		ret = bme680_humidity(&sensor->calibration, adc_humidity, t_fine,
				      &reading.humidity_percent, err);
	if (!ret)
		ret = convert_gas(sensor, field + (sensor->gas_high ? 15 : 13), &reading, err);
	if (ret)
		return ret;
	reading.pressure_hpa = pressure_pa / 100.0;
	*ret_reading = reading;
	return 0;
}

static int measure(struct bme680 *sensor, struct bme680_reading *ret_reading, struct error *err)
{
	uint8_t field[FIELD_SIZE];
	int ret = sensor->ready ? 0 : set_up(sensor, err);

	if (!ret)
		ret = start_measurement(sensor, err);
	if (!ret)
		ret = wait_for_field(sensor, field, err);
	if (!ret)
		ret = convert(sensor, field, ret_reading, err);
	return ret;
}

int bme680_read(struct bme680 *sensor, struct bme680_reading *ret_reading, struct error *err)
{
	int ret = measure(sensor, ret_reading, err);

	sensor->ready = !ret;
	if (ret)
		return error_wrap(err, ret, "BME680 at 0x%02X on i2c-%u", sensor->address,
				  sensor->bus->number);
	sensor->ambient_c = ret_reading->temperature_c;
	return 0;
}
