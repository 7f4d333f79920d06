//! LSPS messages on the wire: LDK's liquidity manager, plus the answers that it cannot give (a refused purchase).
use crate::env::Env;
use crate::node::LiquidityManager;
use lightning::bitcoin::secp256k1::PublicKey;
use lightning::ln::msgs::{DecodeError, Init, LightningError};
use lightning::ln::peer_handler::CustomMessageHandler;
use lightning::ln::wire::CustomMessageReader;
use lightning::types::features::{InitFeatures, NodeFeatures};
use lightning::util::ser::LengthLimitedRead;
use lightning_liquidity::events::LiquidityEvent;
use lightning_liquidity::lsps0::ser::{LSPSRequestId, RawLSPSMessage};
use lightning_liquidity::lsps2::event::LSPS2ServiceEvent;
use serde_json::json;
use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::sync::Arc;

/// bLIP 52: the parameters are no longer valid, or were never offered.
pub const INVALID_PARAMETERS: i32 = 201;

/// What the peer manager talks to.
pub struct LiquidityMessages {
    /// LDK's.
    pub manager: Arc<LiquidityManager>,
    answers: RefCell<Vec<(PublicKey, RawLSPSMessage)>>,
    /// LDK's events, taken early; the node has not seen them.
    events: RefCell<Vec<LiquidityEvent>>,
    /// Menus that were asked for and not yet given.
    menus: RefCell<BTreeSet<(PublicKey, String)>>,
    /// LDK reports no connections as events, but it tells every message handler.
    peers_changed: Cell<bool>,
}
impl LiquidityMessages {
    /// Wraps LDK's.
    pub fn new(manager: Arc<LiquidityManager>) -> LiquidityMessages {
        LiquidityMessages {
            manager,
            answers: RefCell::default(),
            events: RefCell::default(),
            menus: RefCell::default(),
            peers_changed: Cell::new(false),
        }
    }
    /// LDK's events since the last call.
    pub fn take_events(&self) -> Vec<LiquidityEvent> {
        self.collect();
        core::mem::take(&mut *self.events.borrow_mut())
    }
    fn collect(&self) {
        for event in self.manager.get_and_clear_pending_events() {
            if let LiquidityEvent::LSPS2Service(LSPS2ServiceEvent::GetInfo {
                request_id, counterparty_node_id, ..
            }) = &event
            {
                self.menus.borrow_mut().insert((*counterparty_node_id, request_id.0.clone()));
            }
            self.events.borrow_mut().push(event);
        }
    }
    /// The client has its menu, or its refusal.
    pub fn menu_given(&self, client: PublicKey, request_id: &str) {
        self.menus.borrow_mut().remove(&(client, request_id.to_string()));
    }
    /// LDK 0.2.7 forgets a leaving peer's open `get_info` requests without taking them off its count of all requests, and
    /// serves nobody once that has come to 1,000: so they are answered before it forgets them.
    fn end_menus(&self, client: PublicKey) {
        self.collect();
        let Some(service) = self.manager.lsps2_service_handler() else { return };
        self.menus.borrow_mut().retain(|(asked, request_id)| {
            if *asked != client {
                return true;
            }
            // the answer goes nowhere: the peer has gone
            let _ = service.invalid_token_provided(&client, LSPSRequestId(request_id.clone()));
            false
        });
    }
    /// True when a peer came or went since the last call.
    pub fn take_peers_changed(&self) -> bool {
        self.peers_changed.take()
    }
    /// Refuses a request by an LSPS0 (JSON-RPC 2.0) error.
    pub fn refuse(&self, client: PublicKey, request_id: &str, code: i32, message: &str) {
        let error = json!({ "code": code, "message": message });
        let payload = json!({ "jsonrpc": "2.0", "id": request_id, "error": error }).to_string();
        self.answers.borrow_mut().push((client, RawLSPSMessage { payload }));
    }
}
impl CustomMessageReader for LiquidityMessages {
    type CustomMessage = RawLSPSMessage;
    fn read<R: LengthLimitedRead>(&self, kind: u16, buffer: &mut R) -> Result<Option<RawLSPSMessage>, DecodeError> {
        self.manager.read(kind, buffer)
    }
}
impl CustomMessageHandler for LiquidityMessages {
    fn handle_custom_message(&self, message: RawLSPSMessage, sender: PublicKey) -> Result<(), LightningError> {
        self.manager.handle_custom_message(message, sender)
    }
    fn get_and_clear_pending_msg(&self) -> Vec<(PublicKey, RawLSPSMessage)> {
        let mut messages = self.manager.get_and_clear_pending_msg();
        messages.append(&mut self.answers.borrow_mut());
        messages
    }
    fn peer_disconnected(&self, peer: PublicKey) {
        self.peers_changed.set(true);
        self.end_menus(peer);
        self.manager.peer_disconnected(peer);
    }
    fn peer_connected(&self, peer: PublicKey, init: &Init, inbound: bool) -> Result<(), ()> {
        self.peers_changed.set(true);
        self.manager.peer_connected(peer, init, inbound)
    }
    fn provided_node_features(&self) -> NodeFeatures {
        self.manager.provided_node_features()
    }
    fn provided_init_features(&self, peer: PublicKey) -> InitFeatures {
        self.manager.provided_init_features(peer)
    }
}

/// A channel that the LSP has promised to open for a payment.
pub struct Promise {
    /// Until when a first payment counts, in seconds since 1970; for ever once the channel is open.
    pub valid_until: u64,
    /// The number that the channel will have.
    pub user_channel_id: u128,
    /// For whom.
    pub client: PublicKey,
}
impl Promise {
    fn key(scid: u64) -> String {
        format!("promise/{scid}")
    }
    /// Remembers it, in the next commit.
    pub fn save(&self, env: &Env, scid: u64) {
        let mut value = self.valid_until.to_le_bytes().to_vec();
        value.extend_from_slice(&self.user_channel_id.to_le_bytes());
        value.extend_from_slice(&self.client.serialize());
        env.set(&Promise::key(scid), value);
    }
    fn read(value: &[u8]) -> Option<Promise> {
        Some(Promise {
            valid_until: u64::from_le_bytes(value.get(..8)?.try_into().ok()?),
            user_channel_id: u128::from_le_bytes(value.get(8..24)?.try_into().ok()?),
            client: PublicKey::from_slice(value.get(24..)?).ok()?,
        })
    }
    /// The promise behind an intercept id.
    pub fn find(env: &Env, scid: u64) -> Option<Promise> {
        Promise::read(&env.get(&Promise::key(scid))?)
    }
    /// The channel of that number is open: its id goes on serving payments for as long as the channel lives.
    pub fn kept(env: &Env, user_channel_id: u128) {
        for (key, value) in env.with_prefix("promise/") {
            let scid = key["promise/".len()..].parse();
            if let (Some(mut promise), Ok(scid)) = (Promise::read(&value), scid) {
                if promise.user_channel_id == user_channel_id {
                    promise.valid_until = u64::MAX;
                    promise.save(env, scid);
                }
            }
        }
    }
    /// Forgets what ended more than a day ago.
    pub fn prune(env: &Env) {
        for (key, value) in env.with_prefix("promise/") {
            if Promise::read(&value)
                .is_none_or(|promise| promise.valid_until.saturating_add(86_400) < env.now_seconds())
            {
                env.delete(&key);
            }
        }
    }
}
