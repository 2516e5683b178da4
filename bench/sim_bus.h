/* The simulated i2c bus as a library: for Python's ctypes, and for the C program to compare with.
 */
#ifndef SIM_BUS_H
#define SIM_BUS_H

struct i2c_msg;

/* Make the process's one bus. 0 or an error code. */
int sim_bus_open(void);

/* As the ioctl I2C_RDWR of 7-bit addresses, of at most two messages. 0 or an error code. */
int sim_bus_transfer(const struct i2c_msg *kernel_messages, unsigned count);

#endif
