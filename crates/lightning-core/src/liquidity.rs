//! Custom messages: those of LDK's liquidity manager (LSPS), the responses that it does not support (rejecting a buy
//! request), and answers to gossip queries, which LDK can send only as custom messages.
use crate::env::Env;
use crate::gossip::{Gossip, GossipReply};
use crate::node::LiquidityManager;
use lightning::bitcoin::secp256k1::PublicKey;
use lightning::io;
use lightning::ln::msgs::{DecodeError, Init, LightningError};
use lightning::ln::peer_handler::CustomMessageHandler;
use lightning::ln::wire::{CustomMessageReader, Type};
use lightning::types::features::{InitFeatures, NodeFeatures};
use lightning::util::persist::KVStoreSync;
use lightning::util::ser::{LengthLimitedRead, Writeable, Writer};
use lightning_liquidity::events::LiquidityEvent;
use lightning_liquidity::lsps0::ser::{LSPSRequestId, RawLSPSMessage};
use lightning_liquidity::lsps2::event::LSPS2ServiceEvent;
use lightning_liquidity::persist::{
    LIQUIDITY_MANAGER_PERSISTENCE_PRIMARY_NAMESPACE, LSPS2_SERVICE_PERSISTENCE_SECONDARY_NAMESPACE,
};
use serde_json::json;
use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::sync::Arc;

/// bLIP 52 error code: the fee parameters are not or no longer valid.
pub const INVALID_PARAMETERS: i32 = 201;

/// A message that LDK does not send itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CustomMessage {
    /// LSPS0.
    Lsps(RawLSPSMessage),
    /// Part of the answer to a gossip query.
    Gossip(GossipReply),
}
impl Type for CustomMessage {
    fn type_id(&self) -> u16 {
        match self {
            CustomMessage::Lsps(message) => message.type_id(),
            CustomMessage::Gossip(reply) => reply.type_id(),
        }
    }
}
impl Writeable for CustomMessage {
    fn write<W: Writer>(&self, writer: &mut W) -> Result<(), io::Error> {
        match self {
            CustomMessage::Lsps(message) => message.write(writer),
            CustomMessage::Gossip(reply) => reply.write(writer),
        }
    }
}

