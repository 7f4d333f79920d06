//! The node: assembles LDK's components and implements `create` and `exchange`.
use crate::announcements::Announcements;
use crate::channel_messages::{ChannelMessages, ClosingFees};
use crate::commit::Pending;
use crate::convert::{best_block, network};
use crate::env::{Connection, Env};
use crate::gossip::{Gossip, Lookups};
use crate::graph::node::load_graph;
use crate::graph::rows::GraphRows;
use crate::graph::PeerGossip;
use crate::guard::ChannelGuard;
use crate::holds::{Hold, HoldReason};
use crate::justice::Justice;
use crate::keys::derived_secret;
use crate::liquidity::LiquidityMessages;
use crate::lost_channels::LostChannels;
use crate::monitors::MonitorStore;
use crate::onchain::{Sweeper, Wallet};
use crate::router::ViaPeer;
use crate::state::State;
use crate::wallet::{ChannelKeys, OnChainWallet};
use crate::watch::WatchList;
use crate::wire::{output, Writer};
use lightning::bitcoin::consensus::serialize;
use lightning::bitcoin::hashes::{sha256, Hash, HashEngine};
use lightning::bitcoin::secp256k1::PublicKey;
use lightning::bitcoin::BlockHash;
use lightning::chain::chainmonitor::ChainMonitor as LdkChainMonitor;
use lightning::chain::channelmonitor::{ChannelMonitor, ChannelMonitorUpdate};
use lightning::events::bump_transaction::sync::{BumpTransactionEventHandlerSync, WalletSync};
use lightning::io::Cursor;
use lightning::ln::channelmanager::{
    ChainParameters, ChannelManager as LdkChannelManager, ChannelManagerReadArgs, BREAKDOWN_TIMEOUT,
};
use lightning::ln::peer_handler::{IgnoringMessageHandler, MessageHandler, PeerManager as LdkPeerManager};
use lightning::ln::types::ChannelId;
use lightning::onion_message::messenger::{DefaultMessageRouter, OnionMessenger as LdkOnionMessenger};
use lightning::routing::gossip::{NetworkGraph, P2PGossipSync};
use lightning::routing::router::DefaultRouter;
use lightning::routing::scoring::{
    ProbabilisticScorer, ProbabilisticScoringDecayParameters, ProbabilisticScoringFeeParameters,
};
use lightning::sign::{EntropySource, InMemorySigner, KeysManager, NodeSigner};
use lightning::util::config::UserConfig;
use lightning::util::ser::{Readable, ReadableArgs};
use lightning_core_api::{Config, GossipSource, LogLevel, NetworkName};
use lightning_liquidity::lsps2::client::LSPS2ClientConfig;
use lightning_liquidity::lsps2::service::LSPS2ServiceConfig;
use lightning_liquidity::{LiquidityClientConfig, LiquidityManagerSync, LiquidityServiceConfig};
use lightning_rapid_gossip_sync::RapidGossipSync;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use zeroize::Zeroizing;

pub(crate) type SharedEnv = Arc<Env>;
pub(crate) type SharedKeys = Arc<KeysManager>;
pub(crate) type SharedSigner = Arc<ChannelKeys>;
pub(crate) type Bumper =
    BumpTransactionEventHandlerSync<SharedEnv, Arc<WalletSync<Arc<OnChainWallet>, SharedEnv>>, SharedSigner, SharedEnv>;
pub(crate) type Graph = NetworkGraph<SharedEnv>;
pub(crate) type Scorer = ProbabilisticScorer<Arc<Graph>, SharedEnv>;
pub(crate) type Router =
    DefaultRouter<Arc<Graph>, SharedEnv, SharedEnv, Arc<RefCell<Scorer>>, ProbabilisticScoringFeeParameters, Scorer>;
pub(crate) type MessageRouter = ViaPeer<DefaultMessageRouter<Arc<Graph>, SharedEnv, SharedEnv>, SharedEnv>;
pub(crate) type ChainMonitor =
    LdkChainMonitor<InMemorySigner, SharedEnv, SharedEnv, SharedEnv, SharedEnv, Arc<MonitorStore>, SharedEnv>;
pub(crate) type ChannelManager = LdkChannelManager<
    Arc<ChainMonitor>,
    SharedEnv,
    SharedEnv,
    SharedKeys,
    SharedSigner,
    SharedEnv,
    Arc<Router>,
    Arc<MessageRouter>,
    SharedEnv,
