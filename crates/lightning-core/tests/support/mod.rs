//! A test environment: nodes in one process, a simulated chain, and hosts that implement the host's loop (store, send,
//! acknowledge) and can be killed at any point of it.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)] // each test file uses only a part
pub mod host;

use lightning::bitcoin::consensus::{deserialize, serialize};
use lightning::bitcoin::hashes::{sha256, sha256d, Hash};
use lightning::bitcoin::{
    absolute::LockTime, transaction::Version, Address, Amount, Network, OutPoint, ScriptBuf, Sequence, Transaction,
    TxIn, TxOut, Txid, Witness,
};
use lightning_core::api::{
    BlockId, Command, CommandResult, Config, CoreError, Event, Hex32, IdHex, LogLevel, NetworkName, PublicKeyHex,
};
use lightning_core::wire::{input, output, Reader, Writer};
use lightning_core::Node;
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

pub fn hash(text: &str) -> [u8; 32] {
    sha256::Hash::hash(text.as_bytes()).to_byte_array()
}

/// A full monitor, and its updates by update id.
type Monitor = (Vec<u8>, BTreeMap<u64, Vec<u8>>);

/// A host's database.
#[derive(Default, Clone)]
pub struct Store {
    manager: Vec<u8>,
    monitors: BTreeMap<String, Monitor>,
    values: BTreeMap<String, Vec<u8>>,
    /// The graph as earlier versions stored it.
    pub whole_graph: Vec<u8>,
    /// Rows of the graph, or snapshots under `s/`.
    pub graph_rows: BTreeMap<String, Vec<u8>>,
    pub commits: usize,
}
impl Store {
    /// Applies the rows of the graph, as `dump` writes them. Returns their number.
    pub fn apply_graph(&mut self, rows: &[u8]) -> usize {
        let mut reader = Reader(rows);
        let count = reader.u32().unwrap();
        for _ in 0..count {
            let key = reader.text().unwrap().to_string();
            let present = reader.u8().unwrap();
            let value = reader.bytes().unwrap().to_vec();
            if present == 1 {
                self.graph_rows.insert(key, value);
            } else {
                self.graph_rows.remove(&key);
            }
        }
        reader.end().unwrap();
        count as usize
    }
    /// Applies a commit and returns its id.
    pub fn apply(&mut self, commit: &[u8]) -> u64 {
        self.commits += 1;
        let mut reader = Reader(commit);
        let id = reader.u64().unwrap();
        let manager = reader.bytes().unwrap();
        if !manager.is_empty() {
            self.manager = manager.to_vec();
        }
        for _ in 0..reader.u32().unwrap() {
            let name = reader.text().unwrap().to_string();
            let covered = reader.u64().unwrap();
            let image = reader.bytes().unwrap().to_vec();
            assert!(!name.is_empty() && !image.is_empty());
            let monitor = self.monitors.entry(name).or_default();
            monitor.0 = image;
            monitor.1.retain(|update, _| *update > covered);
        }
        for _ in 0..reader.u32().unwrap() {
            let name = reader.text().unwrap();
            let update = reader.u64().unwrap();
            let bytes = reader.bytes().unwrap().to_vec();
            self.monitors.get_mut(name).expect("an update of a stored monitor").1.insert(update, bytes);
        }
        for _ in 0..reader.u32().unwrap() {
            self.monitors.remove(reader.text().unwrap());
        }
        for _ in 0..reader.u32().unwrap() {
            let key = reader.text().unwrap().to_string();
            let present = reader.u8().unwrap();
            let value = reader.bytes().unwrap().to_vec();
            if present == 1 {
                self.values.insert(key, value);
            } else {
                self.values.remove(&key);
            }
        }
        reader.end().unwrap();
        id
    }
    pub fn state(&self) -> Vec<u8> {
        if self.commits == 0 {
            return vec![];
        }
        let mut writer = Writer::default();
        writer.bytes(&self.manager);
        writer.count(self.monitors.len());
        for (image, updates) in self.monitors.values() {
            writer.bytes(image);
            writer.count(updates.len());
            for update in updates.values() {
                writer.bytes(update);
            }
        }
        writer.count(self.values.len());
        for (key, value) in &self.values {
            writer.bytes(key.as_bytes());
            writer.bytes(value);
        }
        writer.bytes(&self.whole_graph);
        writer.bytes(&[]);
        if !self.graph_rows.is_empty() {
            writer.count(self.graph_rows.len());
            for (key, value) in &self.graph_rows {
                writer.bytes(key.as_bytes());
                writer.bytes(value);
            }
        }
        writer.0
    }
    /// The number of stored monitors.
    pub fn monitors(&self) -> usize {
        self.monitors.len()
    }
    pub fn has_key(&self, key: &str) -> bool {
        self.values.contains_key(key)
    }
    /// The number of stored values whose keys start with this prefix.
    pub fn keys_with(&self, prefix: &str) -> usize {
        self.values.keys().filter(|key| key.starts_with(prefix)).count()
    }
    pub fn contains(&self, needle: &[u8]) -> bool {
        self.values.values().any(|value| value.windows(needle.len()).any(|window| window == needle))
    }
}

