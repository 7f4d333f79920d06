//! Parses the stored state that a node is loaded from. The layout is in the README.
use crate::wire::{Reader, WireError};

/// The parts of a stored state, not yet deserialised.
#[derive(Default)]
pub struct State<'a> {
    /// LDK's channel manager; empty for a new node.
    pub manager: &'a [u8],
    /// The full image of each monitor, with the updates to apply to it.
    pub monitors: Vec<(&'a [u8], Vec<&'a [u8]>)>,
    /// Key-values.
    pub values: Vec<(&'a str, &'a [u8])>,
    /// LDK's network graph as versions before the rows stored it, or empty.
    pub graph: &'a [u8],
    /// LDK's scorer, or empty.
    pub scorer: &'a [u8],
    /// The rows of the network graph, or its snapshots.
    pub graph_rows: Vec<(&'a str, &'a [u8])>,
}
impl<'a> State<'a> {
    /// Splits a stored state into its parts.
    pub fn read(bytes: &'a [u8]) -> Result<State<'a>, WireError> {
        let mut state = State::default();
        if bytes.is_empty() {
            return Ok(state);
        }
        let mut reader = Reader(bytes);
        state.manager = reader.bytes()?;
        for _ in 0..reader.u32()? {
            let image = reader.bytes()?;
            let mut updates = vec![];
            for _ in 0..reader.u32()? {
                updates.push(reader.bytes()?);
            }
            state.monitors.push((image, updates));
        }
        for _ in 0..reader.u32()? {
            let key = reader.text()?;
            state.values.push((key, reader.bytes()?));
        }
        state.graph = reader.bytes()?;
        state.scorer = reader.bytes()?;
        // absent in states without rows
        let rows = if reader.is_empty() { 0 } else { reader.u32()? };
        for _ in 0..rows {
            let key = reader.text()?;
            state.graph_rows.push((key, reader.bytes()?));
        }
        reader.end()?;
        Ok(state)
    }
}