>;
pub(crate) type GossipSync = P2PGossipSync<Arc<Graph>, Arc<Lookups>, SharedEnv>;
pub(crate) type Ignore = Arc<IgnoringMessageHandler>;
pub(crate) type OnionMessenger = LdkOnionMessenger<
    SharedEnv,
    SharedKeys,
    SharedEnv,
    Arc<ChannelManager>,
    Arc<MessageRouter>,
    Arc<ChannelManager>,
    Arc<ChannelManager>,
    Ignore,
    Ignore,
>;
pub(crate) type LiquidityManager =
    LiquidityManagerSync<SharedEnv, SharedKeys, Arc<ChannelManager>, SharedEnv, SharedEnv, SharedEnv, SharedEnv>;
pub(crate) type PeerManager = LdkPeerManager<
    Connection,
    Arc<ChannelGuard>,
    Arc<PeerGossip<Gossip>>,
    Arc<OnionMessenger>,
    SharedEnv,
    Arc<LiquidityMessages>,
    SharedKeys,
    Arc<Announcements>,
>;

/// Why `create` failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CreateError {
    /// The configuration is invalid; the message says where.
    Config(String),
    /// The seed or the entropy has the wrong length.
    Secret(String),
    /// The stored state cannot be loaded. Do not start from an older one: that can lose funds.
    State(&'static str, String),
}
impl core::fmt::Display for CreateError {
    fn fmt(&self, formatter: &mut core::fmt::Formatter) -> core::fmt::Result {
        match self {
            CreateError::Config(message) => write!(formatter, "configuration: {message}"),
            CreateError::Secret(message) => formatter.write_str(message),
            CreateError::State(part, message) => write!(formatter, "state: {part}: {message}"),
        }
    }
}
pub(crate) fn bad_state<E: core::fmt::Debug>(part: &'static str) -> impl FnOnce(E) -> CreateError {
    move |error| CreateError::State(part, format!("{error:?}"))
}

/// A sans-IO Lightning node. See the README of this crate for the interface.
pub struct Node {
    pub(crate) env: SharedEnv,
    pub(crate) keys: SharedKeys,
    pub(crate) wallet: Arc<Wallet>,
    pub(crate) monitors: Arc<MonitorStore>,
    pub(crate) chain_monitor: Arc<ChainMonitor>,
    pub(crate) manager: Arc<ChannelManager>,
    pub(crate) channel_messages: Arc<ChannelMessages>,
    pub(crate) guard: Arc<ChannelGuard>,
    pub(crate) onion_messenger: Arc<OnionMessenger>,
    pub(crate) peers: Arc<PeerManager>,
    pub(crate) liquidity: Arc<LiquidityMessages>,
    pub(crate) announcements: Arc<Announcements>,
    pub(crate) gossip: Arc<Gossip>,
    pub(crate) sweeper: Arc<Sweeper>,
    pub(crate) bumper: Bumper,
    pub(crate) graph: Arc<Graph>,
    pub(crate) graph_rows: GraphRows,
    /// Hash of the scorer as last written.
    pub(crate) stored_scorer: Option<u64>,
    pub(crate) rgs: RapidGossipSync<Arc<Graph>, SharedEnv>,
    pub(crate) scorer: Arc<RefCell<Scorer>>,
    pub(crate) watch: Arc<WatchList>,
    pub(crate) lost_channels: LostChannels,
    pub(crate) config: Config,
    /// Open connections.
    pub(crate) connections: BTreeSet<u64>,
    /// Peers as last reported, with their connections.
    pub(crate) connected: BTreeMap<PublicKey, u64>,
    /// LSPS2 buy requests that have been reported and not answered, with the end of validity of their fee parameters.
    pub(crate) buy_requests: BTreeMap<(PublicKey, String), u64>,
    /// Fee rates that the host chose for channels whose funding transaction is not built yet.
    pub(crate) funding_fee_rates: BTreeMap<ChannelId, u32>,
    /// Channels whose funding transaction, not built yet, is to be withheld until the peer has claimed a payment.
    pub(crate) withheld_fundings: BTreeSet<ChannelId>,
    pub(crate) pending: Pending,
    pub(crate) out: Writer,
}

/// Two weeks of blocks: the longest delay that LDK and LND accept.
const MAX_TO_SELF_DELAY: u16 = 2_016;