/// The custom message handler of the peer manager.
pub struct LiquidityMessages {
    /// LDK's liquidity manager.
    pub manager: Arc<LiquidityManager>,
    gossip: Arc<Gossip>,
    responses: RefCell<Vec<(PublicKey, RawLSPSMessage)>>,
    /// LDK's events that the node has not processed.
    events: RefCell<Vec<LiquidityEvent>>,
    /// `get_info` and `buy` requests without a response.
    requests: RefCell<BTreeSet<(PublicKey, String)>>,
    /// Set when a peer connects or disconnects: LDK reports that to message handlers only, not as an event.
    peers_changed: Cell<bool>,
}
impl LiquidityMessages {
    /// Wraps LDK's liquidity manager.
    pub fn new(manager: Arc<LiquidityManager>, gossip: Arc<Gossip>) -> LiquidityMessages {
        LiquidityMessages {
            manager,
            gossip,
            responses: RefCell::default(),
            events: RefCell::default(),
            requests: RefCell::default(),
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
            if let LiquidityEvent::LSPS2Service(
                LSPS2ServiceEvent::GetInfo { request_id, counterparty_node_id, .. }
                | LSPS2ServiceEvent::BuyRequest { request_id, counterparty_node_id, .. },
            ) = &event
            {
                self.requests.borrow_mut().insert((*counterparty_node_id, request_id.0.clone()));
            }
            self.events.borrow_mut().push(event);
        }
    }
    /// Records that a request has been answered.
    pub fn answered(&self, client: PublicKey, request_id: &str) {
        self.requests.borrow_mut().remove(&(client, request_id.to_string()));
    }
    /// Removes a request that LDK still counts as pending. LDK 0.2.7 has no way to reject a `buy`, drops a `get_info`
    /// without decrementing its count, and without a clock keeps a `buy` for ever; it refuses a peer with ten requests
    /// or unused channels, and everybody once 1,000 requests are pending. `invalid_token_provided` removes a request of
    /// either kind, and answers only a `get_info`.
    fn remove_request(&self, client: PublicKey, request_id: &str) {
        let Some(service) = self.manager.lsps2_service_handler() else { return };
        let _ = service.invalid_token_provided(&client, LSPSRequestId(request_id.to_string()));
    }
    /// Removes the open requests of a peer that disconnects. The responses are not sent: the peer is gone.
    fn close_requests(&self, client: PublicKey) {
        self.collect();
        self.requests.borrow_mut().retain(|(requester, request_id)| {
            if *requester == client {
                self.remove_request(client, request_id);
            }
            *requester != client
        });
    }
    /// True if a peer has connected or disconnected since the last call.
    pub fn take_peers_changed(&self) -> bool {
        self.peers_changed.take()
    }
    /// Responds to a `buy` request with an LSPS0 (JSON-RPC 2.0) error.
    pub fn reject(&self, client: PublicKey, request_id: &str, code: i32, message: &str) {
        self.answered(client, request_id);
        self.remove_request(client, request_id);
        let error = json!({ "code": code, "message": message });
        let payload = json!({ "jsonrpc": "2.0", "id": request_id, "error": error }).to_string();
        self.responses.borrow_mut().push((client, RawLSPSMessage { payload }));
    }
}
impl CustomMessageReader for LiquidityMessages {
    type CustomMessage = CustomMessage;
    fn read<R: LengthLimitedRead>(&self, kind: u16, buffer: &mut R) -> Result<Option<CustomMessage>, DecodeError> {
        Ok(self.manager.read(kind, buffer)?.map(CustomMessage::Lsps))
    }
}
impl CustomMessageHandler for LiquidityMessages {
    fn handle_custom_message(&self, message: CustomMessage, sender: PublicKey) -> Result<(), LightningError> {
        match message {
            CustomMessage::Lsps(message) => self.manager.handle_custom_message(message, sender),
            // never read as a custom message: LDK decodes gossip itself
            CustomMessage::Gossip(_) => Ok(()),
        }
    }
    fn get_and_clear_pending_msg(&self) -> Vec<(PublicKey, CustomMessage)> {
        let mut lsps = self.manager.get_and_clear_pending_msg();
        lsps.append(&mut self.responses.borrow_mut());
        let lsps = lsps.into_iter().map(|(peer, message)| (peer, CustomMessage::Lsps(message)));
        let gossip = self.gossip.take_replies().into_iter();
        lsps.chain(gossip.map(|(peer, reply)| (peer, CustomMessage::Gossip(reply)))).collect()
    }
    fn peer_disconnected(&self, peer: PublicKey) {
        self.peers_changed.set(true);
        self.close_requests(peer);
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

/// A channel that the LSP has agreed to open when a payment for the intercept SCID arrives.
pub struct Grant {
    /// Time until which a first payment opens the channel, in seconds since 1970; `u64::MAX` once the channel is open.
    pub valid_until: u64,
    /// The `userChannelId` of the channel.
    pub user_channel_id: u128,
    /// The client.
    pub client: PublicKey,
}
impl Grant {
    fn key(scid: u64) -> String {
        format!("promise/{scid}")
    }
    /// Stores it with the next commit.
    pub fn save(&self, env: &Env, scid: u64) {
        let mut value = self.valid_until.to_le_bytes().to_vec();
        value.extend_from_slice(&self.user_channel_id.to_le_bytes());
        value.extend_from_slice(&self.client.serialize());
        env.set(&Grant::key(scid), value);
    }
    fn read(value: &[u8]) -> Option<Grant> {
        Some(Grant {
            valid_until: u64::from_le_bytes(value.get(..8)?.try_into().ok()?),
            user_channel_id: u128::from_le_bytes(value.get(8..24)?.try_into().ok()?),
            client: PublicKey::from_slice(value.get(24..)?).ok()?,
        })
    }
    /// The grant of an intercept SCID.
    pub fn find(env: &Env, scid: u64) -> Option<Grant> {
        Grant::read(&env.get(&Grant::key(scid))?)
    }
    /// Records that the channel is open. Its intercept SCID stays usable as long as the channel exists.
    pub fn channel_opened(env: &Env, user_channel_id: u128) {
        for (scid, mut grant) in Grant::all(env) {
            if grant.user_channel_id == user_channel_id {
                grant.valid_until = u64::MAX;
                grant.save(env, scid);
            }
        }
    }
    /// Forgets the grant of a channel that has closed.
    pub fn channel_closed(env: &Env, user_channel_id: u128) {
        for (scid, grant) in Grant::all(env) {
            if grant.user_channel_id == user_channel_id && grant.valid_until == u64::MAX {
                env.delete(&Grant::key(scid));
            }
        }
    }
    /// Forgets a grant.
    pub fn forget(env: &Env, scid: u64) {
        env.delete(&Grant::key(scid));
    }
    /// All grants with their intercept SCIDs.
    pub fn all(env: &Env) -> Vec<(u64, Grant)> {
        let all = env.with_prefix("promise/").into_iter();
        all.filter_map(|(key, value)| Some((key["promise/".len()..].parse().ok()?, Grant::read(&value)?))).collect()
    }
    /// Before LDK's state is loaded: drops what it keeps for peers that have neither a grant nor a channel bought with
    /// one. LDK 0.2.7 never forgets a client whose channel has closed, and serves no new client beyond 100,000.
    pub fn drop_state_without_grants(env: &Env) {
        let clients: BTreeSet<_> = Grant::all(env).into_iter().map(|(_, grant)| grant.client.to_string()).collect();
        let primary = LIQUIDITY_MANAGER_PERSISTENCE_PRIMARY_NAMESPACE;
        let secondary = LSPS2_SERVICE_PERSISTENCE_SECONDARY_NAMESPACE;
        for client in KVStoreSync::list(env, primary, secondary).unwrap_or_default() {
            if !clients.contains(&client) {
                let _ = KVStoreSync::remove(env, primary, secondary, &client, true);
            }
        }
    }
}
