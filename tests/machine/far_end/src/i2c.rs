//! virtio-i2c (device 34): each request is one message to a chip.
use std::io;
use std::sync::{Arc, Mutex};

use vhost::vhost_user::message::VhostUserProtocolFeatures;
use vhost_user_backend::{VhostUserBackendMut, VringRwLock};
use vmm_sys_util::epoll::EventSet;

use crate::chips::Chips;
use crate::queue::{drain, u16_at, u32_at, Memory, Request, FEATURES};

const ZERO_LENGTH_REQUEST: u64 = 1;
const HEADER: usize = 8;
const FAIL_NEXT: u32 = 1;
const READ: u32 = 2;
const STATUS_OK: u8 = 0;
const STATUS_ERROR: u8 = 1;

/// An adapter that takes requests and answers none, until it is told to.
#[derive(Default)]
pub struct Hang {
    is_on: bool,
    held: Vec<(Request, Memory, VringRwLock)>,
}

impl Hang {
    pub fn begin(&mut self) {
        self.is_on = true;
    }

    /// What was held fails.
    pub fn end(&mut self) -> io::Result<()> {
        self.is_on = false;
        self.held.drain(..).try_for_each(|(request, memory, ring)| {
            let reply = vec![STATUS_ERROR; request.room];
            request.answer(&memory, &ring, &reply)
        })
    }
}

pub struct I2c {
    chips: Chips,
    memory: Option<Memory>,
    /// A message of this group failed: so do the rest.
    group_failed: bool,
    hang: Arc<Mutex<Hang>>,
}

impl I2c {
    pub fn new(chips: Chips, hang: Arc<Mutex<Hang>>) -> Self {
        Self {
            chips,
            memory: None,
            group_failed: false,
            hang,
        }
    }

    fn transfer(&mut self, request: &mut Request) -> Vec<u8> {
        let flags = u32_at(&request.bytes, 4);
        let address = u16_at(&request.bytes, 0) >> 1;
        let is_read = flags & READ != 0;
        let mut reply = vec![0; request.room];
        let Some((status, input)) = reply.split_last_mut() else {
            return reply;
        };
        let data = if is_read {
            input
        } else {
            request.bytes.get_mut(HEADER..).unwrap_or_default()
        };
        let acknowledged = !self.group_failed && self.chips.transfer(address, is_read, data);
        *status = if acknowledged { STATUS_OK } else { STATUS_ERROR };
        self.group_failed = !acknowledged && flags & FAIL_NEXT != 0;
        reply
    }
}

impl VhostUserBackendMut for I2c {
    type Vring = VringRwLock;
    type Bitmap = ();

    fn num_queues(&self) -> usize {
        1
    }

    fn max_queue_size(&self) -> usize {
        1024
    }

    fn features(&self) -> u64 {
        FEATURES | ZERO_LENGTH_REQUEST
    }

    fn protocol_features(&self) -> VhostUserProtocolFeatures {
        VhostUserProtocolFeatures::MQ | VhostUserProtocolFeatures::REPLY_ACK
    }

    fn set_event_idx(&mut self, _enabled: bool) {}

    fn update_memory(&mut self, memory: Memory) -> io::Result<()> {
        self.memory = Some(memory);
        Ok(())
    }

    fn handle_event(&mut self, _event: u16, _set: EventSet, rings: &[VringRwLock], _thread: usize) -> io::Result<()> {
        let Some(memory) = self.memory.clone() else {
            return Ok(());
        };
        drain(&memory, &rings[0], |mut request| {
            let mut hang = self.hang.lock().expect("no thread of ours panics");
            if hang.is_on {
                hang.held.push((request, memory.clone(), rings[0].clone()));
                return Ok(());
            }
            drop(hang);
            let reply = self.transfer(&mut request);
            request.answer(&memory, &rings[0], &reply)
        })
    }
}