/// Key of the id of the last restore that was applied (`Config::restored`).
const LAST_RESTORE: &str = "restored";

/// LDK's channel configuration.
fn user_config(config: &Config) -> UserConfig {
    let mut user = UserConfig::default();
    let handshake = &mut user.channel_handshake_config;
    handshake.announce_for_forwarding = config.announced;
    handshake.negotiate_anchors_zero_fee_htlc_tx = true;
    handshake.negotiate_scid_privacy = !config.announced;
    let confirmations = if config.network == NetworkName::Regtest { 1 } else { 3 };
    handshake.minimum_depth = config.minimum_depth.unwrap_or(confirmations);
    handshake.max_inbound_htlc_value_in_flight_percent_of_channel = 100;
    handshake.our_max_accepted_htlcs = config.max_accepted_htlcs.unwrap_or(50).clamp(1, 483);
    if let Some(blocks) = config.to_self_delay {
        handshake.our_to_self_delay = blocks.clamp(BREAKDOWN_TIMEOUT, MAX_TO_SELF_DELAY);
    }
    user.channel_handshake_limits.force_announced_channel_preference = false;
    user.channel_handshake_limits.trust_own_funding_0conf = false;
    user.channel_config.accept_underpaying_htlcs = config.accept_skimmed_payments;
    if let Some(limit) = config.max_dust_exposure_msat {
        user.channel_config.max_dust_htlc_exposure =
            lightning::util::config::MaxDustHTLCExposure::FixedLimitMsat(limit.0);
    }
    if let Some(terms) = &config.forwarding {
        user.channel_config.forwarding_fee_base_msat = terms.fee_base_msat;
        user.channel_config.forwarding_fee_proportional_millionths = terms.fee_proportional_millionths;
        user.channel_config.cltv_expiry_delta = terms.cltv_expiry_delta;
    }
    // the host decides about every inbound channel
    user.manually_accept_inbound_channels = true;
    user.accept_forwards_to_priv_channels = config.announced;
    user.accept_intercept_htlcs = config.lsp_service;
    user
}

/// Derives 32 bytes for one purpose from the entropy of this start.
fn derive_entropy(entropy: &[u8; 32], purpose: &[u8]) -> [u8; 32] {
    let mut engine = sha256::Hash::engine();
    engine.input(entropy);
    engine.input(purpose);
    sha256::Hash::from_engine(engine).to_byte_array()
}

