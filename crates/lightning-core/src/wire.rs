//! Framing: `[tag u8][length u32][payload]`. Integers are little endian; byte strings are `[length u32][bytes]`. The
//! layouts of the payloads are in the README.

/// Why input could not be parsed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WireError {
    /// The input is too short.
    Short,
    /// The input has trailing bytes.
    Long,
    /// A string is not UTF-8.
    NotText,
}
impl core::fmt::Display for WireError {
    fn fmt(&self, formatter: &mut core::fmt::Formatter) -> core::fmt::Result {
        formatter.write_str(match self {
            WireError::Short => "input is too short",
            WireError::Long => "input has trailing bytes",
            WireError::NotText => "string is not UTF-8",
        })
    }
}

/// Reads from the front of a slice.
pub struct Reader<'a>(pub &'a [u8]);
impl<'a> Reader<'a> {
    /// The next `length` bytes.
    pub fn take(&mut self, length: usize) -> Result<&'a [u8], WireError> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(WireError::Short)?;
        self.0 = rest;
        Ok(taken)
    }
    /// The next `N` bytes.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], WireError> {
        self.take(N)?.try_into().map_err(|_| WireError::Short)
    }
    /// Reads one byte.
    pub fn u8(&mut self) -> Result<u8, WireError> {
        Ok(self.array::<1>()?[0])
    }
    /// Reads a `u32`.
    pub fn u32(&mut self) -> Result<u32, WireError> {
        Ok(u32::from_le_bytes(self.array()?))
    }
    /// Reads a `u64`.
    pub fn u64(&mut self) -> Result<u64, WireError> {
        Ok(u64::from_le_bytes(self.array()?))
    }
    /// Reads a length and that many bytes.
    pub fn bytes(&mut self) -> Result<&'a [u8], WireError> {
        let length = self.u32()? as usize;
        self.take(length)
    }
    /// Reads a length and that many bytes of UTF-8.
    pub fn text(&mut self) -> Result<&'a str, WireError> {
        core::str::from_utf8(self.bytes()?).map_err(|_| WireError::NotText)
    }
    /// The remaining bytes.
    pub fn rest(&mut self) -> &'a [u8] {
        core::mem::take(&mut self.0)
    }
    /// True at the end.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
    /// Fails if bytes remain.
    pub fn end(&self) -> Result<(), WireError> {
        if self.is_empty() {
            Ok(())
        } else {
            Err(WireError::Long)
        }
    }
}

/// Appends to a byte vector.
#[derive(Default)]
pub struct Writer(pub Vec<u8>);
impl Writer {
    /// Writes one byte.
    pub fn u8(&mut self, value: u8) {
        self.0.push(value);
    }
    /// Writes a `u32`.
    pub fn u32(&mut self, value: u32) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }
    /// Writes a `u64`.
    pub fn u64(&mut self, value: u64) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }
    /// Writes bytes without their length.
    pub fn raw(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }
    /// Writes a count or a length. It fits in a `u32`, because WASM has a 4 GiB address space.
    pub fn count(&mut self, count: usize) {
        self.u32(u32::try_from(count).unwrap_or(u32::MAX));
    }
    /// Writes a length and the bytes.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.count(bytes.len());
        self.raw(bytes);
    }
    /// Writes a length and the bytes that `write` writes.
    pub fn sized(&mut self, write: impl FnOnce(&mut Writer)) {
        let at = self.0.len();
        self.u32(0);
        write(self);
        let length = u32::try_from(self.0.len() - at - 4).unwrap_or(u32::MAX);
        self.0[at..at + 4].copy_from_slice(&length.to_le_bytes());
    }
    /// Writes one frame.
    pub fn frame(&mut self, tag: u8, write: impl FnOnce(&mut Writer)) {
        self.u8(tag);
        self.sized(write);
    }
}

/// Tags of input frames.
pub mod input {
    #![allow(missing_docs)] // described in the README
    pub const NOW: u8 = 1;
    pub const FEES: u8 = 2;
    pub const CONN_OUT: u8 = 3;
    pub const CONN_IN: u8 = 4;
    pub const READ: u8 = 5;
    pub const DISCONNECTED: u8 = 6;
    pub const BLOCK: u8 = 7;
    pub const ACK: u8 = 8;
    pub const TICK: u8 = 9;
    pub const COMMAND: u8 = 10;
    pub const RGS: u8 = 11;
    pub const UNCONFIRMED: u8 = 12;
    pub const CONFIRMED: u8 = 13;
    pub const TIP: u8 = 14;
    pub const FULL_BLOCK: u8 = 15;
    pub const DISCONNECT_TO: u8 = 16;
    pub const MEMPOOL: u8 = 17;
    pub const EVICTED: u8 = 18;
    pub const FUNDING: u8 = 19;
    pub const SENT: u8 = 20;
}

/// Tags of output frames.
pub mod output {
    #![allow(missing_docs)] // described in the README
    pub const BYTES: u8 = 1;
    pub const CLOSE: u8 = 2;
    pub const EVENT: u8 = 3;
    pub const TX: u8 = 4;
    pub const LOG: u8 = 5;
    pub const COMMIT: u8 = 6;
    pub const RESULT: u8 = 7;
    pub const AGAIN: u8 = 8;
    pub const WATCH: u8 = 9;
    pub const SNAPSHOT: u8 = 10;
    pub const REJECTED: u8 = 11;
    pub const LOOKUP: u8 = 12;
    pub const READING: u8 = 13;
}