/// The output of one exchange.
#[derive(Default)]
pub struct Batch {
    commit: Option<Vec<u8>>,
    events: Vec<Event>,
    sends: Vec<(u8, Vec<u8>)>,
}

/// When a host is killed, relative to the batch of an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    BeforeStore,
    Stored,
    HalfSent,
    AllSent,
}
pub const PHASES: [Phase; 4] = [Phase::BeforeStore, Phase::Stored, Phase::HalfSent, Phase::AllSent];

#[derive(Clone, Copy, Debug)]
pub struct Crash {
    pub node: usize,
    pub exchange: usize,
    pub phase: Phase,
}

pub struct TestNode {
    pub name: &'static str,
    pub config: Config,
    pub core: Node,
    pub id: PublicKeyHex,
    pub store: Store,
    pub events: VecDeque<Event>,
    pub all_events: Vec<Event>,
    pub logs: Vec<String>,
    pub exchanges: usize,
    pub rejected: Vec<String>,
    /// Short channel ids that the node has asked to look up.
    pub lookups: Vec<u64>,
    /// All transactions that this node has handed to its host, also those that the chain does not accept.
    pub transactions: Vec<Transaction>,
    inbox: Writer,
    queue: VecDeque<Batch>,
    connections: HashMap<u64, (usize, u64)>,
    /// Bytes sent on each connection since the last `SENT`.
    unreported: HashMap<u64, usize>,
    results: HashMap<u32, Result<CommandResult, CoreError>>,
    /// The last snapshot of each kind.
    pub snapshots: BTreeMap<u8, Vec<u8>>,
    starts: u32,
    down: bool,
}

pub struct World {
    pub nodes: Vec<TestNode>,
    pub height: u32,
    pub time: u32,
    pub mempool: Vec<Transaction>,
    pub broadcast: HashSet<Txid>,
    pub crash: Option<Crash>,
    pub crashed: Option<usize>,
    /// Number of exchanges whose batches may wait to be stored. 0: store each at once.
    pub lag: usize,
    /// The node whose stored state is copied after each commit.
    pub copied: Option<usize>,
    /// Those copies, oldest first.
    pub copies: Vec<Store>,
    headers: Vec<[u8; 80]>,
    /// All outputs, with their values in satoshis.
    outputs: HashMap<OutPoint, u64>,
    /// Outputs spent by blocks.
    spent: HashSet<OutPoint>,
    next_connection: u64,
    next_request: u32,
    next_coin: u32,
}

pub const START: u32 = 800_000;

pub fn config(announced: bool) -> Config {
    Config {
        network: NetworkName::Regtest,
        now_seconds: 0,
        best_block: BlockId { height: START, hash: IdHex([9; 32]) },
        log_level: Some(LogLevel::Info),
        announced,
        gossip: None,
        forwarding: None,
        lsp_service: false,
        accept_skimmed_payments: false,
        max_accepted_htlcs: None,
        minimum_depth: None,
        max_dust_exposure_msat: None,
        intercept_deadline_seconds: None,
        on_chain_reserve_sat: None,
        on_chain_reserve_per_channel_sat: None,
        to_self_delay: None,
        max_closing_fee_sat: Some(lightning_core::api::Sat(5_000)),
        max_closing_fee_multiple: Some(5),
        monitor_image_every: Some(8),
        restored: None,
        recovery: false,
        justice: None,
        watch_chain: false,
        utxo_lookup: false,
    }
}

