//! virtio-gpio (device 41): the guest's requests go to the chips' lines, the lines' edges to the guest.
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

use vhost::vhost_user::message::VhostUserProtocolFeatures;
use vhost_user_backend::{VhostUserBackendMut, VringRwLock};
use vmm_sys_util::epoll::EventSet;

use crate::chips::{Chips, LINES};
use crate::queue::{drain, u16_at, u32_at, Memory, Request, FEATURES};

const F_IRQ: u64 = 1;
const REQUESTS: u16 = 0;
const GET_DIRECTION: u16 = 2;
const SET_DIRECTION: u16 = 3;
const GET_VALUE: u16 = 4;
const SET_VALUE: u16 = 5;
const IRQ_TYPE: u16 = 6;
const OUTPUT: u32 = 1;
const IRQ_NONE: u32 = 0;
const IRQ_RISING: u32 = 1;
const IRQ_FALLING: u32 = 2;
const IRQ_BOTH: u32 = 3;
const EVENT_INVALID: u8 = 0;
const EVENT_VALID: u8 = 1;
/// How often the lines are asked for edges.
const TICK: Duration = Duration::from_micros(500);
/// How long an edge's level is shown to a guest that does not read it.
const SHOWN: Duration = Duration::from_secs(1);

#[derive(Default)]
struct Line {
    direction: u32,
    value: bool,
    irq: u32,
    /// The guest's buffer for the next event.
    buffer: Option<Request>,
    /// The level behind the last event. With interrupts on both edges the guest learns the direction of an edge by
    /// reading the level, so the next edge waits until it has done so.
    shown: Option<(bool, Instant)>,
}

/// What the device's thread and the one that watches for edges share.
struct Shared {
    memory: Option<Memory>,
    events: Option<VringRwLock>,
    lines: Vec<Line>,
}

impl Shared {
    fn finish(&mut self, line: usize, status: u8) -> io::Result<()> {
        match (self.lines[line].buffer.take(), &self.memory, &self.events) {
            (Some(buffer), Some(memory), Some(ring)) => buffer.answer(memory, ring, &[status]),
            _ => Ok(()),
        }
    }

    /// Tell the guest about the next edge of a line, if there is one and the guest is ready.
    fn advance(&mut self, chips: Chips, number: usize) -> io::Result<()> {
        let line = &mut self.lines[number];
        if line.irq == IRQ_NONE || line.buffer.is_none() || line.shown.is_some_and(|(_, since)| since.elapsed() < SHOWN)
        {
            return Ok(());
        }
        line.shown = None;
        while let Some(rising) = chips.take_edge(number as u16) {
            if line.irq == IRQ_BOTH {
                line.shown = Some((rising, Instant::now()));
            }
            if line.irq == IRQ_BOTH || line.irq == if rising { IRQ_RISING } else { IRQ_FALLING } {
                return self.finish(number, EVENT_VALID);
            }
        }
        Ok(())
    }
}

/// Pass on edges for ever, asleep while the guest wants none.
fn watch(chips: Chips, (shared, wanted): &(Mutex<Shared>, Condvar)) {
    loop {
        let shared = shared.lock().expect("no thread of ours panics");
        let mut shared = wanted
            .wait_while(shared, |shared| shared.lines.iter().all(|line| line.irq == IRQ_NONE))
            .expect("no thread of ours panics");
        for line in 0..usize::from(LINES) {
            if let Err(error) = shared.advance(chips, line) {
                eprintln!("far-end: line {line}: {error}");
            }
        }
        drop(shared);
        thread::sleep(TICK);
    }
}

pub struct Gpio {
    chips: Chips,
    shared: Arc<(Mutex<Shared>, Condvar)>,
}

impl Gpio {
    /// Starts the thread that watches for edges.
    pub fn new(chips: Chips) -> Self {
        let lines = (0..LINES).map(|_| Line::default()).collect();
        let shared = Shared {
            memory: None,
            events: None,
            lines,
        };
        let shared = Arc::new((Mutex::new(shared), Condvar::new()));
        let watched = shared.clone();
        thread::spawn(move || watch(chips, &watched));
        Self { chips, shared }
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.0.lock().expect("no thread of ours panics")
    }

