#include "simulation/chip/bme280.h"

#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "simulation/chip/converter.h"

/* Registers (BST-BME280-DS002, 5.3). */
#define CALIBRATION_1 0x88
#define CALIBRATION_1_LAST 0xa1
#define CHIP_ID 0xd0
#define RESET 0xe0
#define CALIBRATION_2 0xe1
#define CALIBRATION_2_LAST 0xe7
#define CTRL_HUM 0xf2
#define STATUS 0xf3
#define CTRL_MEAS 0xf4
#define CONFIG 0xf5
#define DATA 0xf7

#define CHIP_ID_VALUE 0x60
#define CHIP_ID_OTHER 0x58 /* a BMP280 */
#define RESET_VALUE 0xb6
#define MODE 0x03
#define MODE_NORMAL 0x03
#define FILTER 0x1c
#define MEASURING 0x08

/* Typical times (9.1); start-up 2 ms (1.1). */
#define US 1000u
#define STARTUP_NS (2000 * US)
#define WAKE_NS (1000 * US)
#define SAMPLE_NS (2000 * US)
#define SWITCH_NS (500 * US) /* for pressure, and for humidity */
#define NS_PER_MS 1000000u

/* What the registers hold if a quantity is not measured, and after a reset. */
#define SKIPPED_20_BITS 0x80000
#define SKIPPED_16_BITS 0x8000
#define WORD_BITS 20

static void store_20_bits(uint8_t *bytes, uint32_t word)
{
	bytes[0] = (uint8_t)(word >> 12);
	bytes[1] = (uint8_t)(word >> 4);
	bytes[2] = (uint8_t)(word << 4);
}

static void store_data(struct bme280_model *bme280, uint32_t pressure, uint32_t temperature,
		       uint32_t humidity)
{
	uint8_t *data = &bme280->registers[DATA];

	store_20_bits(data, pressure);
	store_20_bits(data + 3, temperature);
	data[6] = (uint8_t)(humidity >> 8);
	data[7] = (uint8_t)humidity;
}

static void power_on(struct bme280_model *bme280)
{
	memset(bme280->registers, 0, sizeof(bme280->registers));
	bme280_coefficients_store(&bme280->coefficients, bme280->registers);
	bme280->registers[CHIP_ID] = CHIP_ID_VALUE;
	store_data(bme280, SKIPPED_20_BITS, SKIPPED_20_BITS, SKIPPED_16_BITS);
	bme280->humidity_control = 0;
	bme280->pointer = 0;
	bme280->measuring = false;
	bme280->next_ns = UINT64_MAX;
}

/* The number of samples for an oversampling code; codes above 5 mean 16 too. */
static unsigned samples(unsigned code)
{
	return code == 0 ? 0 : 1u << ((code < 5 ? code : 5) - 1);
}

static unsigned temperature_code(const struct bme280_model *bme280)
{
	return bme280->registers[CTRL_MEAS] >> 5;
}

static unsigned pressure_code(const struct bme280_model *bme280)
{
	return bme280->registers[CTRL_MEAS] >> 2 & 7;
}

static unsigned humidity_code(const struct bme280_model *bme280)
{
	return bme280->humidity_control & 7;
}

static uint64_t measuring_ns(const struct bme280_model *bme280)
{
	uint64_t time = WAKE_NS + samples(temperature_code(bme280)) * (uint64_t)SAMPLE_NS;

	if (pressure_code(bme280))
		time += samples(pressure_code(bme280)) * (uint64_t)SAMPLE_NS + SWITCH_NS;
	if (humidity_code(bme280))
		time += samples(humidity_code(bme280)) * (uint64_t)SAMPLE_NS + SWITCH_NS;
	return time;
}

static uint64_t standby_ns(const struct bme280_model *bme280)
{
	static const uint32_t us[] = {500, 62500, 125000, 250000, 500000, 1000000, 10000, 20000};

	return us[bme280->registers[CONFIG] >> 5] * (uint64_t)US;
}

/* The resolution: 16 bits for one sample, one more for each doubling; with the filter, all 20. */
static uint32_t resolve(const struct bme280_model *bme280, uint32_t word, unsigned code)
{
	if (bme280->registers[CONFIG] & FILTER)
		return word;
	return converter_round(word, WORD_BITS, code < 5 ? 5 - code : 0);
}

/* Write the measurement that ended `age_ns` ago to the data registers. */
static void convert(struct bme280_model *bme280, uint64_t age_ns)
{
	const struct bme280_coefficients *calibration = &bme280->coefficients;
	uint64_t unix_ms = clock_unix_ms(bme280->chip.clock) - age_ns / NS_PER_MS;
	struct climate climate = climate_at(&bme280->source, unix_ms);
	uint32_t temperature = bme280_temperature_word(calibration, climate.temperature);
	uint32_t pressure = SKIPPED_20_BITS, humidity = SKIPPED_16_BITS;

	/* A driver compensates with the rounded word, so use that one too. */
	if (temperature_code(bme280))
		temperature = resolve(bme280, temperature, temperature_code(bme280));
	if (pressure_code(bme280))
		pressure = resolve(bme280,
				   bme280_pressure_word(calibration, temperature, climate.pressure),
				   pressure_code(bme280));
	if (humidity_code(bme280))
		humidity = bme280_humidity_word(calibration, temperature, climate.humidity);
	if (!temperature_code(bme280))
		temperature = SKIPPED_20_BITS;
	store_data(bme280, pressure, temperature, humidity);
}

static void begin(struct bme280_model *bme280, uint64_t at_ns)
{
	bme280->measuring = true;
	bme280->done_ns = at_ns + measuring_ns(bme280);
	bme280->next_ns = UINT64_MAX;
}