impl Node {
    /// Creates a new node (empty `state`), or loads one from its stored state. The layout of `state` is in the README.
    ///
    /// `seed` is only read here; the node keeps LDK's and the wallet's keys. The caller wipes its own copy. `entropy`
    /// must be 32 fresh bytes from a secure generator at every start.
    pub fn create(config: &[u8], seed: &[u8], entropy: &[u8], state: &[u8]) -> Result<Node, CreateError> {
        let config: Config = serde_json::from_slice(config).map_err(|error| CreateError::Config(error.to_string()))?;
        let derived = crate::wallet::derive(seed, network(config.network))
            .map_err(|error| CreateError::Secret(error.to_string()))?;
        let entropy: Zeroizing<[u8; 32]> = entropy
            .try_into()
            .map(Zeroizing::new)
            .map_err(|_| CreateError::Secret("entropy must be 32 bytes".into()))?;
        let hash_keys = derive_entropy(&entropy, b"hash map keys");
        let half = |at: usize| hash_keys[at..at + 8].try_into().map(u64::from_le_bytes).unwrap_or_default();
        possiblyrandom::set_hash_key(half(0), half(8));

        let stored = State::read(state).map_err(|error| CreateError::State("layout", error.to_string()))?;
        let watch = Arc::new(WatchList::new(config.watch_chain));
        let log_level = config.log_level.unwrap_or(LogLevel::Info);
        let random = derive_entropy(&entropy, b"random");
        let env: SharedEnv = Arc::new(Env::new(config.now_seconds, random, log_level, watch.clone()));
        for (key, value) in &stored.values {
            env.load((*key).to_string(), (*value).to_vec());
        }
        let best = best_block(&config.best_block);
        let wallet = Arc::new(Wallet::open(derived.descriptors, &config, env.clone(), watch.clone())?);

        // different at every start, so that LDK never derives the same channel keys twice
        let nanos = env.get_secure_random_bytes();
        let nanos = u32::from_le_bytes([nanos[0], nanos[1], nanos[2], nanos[3]]);
        let ldk_keys = KeysManager::new(&derived.ldk_seed, config.now_seconds, nanos, true);
        let keys: SharedKeys = Arc::new(ldk_keys);
        let signer: SharedSigner = Arc::new(ChannelKeys::new(keys.clone(), wallet.bdk.clone()));
        let justice = config.justice.clone().map(|terms| Justice::new(terms, env.clone(), wallet.bdk.clone()));
        let monitors = Arc::new(MonitorStore::new(config.monitor_image_every.unwrap_or(64), justice));
        let chain_monitor: Arc<ChainMonitor> = Arc::new(LdkChainMonitor::new(
            Some(env.clone()),
            env.clone(),
            env.clone(),
            env.clone(),
            monitors.clone(),
            env.clone(),
            keys.get_peer_storage_key(),
        ));

        let mut loaded = vec![];
        let mut channel_keys = BTreeMap::new();
        for (image, updates) in &stored.monitors {
            let (_, monitor) =
                <(BlockHash, ChannelMonitor<InMemorySigner>)>::read(&mut Cursor::new(image), (&*keys, &*signer))
                    .map_err(bad_state("monitor"))?;
            if let Some(keys) = signer.take_last_derived() {
                channel_keys.insert(monitor.channel_id(), keys);
            }
            let mut applied = 0;
            for update in updates {
                let update = ChannelMonitorUpdate::read(&mut Cursor::new(update)).map_err(bad_state("update"))?;
                if update.update_id > monitor.get_latest_update_id() {
                    monitor.update_monitor(&update, &env, &env, &env).map_err(bad_state("update"))?;
                    applied += 1;
                }
            }
            monitors.loaded(&monitor, applied);
            loaded.push(monitor);
        }

        let source = config.gossip.unwrap_or(GossipSource::Peers);
        let (graph, graph_rows) = load_graph(&stored, source, network(config.network), &env)?;
        let decay = ProbabilisticScoringDecayParameters::default();
        let scorer = if stored.scorer.is_empty() {
            Scorer::new(decay, graph.clone(), env.clone())
        } else {
            let arguments = (decay, graph.clone(), env.clone());
            Scorer::read(&mut Cursor::new(stored.scorer), arguments).map_err(bad_state("scorer"))?
        };
        let scorer = Arc::new(RefCell::new(scorer));
        let router: Arc<Router> = Arc::new(DefaultRouter::new(
            graph.clone(),
            env.clone(),
            env.clone(),
            scorer.clone(),
            ProbabilisticScoringFeeParameters::default(),
        ));
        let message_router: Arc<MessageRouter> = Arc::new(ViaPeer {
            inner: DefaultMessageRouter::new(graph.clone(), env.clone()),
            graph: graph.clone(),
            any_peer: !config.announced,
        });

        let user = user_config(&config);
        let manager: Arc<ChannelManager> = Arc::new(if stored.manager.is_empty() {
            if !loaded.is_empty() {
                return Err(CreateError::State("manager", "missing although there are monitors".into()));
            }
            let parameters = ChainParameters { network: network(config.network), best_block: best };
            LdkChannelManager::new(
                env.clone(),
                chain_monitor.clone(),
                env.clone(),
                router,
                message_router.clone(),
                env.clone(),
                env.clone(),
                keys.clone(),
                signer.clone(),
                user,
                parameters,
                u32::try_from(config.now_seconds).unwrap_or(u32::MAX),
            )
        } else {
            let arguments = ChannelManagerReadArgs::new(
                env.clone(),
                keys.clone(),
                signer.clone(),
                env.clone(),
                chain_monitor.clone(),
                env.clone(),
                router,
                message_router.clone(),
                env.clone(),
                user,
                loaded.iter().collect(),
            );
            <(BlockHash, ChannelManager)>::read(&mut Cursor::new(stored.manager), arguments)
                .map_err(bad_state("manager"))?
                .1
        });
        for monitor in loaded {
            let (channel, is_first) = (monitor.channel_id(), monitor.get_latest_update_id() == 0);
            chain_monitor.load_existing_monitor(channel, monitor).map_err(bad_state("monitor"))?;
            if is_first {
                // On loading, LDK completes updates that were stored before the restart, but not the initial monitor:
                // without this, a channel that was being opened would never broadcast its funding transaction.
                chain_monitor.channel_monitor_updated(channel, 0).map_err(bad_state("monitor"))?;
            }
        }

        let lookups = Arc::new(Lookups::new(config.utxo_lookup));
        let lookup = config.utxo_lookup.then(|| lookups.clone());
        let gossip_sync: Arc<GossipSync> = Arc::new(P2PGossipSync::new(graph.clone(), lookup, env.clone()));
        let gossip = Arc::new(Gossip::new(gossip_sync, manager.clone(), env.clone(), lookups, config.announced));
        let ignore: Ignore = Arc::new(IgnoringMessageHandler {});
        let onion_messenger: Arc<OnionMessenger> = Arc::new(LdkOnionMessenger::new(
            env.clone(),
            keys.clone(),
            env.clone(),
            manager.clone(),
            message_router,
            manager.clone(),
            manager.clone(),
            Arc::clone(&ignore),
            ignore,
        ));
        let service = config.lsp_service.then(|| LiquidityServiceConfig {
            lsps2_service_config: Some(LSPS2ServiceConfig { promise_secret: derived_secret(&keys, b"lsps2 promises") }),
            lsps5_service_config: None,
            advertise_service: true,
        });
        let client = LiquidityClientConfig {
            lsps1_client_config: None,
            lsps2_client_config: Some(LSPS2ClientConfig {}),
            lsps5_client_config: None,
        };
        crate::liquidity::Grant::drop_state_without_grants(&env);
        let liquidity_manager: Arc<LiquidityManager> = Arc::new(
            LiquidityManagerSync::new_with_custom_time_provider(
                env.clone(),
                keys.clone(),
                manager.clone(),
                None,
                None,
                env.clone(),
                env.clone(),
                service,
                Some(client),
                env.clone(),
            )
            .map_err(bad_state("liquidity"))?,
        );
        let liquidity = Arc::new(LiquidityMessages::new(liquidity_manager, gossip.clone()));
        let announcements =
            Arc::new(Announcements::new(chain_monitor.clone(), graph.clone(), manager.get_our_node_id()));
        let closing_fees = ClosingFees {
            floor_sat: config.max_closing_fee_sat.map_or(0, |fee| fee.0),
            multiple: config.max_closing_fee_multiple.unwrap_or(0).into(),
        };
        let channel_messages = Arc::new(ChannelMessages::new(manager.clone(), env.clone(), closing_fees));
        let guard = Arc::new(ChannelGuard::new(
            manager.clone(),
            channel_messages.clone(),
            env.clone(),
            keys.clone(),
            channel_keys,
            (!config.announced).then(|| (watch.clone(), chain_monitor.clone())),
        ));
        let handlers = MessageHandler {
            chan_handler: guard.clone(),
            route_handler: Arc::new(PeerGossip::new(
                (source == GossipSource::Peers).then(|| gossip.clone()),
                graph.get_chain_hash(),
            )),
            onion_message_handler: onion_messenger.clone(),
            custom_message_handler: liquidity.clone(),
            send_only_message_handler: announcements.clone(),
        };
        let peers: Arc<PeerManager> = Arc::new(LdkPeerManager::new(
            handlers,
            u32::try_from(config.now_seconds).unwrap_or(u32::MAX),
            &env.get_secure_random_bytes(),
            env.clone(),
            keys.clone(),
        ));
        let sweeper = Arc::new(crate::onchain::open_sweeper(
            manager.current_best_block(),
            env.clone(),
            watch.clone(),
            keys.clone(),
            wallet.bdk.clone(),
        )?);
        let source = Arc::new(WalletSync::new(wallet.bdk.clone(), env.clone()));
        let bumper = Bumper::new(env.clone(), source, signer, env.clone());
        let lost_channels = LostChannels::new(env.clone(), keys.clone(), watch.clone());
        let rgs = RapidGossipSync::new(graph.clone(), env.clone());
        let node = Node {
            env,
            keys,
            wallet,
            monitors,
            chain_monitor,
            manager,
            channel_messages,
            guard,
            onion_messenger,
            peers,
            liquidity,
            announcements,
            gossip,
            sweeper,
            bumper,
            graph,
            graph_rows,
            stored_scorer: None,
            rgs,
            scorer,
            watch,
            lost_channels,
            config,
            connections: BTreeSet::new(),
            connected: BTreeMap::new(),
            buy_requests: BTreeMap::new(),
            funding_fee_rates: BTreeMap::new(),
            withheld_fundings: BTreeSet::new(),
            pending: Pending::default(),
            out: Writer::default(),
        };
        node.rename_held_fundings();
        node.release_unused_fundings();
        node.hold_older_state();
        node.lost_channels.search_if_due(node.manager.current_best_block().height);
        Ok(node)
    }

