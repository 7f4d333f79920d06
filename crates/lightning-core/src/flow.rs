//! Flow control between LDK and a connection. A peer that does not read what it asked for must not fill our memory: 40
//! bytes of input can ask for 65 KB of output (a ping of BOLT 1), and a gossip query for the whole graph.
//!
//! LDK stops reading from a peer once more than a few messages wait to be sent to it, but only between calls of
//! `read_event`, and only when a descriptor refuses bytes. So LDK gets input in small parts, and a connection takes
//! bytes up to [`MAX_UNSENT`] until the host says (`SENT`) that they have left.
use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};

/// Bytes that a connection takes from LDK before the host has sent them. The host reports earlier
/// (`peerPolicy.reportSentBytes`).
const MAX_UNSENT: usize = 256 * 1024;
/// Bytes of input that LDK gets at once: some ten of the smallest messages that ask for the largest answer.
const READ_PART: usize = 512;

#[derive(Default)]
struct Flow {
    unsent: usize,
    /// LDK wants no more input for now.
    paused: bool,
    input: VecDeque<u8>,
    /// The host has been told to stop reading.
    stopped: bool,
}

/// The flows of all connections.
#[derive(Default)]
pub struct Flows(RefCell<BTreeMap<u64, Flow>>);

impl Flows {
    /// Takes bytes that LDK wants to send, and returns how many. `continue_read`: whether LDK wants more input.
    pub fn take(&self, connection: u64, wanted: usize, continue_read: bool) -> usize {
        let mut flows = self.0.borrow_mut();
        let flow = flows.entry(connection).or_default();
        flow.paused = !continue_read;
        let taken = wanted.min(MAX_UNSENT.saturating_sub(flow.unsent));
        flow.unsent += taken;
        taken
    }

    /// The host has sent all bytes that it had for the connection.
    pub fn sent(&self, connection: u64) {
        if let Some(flow) = self.0.borrow_mut().get_mut(&connection) {
            flow.unsent = 0;
        }
    }

    /// Queues input.
    pub fn received(&self, connection: u64, bytes: &[u8]) {
        self.0.borrow_mut().entry(connection).or_default().input.extend(bytes);
    }

    /// The next part of the input, if LDK wants any.
    pub fn next_part(&self, connection: u64) -> Option<Vec<u8>> {
        let mut flows = self.0.borrow_mut();
        let flow = flows.get_mut(&connection).filter(|flow| !flow.paused && !flow.input.is_empty())?;
        let length = flow.input.len().min(READ_PART);
        Some(flow.input.drain(..length).collect())
    }

    /// Connections with input that LDK wants.
    pub fn ready(&self) -> Vec<u64> {
        let flows = self.0.borrow();
        flows.iter().filter(|(_, flow)| !flow.paused && !flow.input.is_empty()).map(|(number, _)| *number).collect()
    }

    /// Connections that the host must stop reading (false) or may read again (true), since the last call.
    pub fn take_changes(&self) -> Vec<(u64, bool)> {
        let mut changes = vec![];
        for (connection, flow) in self.0.borrow_mut().iter_mut() {
            let stop = !flow.input.is_empty();
            if stop != flow.stopped {
                flow.stopped = stop;
                changes.push((*connection, !stop));
            }
        }
        changes
    }

    /// The connection is closed.
    pub fn forget(&self, connection: u64) {
        self.0.borrow_mut().remove(&connection);
    }
}