impl World {
    pub fn new() -> World {
        World {
            nodes: vec![],
            height: START,
            time: 1_700_000_000,
            mempool: vec![],
            broadcast: HashSet::new(),
            crash: None,
            crashed: None,
            lag: 0,
            copied: None,
            copies: vec![],
            headers: vec![[9; 80]],
            outputs: HashMap::new(),
            spent: HashSet::new(),
            next_connection: 1,
            next_request: 1,
            next_coin: 1,
        }
    }
    fn tip(&self) -> [u8; 32] {
        sha256d::Hash::hash(self.headers.last().unwrap()).to_byte_array()
    }
    fn start(&self, name: &str, config: &Config, starts: u32, state: &[u8]) -> Node {
        let mut config = config.clone();
        config.now_seconds = self.time.into();
        config.best_block = BlockId { height: self.height, hash: IdHex(self.tip()) };
        let json = serde_json::to_vec(&config).unwrap();
        let seed = hash(&format!("seed of {name}"));
        let entropy = hash(&format!("start {starts} of {name}"));
        Node::create(&json, &seed, &entropy, state).unwrap_or_else(|error| panic!("{name} failed to start: {error}"))
    }
    pub fn add(&mut self, name: &'static str, config: Config) -> usize {
        let core = self.start(name, &config, 0, &[]);
        let id = PublicKeyHex(core.id());
        self.nodes.push(TestNode {
            name,
            config,
            core,
            id,
            store: Store::default(),
            events: VecDeque::new(),
            all_events: vec![],
            logs: vec![],
            exchanges: 0,
            rejected: vec![],
            lookups: vec![],
            transactions: vec![],
            inbox: Writer::default(),
            queue: VecDeque::new(),
            connections: HashMap::new(),
            unreported: HashMap::new(),
            results: HashMap::new(),
            snapshots: BTreeMap::new(),
            starts: 0,
            down: false,
        });
        let index = self.nodes.len() - 1;
        self.send_time(index);
        self.run();
        index
    }
    pub fn frame(&mut self, node: usize, tag: u8, write: impl FnOnce(&mut Writer)) {
        self.nodes[node].inbox.frame(tag, write);
    }
    fn send_time(&mut self, node: usize) {
        let now = self.time.into();
        self.frame(node, input::NOW, |out| out.u64(now));
    }
    pub fn connect(&mut self, from: usize, to: usize) {
        let (a, b) = (self.next_connection, self.next_connection + 1);
        self.next_connection += 2;
        self.nodes[from].connections.insert(a, (to, b));
        self.nodes[to].connections.insert(b, (from, a));
        let id = self.nodes[to].id;
        self.frame(to, input::CONN_IN, |out| out.u64(b));
        self.frame(from, input::CONN_OUT, |out| {
            out.u64(a);
            out.raw(&id.0);
        });
    }
    pub fn disconnect(&mut self, node: usize) {
        let own: Vec<_> = self.nodes[node].connections.drain().collect();
        for (mine, (other, theirs)) in own {
            if self.nodes[other].connections.remove(&theirs).is_some() {
                self.frame(other, input::DISCONNECTED, |out| out.u64(theirs));
            }
            self.frame(node, input::DISCONNECTED, |out| out.u64(mine));
        }
    }

    // -- the host's loop