    /// The node's public key.
    pub fn id(&self) -> [u8; 33] {
        self.manager.get_our_node_id().serialize()
    }

    /// Applies a batch of input frames, processes events until there are none, and returns the output frames.
    pub fn exchange(&mut self, input: &[u8]) -> Vec<u8> {
        self.gossip.begin_exchange();
        let active = self.apply_all(input);
        self.process_events();
        while self.read_waiting() {
            self.process_events();
        }
        for event in self.monitors.take_events() {
            self.emit(&event);
        }
        self.update_wallet();
        self.commit();
        self.drain();
        // stays true while an outbound payment can be retried, so ask for another call only after some input
        if (active && self.manager.needs_pending_htlc_processing()) || self.gossip.has_queries() {
            self.out.frame(output::AGAIN, |_| ());
        }
        core::mem::take(&mut self.out.0)
    }
}

impl Node {
    /// Applies `restored` and `recovery`: holds the channels of a state that may be older than that of their peers.
    fn hold_older_state(&self) {
        let reason = match (self.config.recovery, &self.config.restored) {
            (true, _) => HoldReason::Recovery,
            (false, Some(id)) if self.env.get(LAST_RESTORE).as_deref() != Some(id.as_bytes()) => {
                self.env.set(LAST_RESTORE, id.clone().into_bytes());
                HoldReason::Unverified
            }
            (false, _) => return,
        };
        self.lost_channels.begin(self.manager.current_best_block().height);
        for channel in self.chain_monitor.list_monitors() {
            let Ok(monitor) = self.chain_monitor.get_monitor(channel) else { continue };
            self.env.hold(channel, Hold { reason, funding: monitor.get_funding_txo().into_bitcoin_outpoint() });
        }
        if self.config.recovery {
            let message =
                "we have lost our newest state: please close the channel with your newest commitment transaction";
            self.manager.force_close_all_channels_broadcasting_latest_txn(message.into());
        }
    }

