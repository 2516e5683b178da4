#include "simulation/chip/pca9685.h"

#include <stddef.h>
#include <string.h>

#include "base/error.h"

/* Registers (data sheet, 7.3). */
#define MODE1 0x00
#define MODE2 0x01
#define SUBADDRESS_1 0x02
#define ALL_CALL_ADDRESS 0x05
#define LED0 0x06
#define LAST 0x45 /* auto-increment continues at 0x00 */
#define ALL_LED 0xfa
#define ALL_LED_LAST 0xfd
#define PRESCALE 0xfe

#define RESTART 0x80
#define AUTO_INCREMENT 0x20
#define SLEEP 0x10
#define ALL_CALL 0x01
#define FULL 0x10 /* in the high byte of an on or off time */
#define INVERT 0x10

#define STEPS 4096
#define OSCILLATOR_HZ 25e6
#define PRESCALE_MIN 3

static void power_on(struct pca9685_model *pca9685)
{
	static const uint8_t defaults[] = {
		[MODE1] = SLEEP | ALL_CALL, [MODE2] = 0x04, [SUBADDRESS_1] = 0xe2, 0xe4, 0xe8,
		[ALL_CALL_ADDRESS] = 0xe0};
	uint8_t *registers = pca9685->registers;

	memset(registers, 0, sizeof(pca9685->registers));
	memcpy(registers, defaults, sizeof(defaults));
	for (unsigned channel = 0; channel < PCA9685_CHANNELS; channel++)
		registers[LED0 + 4 * channel + 3] = FULL;
	registers[PRESCALE] = 0x1e;
	pca9685->pointer = 0;
	pca9685->restartable = false;
}

static bool is_asleep(const struct pca9685_model *pca9685)
{
	return pca9685->registers[MODE1] & SLEEP;
}

static bool is_full(const uint8_t *led)
{
	return (led[1] | led[3]) & FULL;
}

/* Does any output run, so that sleep would interrupt it? */
static bool runs(const struct pca9685_model *pca9685)
{
	for (unsigned channel = 0; channel < PCA9685_CHANNELS; channel++)
		if (!is_full(&pca9685->registers[LED0 + 4 * channel]))
			return true;
	return false;
}

/* The restart bit is set if sleep has stopped outputs; writing a 1 to it starts them again. */
static void write_mode1(struct pca9685_model *pca9685, uint8_t value)
{
	bool was_asleep = is_asleep(pca9685);

	if (!was_asleep && value & SLEEP && runs(pca9685))
		pca9685->restartable = true;
	if (value & RESTART && !(value & SLEEP))
		pca9685->restartable = false;
	pca9685->registers[MODE1] =
		(uint8_t)((value & ~RESTART) | (pca9685->restartable ? RESTART : 0));
}

static void write_all_leds(struct pca9685_model *pca9685, unsigned part, uint8_t value)
{
	for (unsigned channel = 0; channel < PCA9685_CHANNELS; channel++)
		pca9685->registers[LED0 + 4 * channel + part] = value;
}

static void write_register(struct pca9685_model *pca9685, uint8_t address, uint8_t value)
{
	if (address == MODE1)
		write_mode1(pca9685, value);
	else if (address >= ALL_LED && address <= ALL_LED_LAST)
		write_all_leds(pca9685, address - ALL_LED, value);
	else if (address == PRESCALE && is_asleep(pca9685))
		pca9685->registers[PRESCALE] = value > PRESCALE_MIN ? value : PRESCALE_MIN;
	else if (address <= LAST)
		pca9685->registers[address] = value;
	/* Writing any PWM register starts the outputs too. */
	if (address >= LED0 && address <= ALL_LED_LAST && !is_asleep(pca9685)) {
		pca9685->restartable = false;
		pca9685->registers[MODE1] &= (uint8_t)~RESTART;
	}
}

static void step(struct pca9685_model *pca9685)
{
	if (!(pca9685->registers[MODE1] & AUTO_INCREMENT))
		return;
	pca9685->pointer = pca9685->pointer == LAST ? 0 : (uint8_t)(pca9685->pointer + 1);
}

static void take(struct pca9685_model *pca9685, const uint8_t *data, size_t size)
{
	pthread_mutex_lock(&pca9685->chip.lock);
	if (size > 0)
		pca9685->pointer = data[0];
	for (size_t i = 1; i < size; i++) {
		write_register(pca9685, pca9685->pointer, data[i]);
		step(pca9685);
	}
	pthread_mutex_unlock(&pca9685->chip.lock);
}

