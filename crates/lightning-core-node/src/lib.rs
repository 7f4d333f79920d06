//! The core as a Node.js addon. A panic becomes a JavaScript error and ends that node, but not the process. Results are
//! copied into JavaScript's own memory, because its garbage collector does not see the size of buffers that Rust owns.
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

fn copy_to_js(env: Env, bytes: &[u8]) -> Result<JsArrayBuffer> {
    let mut buffer = env.create_arraybuffer(bytes.len())?;
    buffer.copy_from_slice(bytes);
    Ok(buffer.into_raw())
}

/// Calls `work` with a node. A node that panics is dropped, because its state may be inconsistent.
fn with_node<T>(handle: u32, work: impl FnOnce(&mut Node) -> T) -> Result<T> {
    let slot = handle as usize;
    let taken = NODES.with_borrow_mut(|nodes| nodes.get_mut(slot).and_then(Option::take));
    let mut node = taken.ok_or_else(|| Error::from_reason("no node with this handle"))?;
    let result = guard(|| Ok(work(&mut node)));
    if result.is_ok() {
        NODES.with_borrow_mut(|nodes| nodes[slot] = Some(node));
    }
    result
}

/// Creates or loads a node and returns its handle. Wipes the caller's `seed` and `entropy`.
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

/// The node id, 33 bytes.
#[napi]
pub fn id(env: Env, handle: u32) -> Result<JsArrayBuffer> {
    let id = with_node(handle, |node| node.id())?;
    copy_to_js(env, &id)
}

/// Drops a node.
#[napi]
pub fn drop_node(handle: u32) {
    NODES.with_borrow_mut(|nodes| {
        if let Some(node) = nodes.get_mut(handle as usize) {
            *node = None;
        }
    });
}

/// Applies input frames and returns output frames.
#[napi]
pub fn exchange(env: Env, handle: u32, frames: Buffer) -> Result<JsArrayBuffer> {
    let out = with_node(handle, |node| node.exchange(&frames))?;
    copy_to_js(env, &out)
}

/// Decodes an invoice or an offer. Returns JSON.
#[napi]
pub fn decode(text: String) -> Result<String> {
    guard(|| Ok(lightning_core::decode(&text)))
}

/// The versions of the core and of LDK, as JSON.
#[napi]
pub fn version() -> String {
    lightning_core::version()
}