    /// Applies outgoing transactions to the wallet, and reports its new transactions.
    fn update_wallet(&mut self) {
        self.wallet.apply_broadcasts();
        for event in self.wallet.take_events() {
            self.emit(&event);
        }
    }

    /// Writes the queued bytes, transactions, watches and log lines, after the commit.
    fn drain(&mut self) {
        // LDK writes one message at a time; merge them into one frame per connection
        let mut merged: Vec<(u64, Vec<u8>)> = vec![];
        for (connection, bytes) in core::mem::take(&mut *self.env.bytes.borrow_mut()) {
            match merged.iter_mut().find(|(known, _)| *known == connection) {
                Some((_, all)) => all.extend_from_slice(&bytes),
                None => merged.push((connection, bytes)),
            }
        }
        for (connection, bytes) in merged {
            self.out.frame(output::BYTES, |out| {
                out.u64(connection);
                out.raw(&bytes);
            });
        }
        for (connection, reading) in self.env.flows.take_changes() {
            self.out.frame(output::READING, |out| {
                out.u64(connection);
                out.u8(reading.into());
            });
        }
        for connection in core::mem::take(&mut *self.env.closed.borrow_mut()) {
            self.connections.remove(&connection);
            self.env.flows.forget(connection);
            self.out.frame(output::CLOSE, |out| out.u64(connection));
        }
        for package in core::mem::take(&mut *self.env.transactions.borrow_mut()) {
            self.out.frame(output::TX, |out| {
                out.count(package.len());
                for transaction in &package {
                    out.bytes(&serialize(transaction));
                }
            });
        }
        for watch in self.watch.take() {
            self.out.frame(output::WATCH, |out| {
                out.u8(watch.kind);
                out.raw(&watch.txid);
                out.u32(watch.index);
                out.raw(watch.script.as_bytes());
            });
        }
        for scid in self.gossip.lookups.take_requests() {
            self.out.frame(output::LOOKUP, |out| out.u64(scid));
        }
        for (level, line) in core::mem::take(&mut *self.env.logs.borrow_mut()) {
            self.out.frame(output::LOG, |out| {
                out.u8(level);
                out.raw(line.as_bytes());
            });
        }
    }
}
