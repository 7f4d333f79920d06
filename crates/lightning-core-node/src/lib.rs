//! The core as a Node.js addon. A panic becomes a JavaScript error and ends its node, not the process. What is returned is
//! copied into JavaScript's own memory: buffers that Rust owns are invisible to its garbage collector.
use lightning_core::Node;
use napi::bindgen_prelude::{Buffer, Uint8Array};
use napi::{Env, Error, JsArrayBuffer, Result};
use napi_derive::napi;
use std::cell::RefCell;
use std::panic::{catch_unwind, AssertUnwindSafe};
use zeroize::Zeroize;

thread_local! {
    static NODES: RefCell<Vec<Option<Node>>> = const { RefCell::new(Vec::new()) };
}

fn guard<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let message = panic.downcast_ref::<String>().map(String::as_str);
        let message = message.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("unknown");
        Err(Error::from_reason(format!("the core panicked: {message}")))
    })
}

fn own(env: Env, bytes: &[u8]) -> Result<JsArrayBuffer> {
    let mut buffer = env.create_arraybuffer(bytes.len())?;
    buffer.copy_from_slice(bytes);
    Ok(buffer.into_raw())
}

/// Works with a node. One that panicked is gone: its state in memory may be half changed.
fn with_node<T>(handle: u32, work: impl FnOnce(&mut Node) -> T) -> Result<T> {
    let slot = handle as usize;
    let taken = NODES.with_borrow_mut(|nodes| nodes.get_mut(slot).and_then(Option::take));
    let mut node = taken.ok_or_else(|| Error::from_reason("no such node"))?;
    let result = guard(|| Ok(work(&mut node)));
    if result.is_ok() {
        NODES.with_borrow_mut(|nodes| nodes[slot] = Some(node));
    }
    result
}

/// Makes or loads a node, and wipes `seed` and `entropy` in the caller's own memory.
#[napi]
pub fn create(config: Buffer, mut seed: Uint8Array, mut entropy: Uint8Array, state: Buffer) -> Result<u32> {
    let created =
        guard(|| Node::create(&config, &seed, &entropy, &state).map_err(|error| Error::from_reason(error.to_string())));
    seed.as_mut().zeroize();
    entropy.as_mut().zeroize();
    let node = created?;
    NODES.with_borrow_mut(|nodes| {
        nodes.push(Some(node));
        u32::try_from(nodes.len() - 1).map_err(|_| Error::from_reason("too many nodes"))
    })
}

/// The node's id, 33 bytes.
#[napi]
pub fn id(env: Env, handle: u32) -> Result<JsArrayBuffer> {
    let id = with_node(handle, |node| node.id())?;
    own(env, &id)
}

/// Forgets a node.
#[napi]
pub fn drop_node(handle: u32) {
    NODES.with_borrow_mut(|nodes| {
        if let Some(node) = nodes.get_mut(handle as usize) {
            *node = None;
        }
    });
}

/// The one hot call.
#[napi]
pub fn exchange(env: Env, handle: u32, frames: Buffer) -> Result<JsArrayBuffer> {
    let out = with_node(handle, |node| node.exchange(&frames))?;
    own(env, &out)
}

/// Reads an invoice or an offer; JSON.
#[napi]
pub fn decode(text: String) -> Result<String> {
    guard(|| Ok(lightning_core::decode(&text)))
}

/// Which core this is; JSON.
#[napi]
pub fn version() -> String {
    lightning_core::version()
}