/* With the lock held. */
static int check_power(struct pca9685_model *pca9685)
{
	bool lost;
	int rc = chip_start(&pca9685->chip, &lost);

	if (lost)
		power_on(pca9685);
	return rc;
}

static int start(struct sim_i2c_device *device, bool read)
{
	struct pca9685_model *pca9685 = (struct pca9685_model *)device;
	int rc;

	(void)read;
	pthread_mutex_lock(&pca9685->chip.lock);
	rc = check_power(pca9685);
	pthread_mutex_unlock(&pca9685->chip.lock);
	return rc;
}

static int write_message(struct sim_i2c_device *device, const uint8_t *data, size_t size)
{
	take((struct pca9685_model *)device, data, size);
	return 0;
}

static int read_message(struct sim_i2c_device *device, uint8_t *ret_data, size_t size)
{
	struct pca9685_model *pca9685 = (struct pca9685_model *)device;

	pthread_mutex_lock(&pca9685->chip.lock);
	for (size_t i = 0; i < size; i++) {
		ret_data[i] = pca9685->registers[pca9685->pointer];
		step(pca9685);
	}
	chip_spoil(&pca9685->chip, ret_data, size);
	pthread_mutex_unlock(&pca9685->chip.lock);
	return 0;
}

static struct pca9685_model *of_all_call(struct sim_i2c_device *device)
{
	return (struct pca9685_model *)((char *)device - offsetof(struct pca9685_model, all_call));
}

/* The all-call address may be switched off, and cannot be read. */
static int start_all_call(struct sim_i2c_device *device, bool read)
{
	struct pca9685_model *pca9685 = of_all_call(device);
	int rc = start(&pca9685->chip.device, read);
	bool listens;

	pthread_mutex_lock(&pca9685->chip.lock);
	listens = pca9685->registers[MODE1] & ALL_CALL &&
		  pca9685->registers[ALL_CALL_ADDRESS] == 0xe0;
	pthread_mutex_unlock(&pca9685->chip.lock);
	return rc || (listens && !read) ? rc : ERROR_NO_ACKNOWLEDGE;
}

static int write_all_call(struct sim_i2c_device *device, const uint8_t *data, size_t size)
{
	take(of_all_call(device), data, size);
	return 0;
}

static int refuse_read(struct sim_i2c_device *device, uint8_t *ret_data, size_t size)
{
	(void)device;
	(void)ret_data;
	(void)size;
	return ERROR_NO_ACKNOWLEDGE;
}

static unsigned twelve_bits(const uint8_t *low)
{
	return low[0] | (low[1] & 0xfu) << 8;
}

/* Full off has priority over full on (7.3.3). */
static double duty_of(const uint8_t *led)
{
	if (led[3] & FULL)
		return 0;
	if (led[1] & FULL)
		return 1;
	return (twelve_bits(led + 2) - twelve_bits(led)) % STEPS / (double)STEPS;
}

void pca9685_model_look(struct pca9685_model *pca9685, struct pca9685_outputs *ret_outputs)
{
	const uint8_t *registers = pca9685->registers;

	pthread_mutex_lock(&pca9685->chip.lock);
	(void)check_power(pca9685);
	ret_outputs->awake = !is_asleep(pca9685);
	ret_outputs->frequency_hz = OSCILLATOR_HZ / (STEPS * (registers[PRESCALE] + 1.0));
	for (unsigned channel = 0; channel < PCA9685_CHANNELS; channel++) {
		double duty = ret_outputs->awake && !pca9685->restartable
				      ? duty_of(&registers[LED0 + 4 * channel])
				      : 0;

		ret_outputs->duty[channel] = registers[MODE2] & INVERT ? 1 - duty : duty;
	}
	pthread_mutex_unlock(&pca9685->chip.lock);
}

void pca9685_model_init(struct pca9685_model *pca9685, struct clock *clock)
{
	static const struct sim_i2c_device_ops ops = {
		.start = start,
		.write = write_message,
		.read = read_message,
		.holds_bus = chip_holds_bus,
	};
	static const struct sim_i2c_device_ops all_call_ops = {
		.start = start_all_call,
		.write = write_all_call,
		.read = refuse_read,
	};

	memset(pca9685, 0, sizeof(*pca9685));
	chip_init(&pca9685->chip, &ops, clock);
	pca9685->all_call.ops = &all_call_ops;
	power_on(pca9685);
}

void pca9685_model_finish(struct pca9685_model *pca9685)
{
	chip_finish(&pca9685->chip);
}