    fn exchange(&mut self, index: usize) {
        let node = &mut self.nodes[index];
        let frames = core::mem::take(&mut node.inbox.0);
        let out = node.core.exchange(&frames);
        node.exchanges += 1;
        let mut batch = Batch::default();
        let mut reader = Reader(&out);
        while !reader.is_empty() {
            let tag = reader.u8().unwrap();
            let payload = reader.bytes().unwrap();
            match tag {
                output::BYTES | output::CLOSE | output::TX => batch.sends.push((tag, payload.to_vec())),
                output::EVENT => batch.events.push(serde_json::from_slice(payload).unwrap()),
                output::COMMIT => {
                    assert!(batch.commit.replace(payload.to_vec()).is_none(), "at most one commit per exchange")
                }
                output::LOG => node.logs.push(format!("{} {}", payload[0], String::from_utf8_lossy(&payload[1..]))),
                output::REJECTED => node.rejected.push(String::from_utf8_lossy(&payload[1..]).into()),
                output::SNAPSHOT => {
                    if payload[0] == 0 {
                        node.store.apply_graph(&payload[1..]);
                    }
                    node.snapshots.insert(payload[0], payload[1..].to_vec());
                }
                output::RESULT => {
                    let mut result = Reader(payload);
                    let request = result.u32().unwrap();
                    let ok = result.u8().unwrap() == 1;
                    let json = result.rest();
                    let value = if ok {
                        Ok(serde_json::from_slice(json).unwrap())
                    } else {
                        Err(serde_json::from_slice(json).unwrap())
                    };
                    node.results.insert(request, value);
                }
                output::LOOKUP => node.lookups.push(Reader(payload).u64().unwrap()),
                output::AGAIN | output::WATCH | output::READING => {}
                other => panic!("output {other}"),
            }
        }
        let empty = batch.commit.is_none() && batch.events.is_empty() && batch.sends.is_empty();
        if !empty {
            node.queue.push_back(batch);
        }
        let due = |crash: Crash| crash.node == index && self.nodes[index].exchanges >= crash.exchange;
        if self.crash.is_some_and(due) {
            self.kill();
            return;
        }
        while self.nodes[index].queue.len() > self.lag {
            self.release(index);
        }
    }
    fn store_batch(&mut self, index: usize, batch: &mut Batch) -> Option<u64> {
        let node = &mut self.nodes[index];
        let id = batch.commit.take().map(|commit| node.store.apply(&commit));
        for event in batch.events.drain(..) {
            node.all_events.push(event.clone());
            node.events.push_back(event);
        }
        if id.is_some() && self.copied == Some(index) {
            self.copies.push(self.nodes[index].store.clone());
        }
        id
    }
    fn send_all(&mut self, index: usize, sends: Vec<(u8, Vec<u8>)>) {
        for (tag, payload) in sends {
            let mut reader = Reader(&payload);
            if tag == output::TX {
                for _ in 0..reader.u32().unwrap() {
                    let transaction: Transaction = deserialize(reader.bytes().unwrap()).unwrap();
                    self.nodes[index].transactions.push(transaction.clone());
                    self.accept(transaction);
                }
                continue;
            }
            let connection = reader.u64().unwrap();
            if tag == output::BYTES {
                if let Some((other, theirs)) = self.nodes[index].connections.get(&connection).copied() {
                    let bytes = reader.rest().to_vec();
                    self.frame(other, input::READ, |out| {
                        out.u64(theirs);
                        out.raw(&bytes);
                    });
                    let unreported = self.nodes[index].unreported.entry(connection).or_default();
                    *unreported += bytes.len();
                    if *unreported > 128 * 1024 {
                        *unreported = 0;
                        self.frame(index, input::SENT, |out| out.u64(connection));
                    }
                }
            } else if let Some((other, theirs)) = self.nodes[index].connections.remove(&connection) {
                self.nodes[other].connections.remove(&theirs);
                self.frame(other, input::DISCONNECTED, |out| out.u64(theirs));
            }
        }
    }
    fn release(&mut self, index: usize) -> bool {
        let Some(mut batch) = self.nodes[index].queue.pop_front() else {
            return false;
        };
        let id = self.store_batch(index, &mut batch);
        self.send_all(index, batch.sends);
        if let Some(id) = id {
            self.frame(index, input::ACK, |out| out.u64(id));
        }
        true
    }
    /// Kills the planned node in the planned phase, and starts it again from its store.
    fn kill(&mut self) {
        let crash = self.crash.take().unwrap();
        let index = crash.node;
        if crash.phase != Phase::BeforeStore {
            if let Some(mut batch) = self.nodes[index].queue.pop_front() {
                self.store_batch(index, &mut batch);
                let sent = match crash.phase {
                    Phase::HalfSent => batch.sends.len().div_ceil(2),
                    Phase::AllSent => batch.sends.len(),
                    Phase::BeforeStore | Phase::Stored => 0,
                };
                batch.sends.truncate(sent);
                self.send_all(index, batch.sends);
            }
        }
        self.restart(index);
        self.crashed = Some(index);
    }
    pub fn restart(&mut self, index: usize) {
        self.nodes[index].queue.clear();
        self.nodes[index].inbox.0.clear();
        self.nodes[index].results.clear();
        self.nodes[index].starts += 1;
        let node = &self.nodes[index];
        let state = node.store.state();
        let core = self.start(node.name, &node.config, node.starts, &state);
        assert_eq!(PublicKeyHex(core.id()), node.id);
        self.nodes[index].core = core;
        for (_, (other, theirs)) in core::mem::take(&mut self.nodes[index].connections) {
            if self.nodes[other].connections.remove(&theirs).is_some() {
                self.frame(other, input::DISCONNECTED, |out| out.u64(theirs));
            }
        }
        self.nodes[index].down = true;
        self.send_time(index);
    }
    /// Runs until there is nothing to do.
    pub fn run(&mut self) {
        for _ in 0..20_000 {
            let mut busy = false;
            for index in 0..self.nodes.len() {
                if !self.nodes[index].inbox.0.is_empty() {
                    self.exchange(index);
                    busy = true;
                }
            }
            if !busy {
                for index in 0..self.nodes.len() {
                    busy |= self.release(index);
                }
            }
            if !busy {
                return;
            }
        }
        panic!("the nodes never become idle");
    }