    /// The status and the value of an answer; None: refused.
    fn carry_out(&self, kind: u16, number: u16, value: u32) -> Option<u8> {
        let mut shared = self.lock();
        let line = shared.lines.get_mut(usize::from(number))?;
        match kind {
            GET_DIRECTION => Some(line.direction as u8),
            SET_DIRECTION => {
                line.shown = None;
                self.chips
                    .configure(number, value, line.value)
                    .then(|| line.direction = value)?;
                Some(0)
            }
            GET_VALUE => match line.shown.take() {
                Some((level, _)) => Some(level.into()),
                None => Some(self.chips.level(number).into()),
            },
            SET_VALUE => {
                line.value = value != 0;
                (line.direction != OUTPUT || self.chips.configure(number, OUTPUT, line.value)).then_some(0)
            }
            IRQ_TYPE => {
                line.irq = value;
                line.shown = None;
                self.shared.1.notify_one();
                if value == IRQ_NONE {
                    shared.finish(usize::from(number), EVENT_INVALID).ok()?;
                }
                Some(0)
            }
            _ => None,
        }
    }

    fn handle_requests(&self, memory: &Memory, ring: &VringRwLock) -> io::Result<()> {
        drain(memory, ring, |request| {
            let bytes = &request.bytes;
            let result = self.carry_out(u16_at(bytes, 0), u16_at(bytes, 2), u32_at(bytes, 4));
            let reply = result.map_or([1, 0], |value| [0, value]);
            request.answer(memory, ring, &reply)
        })
    }

    fn handle_buffers(&self, memory: &Memory, ring: &VringRwLock) -> io::Result<()> {
        drain(memory, ring, |request| {
            let number = usize::from(u16_at(&request.bytes, 0));
            let mut shared = self.lock();
            shared.events = Some(ring.clone());
            if number >= shared.lines.len() {
                return request.answer(memory, ring, &[EVENT_INVALID]);
            }
            shared.lines[number].buffer = Some(request);
            if shared.lines[number].irq == IRQ_NONE {
                return shared.finish(number, EVENT_INVALID);
            }
            Ok(())
        })
    }
}

impl VhostUserBackendMut for Gpio {
    type Vring = VringRwLock;
    type Bitmap = ();

    fn num_queues(&self) -> usize {
        2
    }

    fn max_queue_size(&self) -> usize {
        1024
    }

    fn features(&self) -> u64 {
        FEATURES | F_IRQ
    }

    fn protocol_features(&self) -> VhostUserProtocolFeatures {
        VhostUserProtocolFeatures::MQ | VhostUserProtocolFeatures::CONFIG | VhostUserProtocolFeatures::REPLY_ACK
    }

    fn set_event_idx(&mut self, _enabled: bool) {}

    /// struct virtio_gpio_config: the number of lines; none has a name.
    fn get_config(&self, offset: u32, size: u32) -> Vec<u8> {
        let mut config = [0; 8];
        config[..2].copy_from_slice(&LINES.to_le_bytes());
        config
            .iter()
            .copied()
            .chain(std::iter::repeat(0))
            .skip(offset as usize)
            .take(size as usize)
            .collect()
    }

    fn update_memory(&mut self, memory: Memory) -> io::Result<()> {
        self.lock().memory = Some(memory);
        Ok(())
    }

    fn handle_event(&mut self, event: u16, _set: EventSet, rings: &[VringRwLock], _thread: usize) -> io::Result<()> {
        let Some(memory) = self.lock().memory.clone() else {
            return Ok(());
        };
        let ring = &rings[usize::from(event)];
        if event == REQUESTS {
            self.handle_requests(&memory, ring)
        } else {
            self.handle_buffers(&memory, ring)
        }
    }
}
