#include "simulation/chip/bme680.h"

#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "simulation/chip/converter.h"

/* Registers (data sheet, 5.2). */
#define FIELD 0x1d
#define FIELD_SIZE 17
#define IDAC_FIRST 0x50
#define RES_HEAT_0 0x5a
#define GAS_WAIT_0 0x64
#define GAS_WAIT_LAST 0x6e /* with the shared duration of the BME688 */
#define CTRL_GAS_0 0x70
#define CTRL_GAS_1 0x71
#define CTRL_HUM 0x72
#define CTRL_MEAS 0x74
#define CONFIG 0x75
#define UNIQUE_ID 0x83
#define CHIP_ID 0xd0
#define RESET 0xe0
#define VARIANT 0xf0

#define CHIP_ID_VALUE 0x61
#define CHIP_ID_OTHER 0x58 /* a BMP280 */
#define RESET_VALUE 0xb6
#define HEAT_OFF 0x08
#define RUN_GAS_LOW 0x10
#define RUN_GAS_HIGH 0x20
#define SET_POINT 0x0f
#define SET_POINTS 10
#define MODE 0x03
#define MODE_FORCED 0x01
#define FILTER 0x1c

#define NEW_DATA 0x80
#define GAS_MEASURING 0x40
#define MEASURING 0x20
#define GAS_VALID 0x20
#define HEATER_STABLE 0x10

/* Times of the data sheet; its driver adds 1 ms for the wake-up. */
#define US 1000u
#define STARTUP_NS (2000 * US)
#define CYCLE_NS (1963 * US)
#define SWITCH_NS (477 * US * 4)
#define GAS_NS (477 * US * 5)
#define NS_PER_MS 1000000u
/* The plate takes 20 to 30 ms to heat up, and can reach 200 to 400 °C. */
#define HEATING_MIN_MS 20
#define PLATE_MIN 200
#define PLATE_MAX 405 /* above 400, since a heater code is coarser than a degree */
#define COLD_PLATE 4  /* by how much a cold plate's resistance is higher */

/* What the registers hold if a quantity is not measured. */
#define SKIPPED_20_BITS 0x80000
#define SKIPPED_16_BITS 0x8000
#define WORD_BITS 20

static void power_on(struct bme680_model *bme680)
{
	static const uint8_t unique_id[4] = {0x5a, 0x17, 0xe0, 0x42};
	uint8_t *registers = bme680->registers;

	memset(registers, 0, sizeof(bme680->registers));
	bme680_coefficients_store(&bme680->coefficients, registers);
	memcpy(&registers[UNIQUE_ID], unique_id, sizeof(unique_id));
	registers[CHIP_ID] = CHIP_ID_VALUE;
	registers[VARIANT] = bme680->variant_high;
	bme680->pointer = 0;
	bme680->measuring = false;
}

/* The number of samples for an oversampling code; codes above 5 mean 16 too. */
static unsigned samples(unsigned code)
{
	return code == 0 ? 0 : 1u << ((code < 5 ? code : 5) - 1);
}

static unsigned temperature_code(const struct bme680_model *bme680)
{
	return bme680->registers[CTRL_MEAS] >> 5;
}

static unsigned pressure_code(const struct bme680_model *bme680)
{
	return bme680->registers[CTRL_MEAS] >> 2 & 7;
}

static unsigned humidity_code(const struct bme680_model *bme680)
{
	return bme680->registers[CTRL_HUM] & 7;
}

/* The resolution: 16 bits for one sample, one more for each doubling; with the filter, all 20. */
static uint32_t resolve(const struct bme680_model *bme680, uint32_t word, unsigned code)
{
	if (bme680->registers[CONFIG] & FILTER)
		return word;
	return converter_round(word, WORD_BITS, code < 5 ? 5 - code : 0);
}

static void store_20_bits(uint8_t *bytes, uint32_t word)
{
	bytes[0] = (uint8_t)(word >> 12);
	bytes[1] = (uint8_t)(word >> 4);
	bytes[2] = (uint8_t)(word << 4);
}

