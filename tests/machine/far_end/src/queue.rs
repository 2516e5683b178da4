//! What both devices do with a virtqueue: take requests off it, and answer them.
use std::io::{self, Read, Write};

use vhost_user_backend::{VringRwLock, VringT};
use virtio_bindings::bindings::virtio_config::VIRTIO_F_VERSION_1;
use virtio_bindings::bindings::virtio_ring::{VIRTIO_RING_F_EVENT_IDX, VIRTIO_RING_F_INDIRECT_DESC};
use virtio_queue::{DescriptorChain, QueueOwnedT};
use vm_memory::{GuestAddressSpace, GuestMemoryAtomic, GuestMemoryLoadGuard, GuestMemoryMmap};

pub type Memory = GuestMemoryAtomic<GuestMemoryMmap>;
pub type Chain = DescriptorChain<GuestMemoryLoadGuard<GuestMemoryMmap>>;

pub const FEATURES: u64 =
    1 << VIRTIO_F_VERSION_1 | 1 << VIRTIO_RING_F_INDIRECT_DESC | 1 << VIRTIO_RING_F_EVENT_IDX | 1 << 30; // VHOST_USER_F_PROTOCOL_FEATURES

/// One request of the guest.
pub struct Request {
    pub bytes: Vec<u8>,
    /// How many bytes the answer may have.
    pub room: usize,
    chain: Chain,
}

impl Request {
    fn new(memory: &Memory, chain: Chain) -> io::Result<Self> {
        let memory = memory.memory();
        let mut reader = chain.clone().reader(&*memory).map_err(io::Error::other)?;
        let mut bytes = vec![0; reader.available_bytes()];
        reader.read_exact(&mut bytes)?;
        let room = chain
            .clone()
            .writer(&*memory)
            .map_err(io::Error::other)?
            .available_bytes();
        Ok(Self { bytes, room, chain })
    }

    /// Write the answer and hand the request back.
    pub fn answer(self, memory: &Memory, ring: &VringRwLock, bytes: &[u8]) -> io::Result<()> {
        let memory = memory.memory();
        let head = self.chain.head_index();
        let mut writer = self.chain.writer(&*memory).map_err(io::Error::other)?;
        writer.write_all(bytes)?;
        ring.add_used(head, bytes.len() as u32).map_err(io::Error::other)?;
        ring.signal_used_queue()
    }
}

/// Call `handle` for every request that waits, until there is none.
pub fn drain(memory: &Memory, ring: &VringRwLock, mut handle: impl FnMut(Request) -> io::Result<()>) -> io::Result<()> {
    loop {
        ring.disable_notification().map_err(io::Error::other)?;
        let chains: Vec<Chain> = ring
            .get_mut()
            .get_queue_mut()
            .iter(memory.memory())
            .map_err(io::Error::other)?
            .collect();
        for chain in chains {
            handle(Request::new(memory, chain)?)?;
        }
        if !ring.enable_notification().map_err(io::Error::other)? {
            return Ok(());
        }
    }
}

/// Little-endian numbers of a request; one that is too short reads as zeros.
pub fn u16_at(bytes: &[u8], at: usize) -> u16 {
    bytes
        .get(at..at + 2)
        .map_or(0, |two| u16::from_le_bytes([two[0], two[1]]))
}

pub fn u32_at(bytes: &[u8], at: usize) -> u32 {
    bytes
        .get(at..at + 4)
        .map_or(0, |four| u32::from_le_bytes([four[0], four[1], four[2], four[3]]))
}