    // -- commands

    pub fn send(&mut self, node: usize, command: &Command) -> u32 {
        let request = self.next_request;
        self.next_request += 1;
        let json = serde_json::to_vec(command).unwrap();
        self.frame(node, input::COMMAND, |out| {
            out.u32(request);
            out.raw(&json);
        });
        request
    }
    pub fn result(&mut self, node: usize, request: u32) -> Option<Result<CommandResult, CoreError>> {
        self.nodes[node].results.remove(&request)
    }
    /// Sends a command, runs, and returns the result. `None` if the node was killed before it answered.
    pub fn call(&mut self, node: usize, command: &Command) -> Option<Result<CommandResult, CoreError>> {
        let request = self.send(node, command);
        self.run();
        self.result(node, request)
    }
    pub fn call_ok(&mut self, node: usize, command: Command) -> CommandResult {
        match self.call(node, &command) {
            Some(Ok(result)) => result,
            other => {
                panic!("{command:?}: {other:?}; {:?}", self.nodes[node].logs.iter().rev().take(5).collect::<Vec<_>>())
            }
        }
    }
    pub fn take_event(&mut self, node: usize, mut wanted: impl FnMut(&Event) -> bool) -> Option<Event> {
        let at = self.nodes[node].events.iter().position(&mut wanted)?;
        self.nodes[node].events.remove(at)
    }
    pub fn dump_graphs(&mut self) {
        for node in 0..self.nodes.len() {
            self.call_ok(node, Command::Dump(lightning_core::api::Dump { graph: true, scorer: false }));
        }
    }

    // -- the chain

