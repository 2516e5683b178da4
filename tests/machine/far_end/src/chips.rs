//! The simulated chips (chips.h), which the whole program shares.
use std::ffi::{c_char, c_uint, CStr, CString};

use std::ptr::NonNull;

pub const LINES: u16 = 32;

#[repr(C)]
struct Opaque {
    _private: [u8; 0],
}

extern "C" {
    fn chips_create() -> *mut Opaque;
    fn chips_transfer(chips: *mut Opaque, address: u16, read: bool, data: *mut u8, size: usize) -> bool;
    fn chips_line_configure(chips: *mut Opaque, line: c_uint, direction: c_uint, value: bool) -> bool;
    fn chips_line_get(chips: *mut Opaque, line: c_uint) -> bool;
    fn chips_line_take_edge(chips: *mut Opaque, line: c_uint, ret_rising: *mut bool) -> bool;
    fn chips_port_read(chips: *mut Opaque, port: c_uint, data: *mut u8, max: usize) -> usize;
    fn chips_port_write(chips: *mut Opaque, port: c_uint, data: *const u8, size: usize);
    fn chips_command(chips: *mut Opaque, command: *const c_char) -> *mut c_char;
    fn chips_text_free(text: *mut c_char);
}

/// A handle that may be copied: the chips live until the process ends.
#[derive(Clone, Copy)]
pub struct Chips(NonNull<Opaque>);

// SAFETY: every function of chips.h may be called on any thread; the chips have a lock.
unsafe impl Send for Chips {}
unsafe impl Sync for Chips {}

impl Chips {
    /// None: the reason is on the standard error.
    pub fn create() -> Option<Self> {
        // SAFETY: no arguments; NULL is an error.
        NonNull::new(unsafe { chips_create() }).map(Self)
    }

    /// One message. Is it acknowledged?
    pub fn transfer(self, address: u16, read: bool, data: &mut [u8]) -> bool {
        // SAFETY: `data` is valid for its length, also for a write, which does not change it.
        unsafe { chips_transfer(self.0.as_ptr(), address, read, data.as_mut_ptr(), data.len()) }
    }

    pub fn configure(self, line: u16, direction: u32, value: bool) -> bool {
        // SAFETY: plain values; wrong ones are refused.
        unsafe { chips_line_configure(self.0.as_ptr(), line.into(), direction, value) }
    }

    pub fn level(self, line: u16) -> bool {
        // SAFETY: plain values.
        unsafe { chips_line_get(self.0.as_ptr(), line.into()) }
    }

    /// The oldest edge: is it rising?
    pub fn take_edge(self, line: u16) -> Option<bool> {
        let mut rising = false;
        // SAFETY: `rising` outlives the call.
        unsafe { chips_line_take_edge(self.0.as_ptr(), line.into(), &mut rising) }.then_some(rising)
    }

    pub fn port_read(self, port: u32, data: &mut [u8]) -> usize {
        // SAFETY: `data` is valid for its length.
        unsafe { chips_port_read(self.0.as_ptr(), port, data.as_mut_ptr(), data.len()) }
    }

    pub fn port_write(self, port: u32, data: &[u8]) {
        // SAFETY: `data` is valid for its length.
        unsafe { chips_port_write(self.0.as_ptr(), port, data.as_ptr(), data.len()) }
    }

    /// One line of JSON.
    pub fn command(self, command: &str) -> String {
        let Ok(command) = CString::new(command) else {
            return String::from("null");
        };
        // SAFETY: the text is terminated; the answer is ours until it is freed.
        unsafe {
            let text = chips_command(self.0.as_ptr(), command.as_ptr());
            if text.is_null() {
                return String::from("null");
            }
            let answer = CStr::from_ptr(text).to_string_lossy().into_owned();
            chips_text_free(text);
            answer
        }
    }
}
