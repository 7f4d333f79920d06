//! The core as plain WebAssembly exports. Arguments are pointers and lengths; results are `pointer << 32 | length`.
//! Without wasm-bindgen, the same thirty lines of JavaScript load it in Node.js, a worker and a WebView.
//!
//! Memory: the host allocates blocks with `core_alloc` and frees them with `core_free`. It also frees every non-empty
//! result with `core_free(pointer, length)`. A panic passes its message to the import `env.panicked(pointer, length)`
//! and traps. The instance must then be discarded, and a new one started from the store.
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

/// Allocates a block of `length` bytes. Null if out of memory.
#[no_mangle]
pub extern "C" fn core_alloc(length: usize) -> *mut u8 {
    // SAFETY: the layout's size is not zero
    layout(length).map_or(core::ptr::null_mut(), |layout| unsafe { alloc(layout) })
}

/// Frees a block.
///
/// # Safety
/// The block was returned by `core_alloc(length)`, or is a result of this length, and is not used afterwards.
#[no_mangle]
pub unsafe extern "C" fn core_free(pointer: *mut u8, length: usize) {
    if let Some(layout) = layout(length) {
        // SAFETY: required of the caller
        unsafe { dealloc(pointer, layout) }
    }
}

fn into_result(bytes: Vec<u8>) -> u64 {
    if bytes.is_empty() {
        return 0;
    }
    let bytes = bytes.into_boxed_slice();
    let length = bytes.len() as u64;
    (Box::into_raw(bytes) as *mut u8 as usize as u64) << 32 | length
}

/// # Safety
/// The pointer and the length describe a block of the host that nothing else uses during the call.
unsafe fn borrow<'a>(pointer: *mut u8, length: usize) -> &'a mut [u8] {
    if length == 0 {
        return &mut [];
    }
    // SAFETY: required of the caller
    unsafe { core::slice::from_raw_parts_mut(pointer, length) }
}

/// Installs the panic handler. Must be called once, before any other function.
#[no_mangle]
pub extern "C" fn core_start() {
    std::panic::set_hook(Box::new(|panic| {
        let message = panic.to_string();
        // SAFETY: the message outlives the call
        unsafe { panicked(message.as_ptr(), message.len()) }
    }));
}

/// Creates or loads a node. Returns its handle, or -1 with the reason in `core_reason`. Wipes the blocks of the seed
/// and the entropy.
///
/// # Safety
/// Each pointer and length describe a block of the host.
#[no_mangle]
#[allow(clippy::too_many_arguments)]
pub unsafe extern "C" fn core_create(
    config: *mut u8, config_length: usize, seed: *mut u8, seed_length: usize, entropy: *mut u8, entropy_length: usize,
    state: *mut u8, state_length: usize,
) -> i32 {
    // SAFETY: required of the caller
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
    into_result(REASON.take().into_bytes())
}

fn with_node(handle: usize, work: impl FnOnce(&mut Node) -> Vec<u8>) -> u64 {
    let result = NODES.with_borrow_mut(|nodes| nodes.get_mut(handle).and_then(Option::as_mut).map(work));
    into_result(result.unwrap_or_default())
}

/// The node id, 33 bytes. Empty if there is no node with this handle.
#[no_mangle]
pub extern "C" fn core_id(handle: usize) -> u64 {
    with_node(handle, |node| node.id().to_vec())
}

/// Drops a node.
#[no_mangle]
pub extern "C" fn core_drop(handle: usize) {
    NODES.with_borrow_mut(|nodes| {
        if let Some(node) = nodes.get_mut(handle) {
            *node = None;
        }
    });
}

/// Applies input frames and returns output frames. Empty if there is no node with this handle.
///
/// # Safety
/// The pointer and the length describe a block of the host.
#[no_mangle]
pub unsafe extern "C" fn core_exchange(handle: usize, frames: *mut u8, length: usize) -> u64 {
    // SAFETY: required of the caller
    let frames = unsafe { borrow(frames, length) };
    with_node(handle, |node| node.exchange(frames))
}

/// Decodes an invoice or an offer. Returns JSON.
///
/// # Safety
/// The pointer and the length describe a block of the host.
#[no_mangle]
pub unsafe extern "C" fn core_decode(text: *mut u8, length: usize) -> u64 {
    // SAFETY: required of the caller
    let text = unsafe { borrow(text, length) };
    into_result(lightning_core::decode(&String::from_utf8_lossy(text)).into_bytes())
}

/// The versions of the core and of LDK, as JSON.
#[no_mangle]
pub extern "C" fn core_version() -> u64 {
    into_result(lightning_core::version().into_bytes())
}
