package time

import (
	"syscall"
	"unsafe"
)

// Seconds that Now() adds to the date, in a file that the tests change while the program runs. Elapsed time has no offset, as
// when somebody sets a machine's clock.
var offset = mapOffset()

func mapOffset() *int64 {
	name, isSet := syscall.Getenv("HARVESTER_TEST_CLOCK")
	if !isSet {
		return new(int64)
	}
	fd, err := syscall.Open(name, syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
	if err != nil {
		panic("HARVESTER_TEST_CLOCK: " + name + ": " + err.Error())
	}
	data, err := syscall.Mmap(fd, 0, 8, syscall.PROT_READ, syscall.MAP_SHARED)
	if err != nil {
		panic("HARVESTER_TEST_CLOCK: " + name + ": " + err.Error())
	}
	return (*int64)(unsafe.Pointer(&data[0]))
}