static void convert_climate(struct bme680_model *bme680, const struct climate *climate)
{
	const struct bme680_coefficients *calibration = &bme680->coefficients;
	uint32_t temperature = bme680_temperature_word(calibration, climate->temperature);
	uint32_t pressure = SKIPPED_20_BITS;
	uint32_t humidity = SKIPPED_16_BITS;

	/* A driver compensates with the rounded word, so use that one too. */
	if (temperature_code(bme680))
		temperature = resolve(bme680, temperature, temperature_code(bme680));
	if (pressure_code(bme680))
		pressure = resolve(
			bme680, bme680_pressure_word(calibration, temperature, climate->pressure),
			pressure_code(bme680));
	if (humidity_code(bme680))
		humidity = bme680_humidity_word(calibration, temperature, climate->humidity);
	if (!temperature_code(bme680))
		temperature = SKIPPED_20_BITS;
	store_20_bits(&bme680->result[0x1f - FIELD], pressure);
	store_20_bits(&bme680->result[0x22 - FIELD], temperature);
	bme680->result[0x25 - FIELD] = (uint8_t)(humidity >> 8);
	bme680->result[0x26 - FIELD] = (uint8_t)humidity;
}

static unsigned set_point(const struct bme680_model *bme680)
{
	unsigned point = bme680->registers[CTRL_GAS_1] & SET_POINT;

	return point < SET_POINTS ? point : 0;
}

static bool runs_gas(const struct bme680_model *bme680)
{
	return bme680->registers[CTRL_GAS_1] & (bme680->variant_high ? RUN_GAS_HIGH : RUN_GAS_LOW);
}

/* The duration: 6 bits, times 4 to the power of the 2 high bits. */
static unsigned heating_ms(const struct bme680_model *bme680)
{
	uint8_t wait = bme680->registers[GAS_WAIT_0 + set_point(bme680)];

	return (wait & 0x3fu) << 2 * (wait >> 6);
}

static bool heater_is_stable(const struct bme680_model *bme680, double ambient)
{
	uint8_t code = bme680->registers[RES_HEAT_0 + set_point(bme680)];
	double plate = bme680_heater_celsius(&bme680->coefficients, code, ambient);

	return !(bme680->registers[CTRL_GAS_0] & HEAT_OFF) &&
	       heating_ms(bme680) >= HEATING_MIN_MS && plate >= PLATE_MIN && plate <= PLATE_MAX;
}

static void convert_gas(struct bme680_model *bme680, const struct climate *climate)
{
	uint8_t *bytes = &bme680->result[(bme680->variant_high ? 0x2c : 0x2a) - FIELD];
	bool stable = heater_is_stable(bme680, climate->temperature);
	struct bme680_gas_word word =
		bme680_gas_word(&bme680->coefficients, bme680->variant_high,
				climate->gas_resistance * (stable ? 1 : COLD_PLATE));

	bytes[0] = (uint8_t)(word.adc >> 2);
	bytes[1] = (uint8_t)(word.adc << 6 | GAS_VALID | (stable ? HEATER_STABLE : 0) | word.range);
}

static void trigger(struct bme680_model *bme680, uint64_t now_ns)
{
	struct climate climate = climate_at(&bme680->source, clock_unix_ms(bme680->chip.clock));
	unsigned cycles = samples(temperature_code(bme680)) + samples(pressure_code(bme680)) +
			  samples(humidity_code(bme680));

	memset(bme680->result, 0, sizeof(bme680->result));
	bme680->result[0] = (uint8_t)(NEW_DATA | set_point(bme680));
	bme680->result[1] = (uint8_t)(bme680->registers[FIELD + 1] + 1);
	convert_climate(bme680, &climate);
	bme680->gas_ns = now_ns + cycles * (uint64_t)CYCLE_NS + SWITCH_NS;
	bme680->done_ns = bme680->gas_ns;
	if (runs_gas(bme680)) {
		convert_gas(bme680, &climate);
		bme680->done_ns += GAS_NS + heating_ms(bme680) * (uint64_t)NS_PER_MS;
	}
	bme680->measuring = true;
}

/* Update the registers to now_ns. */
static void catch_up(struct bme680_model *bme680, uint64_t now_ns)
{
	uint8_t *status = &bme680->registers[FIELD];

	if (!bme680->measuring)
		return;
	if (now_ns < bme680->done_ns) {
		*status = (uint8_t)(MEASURING | (now_ns >= bme680->gas_ns ? GAS_MEASURING : 0) |
				    set_point(bme680));
		return;
	}
	memcpy(status, bme680->result, sizeof(bme680->result));
	bme680->registers[CTRL_MEAS] &= (uint8_t)~MODE;
	bme680->measuring = false;
}