    fn fee_sat(&self, transaction: &Transaction) -> u64 {
        let paid: u64 = transaction.input.iter().map(|input| self.outputs[&input.previous_output]).sum();
        paid - transaction.output.iter().map(|output| output.value.to_sat()).sum::<u64>()
    }
    /// Adds a transaction to the mempool if its inputs exist and are unspent, or are spent only by mempool
    /// transactions with lower fees.
    fn accept(&mut self, transaction: Transaction) {
        let txid = transaction.compute_txid();
        let inputs: HashSet<OutPoint> = transaction.input.iter().map(|input| input.previous_output).collect();
        let known = inputs.iter().all(|input| self.outputs.contains_key(input) && !self.spent.contains(input));
        if !known || self.broadcast.contains(&txid) {
            return;
        }
        let conflicts = |other: &Transaction| other.input.iter().any(|input| inputs.contains(&input.previous_output));
        let mut evicted: HashSet<Txid> = HashSet::new();
        for other in &self.mempool {
            if conflicts(other) || other.input.iter().any(|input| evicted.contains(&input.previous_output.txid)) {
                evicted.insert(other.compute_txid());
            }
        }
        let (replaced, kept): (Vec<_>, Vec<_>) =
            self.mempool.iter().cloned().partition(|other| evicted.contains(&other.compute_txid()));
        let fees: u64 = replaced.iter().map(|other| self.fee_sat(other)).sum();
        if !replaced.is_empty() && self.fee_sat(&transaction) <= fees {
            return;
        }
        self.mempool = kept;
        self.broadcast.insert(txid);
        for (output, index) in transaction.output.iter().zip(0..) {
            self.outputs.insert(OutPoint { txid, vout: index }, output.value.to_sat());
        }
        self.mempool.push(transaction);
    }
    pub fn fund_wallet(&mut self, node: usize, sat: u64) {
        let CommandResult::Address { address } = self.call_ok(node, Command::NewAddress) else { panic!("address") };
        let script = address.parse::<Address<_>>().unwrap().require_network(Network::Regtest).unwrap().script_pubkey();
        let mut coin = [7; 32];
        coin[..4].copy_from_slice(&self.next_coin.to_le_bytes());
        self.next_coin += 1;
        let outpoint = OutPoint { txid: Txid::from_byte_array(coin), vout: 0 };
        self.outputs.insert(outpoint, sat);
        self.accept(Transaction {
            version: Version::TWO,
            lock_time: LockTime::ZERO,
            input: vec![TxIn {
                previous_output: outpoint,
                script_sig: ScriptBuf::new(),
                sequence: Sequence::MAX,
                witness: Witness::from_slice(&[&[1u8][..]]),
            }],
            output: vec![TxOut { value: Amount::from_sat(sat), script_pubkey: script }],
        });
        self.mine(1);
    }
    pub fn mine(&mut self, blocks: u32) {
        for _ in 0..blocks {
            let transactions = core::mem::take(&mut self.mempool);
            self.spent.extend(transactions.iter().flat_map(|one| one.input.iter().map(|input| input.previous_output)));
            self.height += 1;
            self.time += 1;
            let mut header = [0; 80];
            header[0] = 4;
            header[4..36].copy_from_slice(&self.tip());
            header[36..40].copy_from_slice(&self.height.to_le_bytes());
            header[68..72].copy_from_slice(&self.time.to_le_bytes());
            header[72..76].copy_from_slice(&0x207f_ffffu32.to_le_bytes());
            self.headers.push(header);
            for node in 0..self.nodes.len() {
                self.send_time(node);
                let height = self.height;
                self.frame(node, input::BLOCK, |out| {
                    out.u32(height);
                    out.raw(&header);
                    out.count(transactions.len());
                    for (index, transaction) in transactions.iter().enumerate() {
                        out.u32(u32::try_from(index).unwrap() + 1);
                        out.bytes(&serialize(transaction));
                    }
                });
            }
            self.run();
        }
    }
    pub fn header_at(&self, height: u32) -> [u8; 80] {
        self.headers[(height - START) as usize]
    }
    /// Disconnects the newest blocks from all nodes. Their transactions do not return to the mempool.
    pub fn disconnect_blocks(&mut self, blocks: u32) {
        self.headers.truncate(self.headers.len() - blocks as usize);
        self.height -= blocks;
        let (height, header) = (self.height, *self.headers.last().unwrap());
        for node in 0..self.nodes.len() {
            self.frame(node, input::DISCONNECT_TO, |out| {
                out.u32(height);
                out.raw(&header);
            });
        }
        self.run();
    }
    pub fn tick(&mut self, which: u8) {
        self.time += 11;
        for node in 0..self.nodes.len() {
            self.send_time(node);
            self.frame(node, input::TICK, |out| out.u8(which));
        }
        self.run();
    }
}

pub fn hex32(text: &str) -> Hex32 {
    Hex32(hash(text))
}