static bool is_normal(const struct bme280_model *bme280)
{
	return (bme280->registers[CTRL_MEAS] & MODE) == MODE_NORMAL;
}

/* In normal mode only the last complete cycle matters. */
static void skip_cycles(struct bme280_model *bme280, uint64_t now_ns)
{
	uint64_t cycle = measuring_ns(bme280) + standby_ns(bme280);

	if (is_normal(bme280) && now_ns - bme280->done_ns > 2 * cycle)
		bme280->done_ns += ((now_ns - bme280->done_ns) / cycle - 1) * cycle;
}

/* Update the registers to now_ns. */
static void catch_up(struct bme280_model *bme280, uint64_t now_ns)
{
	if (!bme280->measuring && now_ns >= bme280->next_ns)
		begin(bme280, bme280->next_ns);
	while (bme280->measuring && now_ns >= bme280->done_ns) {
		skip_cycles(bme280, now_ns);
		convert(bme280, now_ns - bme280->done_ns);
		bme280->measuring = false;
		if (!is_normal(bme280)) {
			bme280->registers[CTRL_MEAS] &= (uint8_t)~MODE;
			break;
		}
		bme280->next_ns = bme280->done_ns + standby_ns(bme280);
		if (now_ns >= bme280->next_ns)
			begin(bme280, bme280->next_ns);
	}
	bme280->registers[STATUS] = bme280->measuring ? MEASURING : 0;
}

/* A new mode begins at once; a running measurement is lost. */
static void write_ctrl_meas(struct bme280_model *bme280, uint8_t value, uint64_t now_ns)
{
	bme280->registers[CTRL_MEAS] = value;
	bme280->humidity_control = bme280->registers[CTRL_HUM];
	bme280->measuring = false;
	bme280->next_ns = UINT64_MAX;
	if (value & MODE)
		begin(bme280, now_ns);
	catch_up(bme280, now_ns);
}

static void write_register(struct bme280_model *bme280, uint8_t address, uint8_t value,
			   uint64_t now_ns)
{
	if (address == RESET) {
		if (value != RESET_VALUE)
			return;
		power_on(bme280);
		bme280->ready_ns = now_ns + STARTUP_NS;
	} else if (address == CTRL_MEAS) {
		write_ctrl_meas(bme280, value, now_ns);
	} else if (address == CTRL_HUM || address == CONFIG) {
		bme280->registers[address] = value;
	}
}

static int start(struct sim_i2c_device *device, bool read)
{
	struct bme280_model *bme280 = (struct bme280_model *)device;
	uint64_t now = clock_monotonic_ns(bme280->chip.clock);
	bool lost;
	int rc;

	(void)read;
	pthread_mutex_lock(&bme280->chip.lock);
	rc = chip_start(&bme280->chip, &lost);
	if (lost)
		power_on(bme280);
	if (!rc && now < bme280->ready_ns)
		rc = ERROR_NO_ACKNOWLEDGE;
	if (!rc)
		catch_up(bme280, now);
	pthread_mutex_unlock(&bme280->chip.lock);
	return rc;
}

/* A register number, or pairs of number and value; only reads increment the number. */
static int write_message(struct sim_i2c_device *device, const uint8_t *data, size_t size)
{
	struct bme280_model *bme280 = (struct bme280_model *)device;
	uint64_t now = clock_monotonic_ns(bme280->chip.clock);

	pthread_mutex_lock(&bme280->chip.lock);
	for (size_t i = 0; i < size; i += 2) {
		bme280->pointer = data[i];
		if (i + 1 < size)
			write_register(bme280, data[i], data[i + 1], now);
	}
	pthread_mutex_unlock(&bme280->chip.lock);
	return 0;
}

static bool is_calibration(uint8_t address)
{
	return (address >= CALIBRATION_1 && address <= CALIBRATION_1_LAST) ||
	       (address >= CALIBRATION_2 && address <= CALIBRATION_2_LAST);
}

static uint8_t read_register(const struct bme280_model *bme280, uint8_t address)
{
	if (address == CHIP_ID && chip_has_fault(&bme280->chip, FAULT_WRONG_ID))
		return CHIP_ID_OTHER;
	if (is_calibration(address) && chip_has_fault(&bme280->chip, FAULT_RANDOM_CALIBRATION))
		return chip_random_byte(address);
	return bme280->registers[address];
}

static int read_message(struct sim_i2c_device *device, uint8_t *ret_data, size_t size)
{
	struct bme280_model *bme280 = (struct bme280_model *)device;

	pthread_mutex_lock(&bme280->chip.lock);
	for (size_t i = 0; i < size; i++)
		ret_data[i] = read_register(bme280, bme280->pointer++);
	chip_spoil(&bme280->chip, ret_data, size);
	pthread_mutex_unlock(&bme280->chip.lock);
	return 0;
}

void bme280_model_init(struct bme280_model *bme280, const struct bme280_coefficients *calibration,
		       struct clock *clock, const struct climate_source *source)
{
	static const struct sim_i2c_device_ops ops = {
		.start = start,
		.write = write_message,
		.read = read_message,
		.holds_bus = chip_holds_bus,
	};

	memset(bme280, 0, sizeof(*bme280));
	chip_init(&bme280->chip, &ops, clock);
	bme280->coefficients = calibration ? *calibration : bme280_coefficients_default;
	bme280->source = *source;
	power_on(bme280);
}

void bme280_model_finish(struct bme280_model *bme280)
{
	chip_finish(&bme280->chip);
}