static void write_ctrl_meas(struct bme680_model *bme680, uint8_t value, uint64_t now_ns)
{
	/* A running measurement ends first, and the mode stays until then. */
	if (bme680->measuring) {
		bme680->registers[CTRL_MEAS] = (uint8_t)((value & ~MODE) | MODE_FORCED);
		return;
	}
	bme680->registers[CTRL_MEAS] = (uint8_t)(value & ~MODE);
	if ((value & MODE) != MODE_FORCED)
		return;
	bme680->registers[CTRL_MEAS] |= MODE_FORCED;
	trigger(bme680, now_ns);
	catch_up(bme680, now_ns);
}

static void write_register(struct bme680_model *bme680, uint8_t address, uint8_t value,
			   uint64_t now_ns)
{
	if (address == RESET) {
		if (value != RESET_VALUE)
			return;
		power_on(bme680);
		bme680->ready_ns = now_ns + STARTUP_NS;
	} else if (address == CTRL_MEAS) {
		write_ctrl_meas(bme680, value, now_ns);
	} else if ((address >= IDAC_FIRST && address <= GAS_WAIT_LAST) ||
		   (address >= CTRL_GAS_0 && address <= CTRL_HUM) || address == CONFIG) {
		bme680->registers[address] = value;
	}
}

static int start(struct sim_i2c_device *device, bool read)
{
	struct bme680_model *bme680 = (struct bme680_model *)device;
	uint64_t now = clock_monotonic_ns(bme680->chip.clock);
	bool lost;
	int rc;

	(void)read;
	pthread_mutex_lock(&bme680->chip.lock);
	rc = chip_start(&bme680->chip, &lost);
	if (lost)
		power_on(bme680);
	if (!rc && now < bme680->ready_ns)
		rc = ERROR_NO_ACKNOWLEDGE;
	if (!rc)
		catch_up(bme680, now);
	pthread_mutex_unlock(&bme680->chip.lock);
	return rc;
}

/* A register number, or pairs of number and value; only reads increment the number. */
static int write_message(struct sim_i2c_device *device, const uint8_t *data, size_t size)
{
	struct bme680_model *bme680 = (struct bme680_model *)device;
	uint64_t now = clock_monotonic_ns(bme680->chip.clock);

	pthread_mutex_lock(&bme680->chip.lock);
	for (size_t i = 0; i < size; i += 2) {
		bme680->pointer = data[i];
		if (i + 1 < size)
			write_register(bme680, data[i], data[i + 1], now);
	}
	pthread_mutex_unlock(&bme680->chip.lock);
	return 0;
}

static bool is_calibration(uint8_t address)
{
	return (address >= 0x8a && address <= 0xa0) || (address >= 0xe1 && address <= 0xee) ||
	       address <= 0x04;
}

static uint8_t read_register(const struct bme680_model *bme680, uint8_t address)
{
	uint8_t value = bme680->registers[address];

	if (address == CHIP_ID && chip_has_fault(&bme680->chip, FAULT_WRONG_ID))
		return CHIP_ID_OTHER;
	if (is_calibration(address) && chip_has_fault(&bme680->chip, FAULT_RANDOM_CALIBRATION))
		return chip_random_byte(address);
	return value;
}

static int read_message(struct sim_i2c_device *device, uint8_t *ret_data, size_t size)
{
	struct bme680_model *bme680 = (struct bme680_model *)device;

	pthread_mutex_lock(&bme680->chip.lock);
	for (size_t i = 0; i < size; i++)
		ret_data[i] = read_register(bme680, bme680->pointer++);
	chip_spoil(&bme680->chip, ret_data, size);
	pthread_mutex_unlock(&bme680->chip.lock);
	return 0;
}

void bme680_model_init(struct bme680_model *bme680, const struct bme680_coefficients *calibration,
		       bool variant_high, struct clock *clock, const struct climate_source *source)
{
	static const struct sim_i2c_device_ops ops = {
		.start = start,
		.write = write_message,
		.read = read_message,
		.holds_bus = chip_holds_bus,
	};

	memset(bme680, 0, sizeof(*bme680));
	chip_init(&bme680->chip, &ops, clock);
	bme680->coefficients = calibration ? *calibration : bme680_coefficients_default;
	bme680->variant_high = variant_high;
	bme680->source = *source;
	power_on(bme680);
}

void bme680_model_finish(struct bme680_model *bme680)
{
	chip_finish(&bme680->chip);
}
