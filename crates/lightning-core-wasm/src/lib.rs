//! The core as bare WebAssembly exports: pointers and lengths in, `pointer << 32 | length` out. No wasm-bindgen: the same
//! thirty lines of JavaScript load it in Node.js, a worker and a WebView.
//!
//! Memory: the host takes blocks with `core_alloc`, gives them back with `core_free`, and frees every result that is not
//! empty with `core_free(pointer, length)`. A panic reports its message to the import `env.panicked(pointer, length)` and
//! traps: the instance is dead then, and a new one starts from the store.
use lightning_core::Node;
use std::alloc::{alloc, dealloc, Layout};
use std::cell::RefCell;
use zeroize::Zeroize;

#[link(wasm_import_module = "env")]
extern "C" {
    fn panicked(pointer: *const u8, length: usize);
}

thread_local! {
    static NODES: RefCell<Vec<Option<Node>>> = const { RefCell::new(Vec::new()) };
    static REASON: RefCell<String> = const { RefCell::new(String::new()) };
}

fn layout(length: usize) -> Option<Layout> {
    Layout::from_size_align(length.max(1), 1).ok()
}

/// A block of that many bytes; null when there is no such room.
#[no_mangle]
pub extern "C" fn core_alloc(length: usize) -> *mut u8 {
    // SAFETY: the layout's size is not zero
    layout(length).map_or(core::ptr::null_mut(), |layout| unsafe { alloc(layout) })
}

/// Gives a block back.
///
/// # Safety
/// The block came from `core_alloc(length)`, or is a result of that length, and is not used any more.
#[no_mangle]
pub unsafe extern "C" fn core_free(pointer: *mut u8, length: usize) {
    if let Some(layout) = layout(length) {
        // SAFETY: the caller's promise
        unsafe { dealloc(pointer, layout) }
    }
}

fn give(bytes: Vec<u8>) -> u64 {
    if bytes.is_empty() {
        return 0;
    }
    let bytes = bytes.into_boxed_slice();
    let length = bytes.len() as u64;
    (Box::into_raw(bytes) as *mut u8 as usize as u64) << 32 | length
}

/// # Safety
/// The pointer and the length describe a block of the host's that nobody else uses during the call.
unsafe fn borrow<'a>(pointer: *mut u8, length: usize) -> &'a mut [u8] {
    if length == 0 {
        return &mut [];
    }
    // SAFETY: the caller's promise
    unsafe { core::slice::from_raw_parts_mut(pointer, length) }
}

/// To be called once, before anything else: panics report their message.
#[no_mangle]
pub extern "C" fn core_start() {
    std::panic::set_hook(Box::new(|panic| {
        let message = panic.to_string();
        // SAFETY: the message outlives the call
        unsafe { panicked(message.as_ptr(), message.len()) }
    }));
}

/// Makes or loads a node. Its handle, or -1 with the reason in `core_reason`. The seed's block is wiped.
///
/// # Safety
/// Each pointer and length describe a block of the host's.
#[no_mangle]
#[allow(clippy::too_many_arguments)]
pub unsafe extern "C" fn core_create(
    config: *mut u8, config_length: usize, seed: *mut u8, seed_length: usize, entropy: *mut u8, entropy_length: usize,
    state: *mut u8, state_length: usize,
) -> i32 {
    // SAFETY: the caller's promise
    let (config, seed, entropy, state) = unsafe {
        (
            borrow(config, config_length),
            borrow(seed, seed_length),
            borrow(entropy, entropy_length),
            borrow(state, state_length),
        )
    };
    let created = Node::create(config, seed, entropy, state);
    seed.zeroize();
    entropy.zeroize();
    match created {
        Ok(node) => NODES.with_borrow_mut(|nodes| {
            nodes.push(Some(node));
            i32::try_from(nodes.len() - 1).unwrap_or(-1)
        }),
        Err(error) => {
            REASON.set(error.to_string());
            -1
        }
    }
}

/// Why the last `core_create` failed.
#[no_mangle]
pub extern "C" fn core_reason() -> u64 {
    give(REASON.take().into_bytes())
}

fn with_node(handle: usize, work: impl FnOnce(&mut Node) -> Vec<u8>) -> u64 {
    let result = NODES.with_borrow_mut(|nodes| nodes.get_mut(handle).and_then(Option::as_mut).map(work));
    give(result.unwrap_or_default())
}

/// The node's id, 33 bytes; empty for a handle of no node.
#[no_mangle]
pub extern "C" fn core_id(handle: usize) -> u64 {
    with_node(handle, |node| node.id().to_vec())
}

/// Forgets a node.
#[no_mangle]
pub extern "C" fn core_drop(handle: usize) {
    NODES.with_borrow_mut(|nodes| {
        if let Some(node) = nodes.get_mut(handle) {
            *node = None;
        }
    });
}

/// The one hot call; empty for a handle of no node.
///
/// # Safety
/// The pointer and length describe a block of the host's.
#[no_mangle]
pub unsafe extern "C" fn core_exchange(handle: usize, frames: *mut u8, length: usize) -> u64 {
    // SAFETY: the caller's promise
    let frames = unsafe { borrow(frames, length) };
    with_node(handle, |node| node.exchange(frames))
}

/// Reads an invoice or an offer; JSON.
///
/// # Safety
/// The pointer and length describe a block of the host's.
#[no_mangle]
pub unsafe extern "C" fn core_decode(text: *mut u8, length: usize) -> u64 {
    // SAFETY: the caller's promise
    let text = unsafe { borrow(text, length) };
    give(lightning_core::decode(&String::from_utf8_lossy(text)).into_bytes())
}

/// Which core this is; JSON.
#[no_mangle]
pub extern "C" fn core_version() -> u64 {
    give(lightning_core::version().into_bytes())
}
