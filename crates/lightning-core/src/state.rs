//! The state that a node is loaded from. The layout is in this crate's README.
use crate::wire::{Reader, WireError};

/// A stored state, not yet understood.
#[derive(Default)]
pub struct State<'a> {
    /// LDK's channel manager, or nothing for a new node.
    pub manager: &'a [u8],
    /// Each monitor's full image and its updates.
    pub monitors: Vec<(&'a [u8], Vec<&'a [u8]>)>,
    /// Key-values.
    pub values: Vec<(&'a str, &'a [u8])>,
    /// LDK's network graph, or nothing.
    pub graph: &'a [u8],
    /// LDK's scorer, or nothing.
    pub scorer: &'a [u8],
}
impl<'a> State<'a> {
    /// Takes the parts apart.
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
        reader.end()?;
        Ok(state)
    }
}
