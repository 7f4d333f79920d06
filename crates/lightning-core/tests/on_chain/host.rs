//! A host that implements the README's loop: stores each commit, then sends bytes and transactions, then acknowledges.
use crate::chain::Chain;
use lightning::bitcoin::consensus::{deserialize, serialize};
use lightning::bitcoin::hashes::Hash;
use lightning::bitcoin::{BlockHash, OutPoint, ScriptBuf, Transaction, Txid};
use lightning_core::api::{BlockId, Command, CommandResult, Config, CoreError, Event, IdHex, NetworkName};
use lightning_core::wire::{input, output, Reader, Writer};
use lightning_core::Node;
use std::collections::{BTreeMap, BTreeSet};

/// How a host follows the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// Full blocks, from its own node.
    Blocks,
    /// Selected transactions, from Esplora.
    Esplora,
}

/// A full monitor, and its updates by update id.
type Monitor = (Vec<u8>, BTreeMap<u64, Vec<u8>>);

#[derive(Clone, Default)]
pub struct Store {
    manager: Vec<u8>,
    monitors: BTreeMap<String, Monitor>,
    values: BTreeMap<String, Vec<u8>>,
}

pub struct Host {
    pub name: &'static str,
    node: Node,
    config: Config,
    seed: [u8; 64],
    starts: u32,
    store: Store,
    acknowledge: Option<u64>,
    pub view: View,
    pub events: Vec<Event>,
    pub bytes: Vec<u8>,
    pub connection: u64,
    pub packages: Vec<Vec<Transaction>>,
    pub fees: [u32; 8],
    results: BTreeMap<u32, Result<CommandResult, CoreError>>,
    requests: u32,
    /// The tip that the host has passed to the node last.
    synced_tip: BlockHash,
    watched_transactions: BTreeSet<Txid>,
    watched_outputs: BTreeSet<OutPoint>,
    watched_scripts: BTreeSet<ScriptBuf>,
    synced_transactions: BTreeSet<(Txid, BlockHash)>,
    synced_blocks: BTreeSet<BlockHash>,
}

pub const SLOW: [u32; 8] = [25_000, 1_000, 253, 253, 253, 1_000, 253, 500];
pub const FAST: [u32; 8] = [50_000, 10_000, 253, 253, 253, 8_000, 253, 2_000];

impl Host {
    pub fn new(name: &'static str, seed: u8, view: View, chain: &Chain, depth: u32) -> Host {
        let tip = BlockId { height: chain.height(), hash: IdHex(chain.tip().block_hash().to_byte_array()) };
        let config: Config = serde_json::from_value(serde_json::json!({
            "network": NetworkName::Regtest, "nowSeconds": chain.now(), "bestBlock": tip, "announced": false,
            "watchChain": view == View::Esplora, "minimumDepth": depth, "logLevel": "warn",
        }))
        .unwrap();
        let node = Node::create(&serde_json::to_vec(&config).unwrap(), &[seed; 64], &[seed; 32], &[]).unwrap();
        let mut host = Host {
            name,
            node,
            config,
            seed: [seed; 64],
            starts: 0,
            store: Store::default(),
            acknowledge: None,
            view,
            events: vec![],
            bytes: vec![],
            connection: 0,
            packages: vec![],
            fees: SLOW,
            results: BTreeMap::new(),
            requests: 0,
            synced_tip: chain.tip().block_hash(),
            watched_transactions: BTreeSet::new(),
            watched_outputs: BTreeSet::new(),
            watched_scripts: BTreeSet::new(),
            synced_transactions: BTreeSet::new(),
            synced_blocks: BTreeSet::from([chain.tip().block_hash()]),
        };
        host.exchange(chain, |_| ());
        host
    }
    pub fn id(&self) -> [u8; 33] {
        self.node.id()
    }

    /// Drops the node and loads it again from the store.
    pub fn restart(&mut self, chain: &Chain) {
        let mut state = Writer::default();
        state.bytes(&self.store.manager);
        state.count(self.store.monitors.len());
        for (image, updates) in self.store.monitors.values() {
            state.bytes(image);
            state.count(updates.len());
            updates.values().for_each(|update| state.bytes(update));
        }
        state.count(self.store.values.len());
        for (key, value) in &self.store.values {
            state.bytes(key.as_bytes());
            state.bytes(value);
        }
        state.bytes(&[]);
        state.bytes(&[]);
        self.starts += 1;
        self.config.now_seconds = chain.now();
        let mut entropy = [self.seed[0]; 32];
        entropy[..4].copy_from_slice(&self.starts.to_le_bytes());
        let config = serde_json::to_vec(&self.config).unwrap();
        self.node = Node::create(&config, &self.seed, &entropy, &state.0).unwrap();
        self.acknowledge = None;
        self.bytes.clear();
        self.synced_transactions.clear();
        self.exchange(chain, |_| ());
    }

    /// A copy of the store.
    pub fn copy_store(&self) -> Store {
        self.store.clone()
    }
    /// Restarts from an older store, as a cheating or broken host would.
    pub fn restart_from(&mut self, store: Store, chain: &Chain) {
        self.store = store;
        self.synced_blocks.clear();
        self.synced_blocks.extend(chain.blocks.iter().map(|block| block.block_hash()));
        self.restart(chain);
    }

    /// One exchange.
    pub fn exchange(&mut self, chain: &Chain, write: impl FnOnce(&mut Writer)) {
        let mut frames = Writer::default();
        if let Some(id) = self.acknowledge.take() {
            frames.frame(input::ACK, |out| out.u64(id));
        }
        frames.frame(input::NOW, |out| out.u64(chain.now()));
        frames.frame(input::FEES, |out| self.fees.iter().for_each(|rate| out.u32(*rate)));
        write(&mut frames);
        let answer = self.node.exchange(&frames.0);
        let mut reader = Reader(&answer);
        while !reader.is_empty() {
            let tag = reader.u8().unwrap();
            let mut frame = Reader(reader.bytes().unwrap());
            match tag {
                output::COMMIT => self.store_commit(&mut frame),
                output::BYTES => {
                    let connection = frame.u64().unwrap();
                    if connection == self.connection {
                        self.bytes.extend_from_slice(frame.rest());
                    }
                }
                output::EVENT => {
                    let event: Event = serde_json::from_slice(frame.rest()).unwrap();
                    self.events.push(event);
                }
                output::TX => {
                    let package = (0..frame.u32().unwrap()).map(|_| deserialize(frame.bytes().unwrap()).unwrap());
                    self.packages.push(package.collect());
                }
                output::RESULT => {
                    let (request, ok) = (frame.u32().unwrap(), frame.u8().unwrap());
                    let json = frame.rest();
                    let result = match ok {
                        1 => Ok(serde_json::from_slice(json).unwrap()),
                        _ => Err(serde_json::from_slice(json).unwrap()),
                    };
                    self.results.insert(request, result);
                }
                output::WATCH => {
                    let kind = frame.u8().unwrap();
                    let txid = Txid::from_byte_array(frame.array().unwrap());
                    let vout = frame.u32().unwrap();
                    match kind {
                        0 => drop(self.watched_transactions.insert(txid)),
                        1 => drop(self.watched_outputs.insert(OutPoint { txid, vout })),
                        _ => drop(self.watched_scripts.insert(ScriptBuf::from_bytes(frame.rest().to_vec()))),
                    }
                }
                output::LOG => {
                    let level = frame.u8().unwrap();
                    let line = String::from_utf8_lossy(frame.rest()).into_owned();
                    // LDK logs a pending monitor update as an error; only the wallet's errors are failures
                    assert!(!line.contains("on-chain wallet:"), "{}: {line}", self.name);
                    if level >= 5 || std::env::var_os("SHOW_LOGS").is_some() {
                        println!("{} {level} {line}", self.name);
                    }
                }
                output::REJECTED => panic!("{}: rejected: {}", self.name, String::from_utf8_lossy(frame.rest())),
                _ => {}
            }
        }
    }

    fn store_commit(&mut self, frame: &mut Reader) {
        let id = frame.u64().unwrap();
        let manager = frame.bytes().unwrap();
        if !manager.is_empty() {
            self.store.manager = manager.to_vec();
        }
        for _ in 0..frame.u32().unwrap() {
            let (name, update, image) = (frame.text().unwrap(), frame.u64().unwrap(), frame.bytes().unwrap());
            let entry = self.store.monitors.entry(name.to_string()).or_default();
            entry.0 = image.to_vec();
            entry.1.retain(|id, _| *id > update);
        }
        for _ in 0..frame.u32().unwrap() {
            let (name, update, bytes) = (frame.text().unwrap(), frame.u64().unwrap(), frame.bytes().unwrap());
            self.store.monitors.get_mut(name).unwrap().1.insert(update, bytes.to_vec());
        }
        for _ in 0..frame.u32().unwrap() {
            self.store.monitors.remove(frame.text().unwrap()).unwrap();
        }
        for _ in 0..frame.u32().unwrap() {
            let (key, present, value) = (frame.text().unwrap(), frame.u8().unwrap(), frame.bytes().unwrap());
            match present {
                1 => drop(self.store.values.insert(key.to_string(), value.to_vec())),
                _ => drop(self.store.values.remove(key)),
            }
        }
        frame.end().unwrap();
        self.acknowledge = Some(id);
    }
    pub fn owes_acknowledgement(&self) -> bool {
        self.acknowledge.is_some()
    }

    pub fn try_command(&mut self, chain: &Chain, command: serde_json::Value) -> Result<CommandResult, CoreError> {
        let command: Command = serde_json::from_value(command).unwrap();
        self.requests += 1;
        let request = self.requests;
        let json = serde_json::to_vec(&command).unwrap();
        self.exchange(chain, |out| {
            out.frame(input::COMMAND, |out| {
                out.u32(request);
                out.raw(&json);
            });
        });
        self.results.remove(&request).unwrap()
    }
    pub fn command(&mut self, chain: &Chain, command: serde_json::Value) -> CommandResult {
        let name = self.name;
        self.try_command(chain, command).unwrap_or_else(|error| panic!("{name}: {error:?}"))
    }

    /// Syncs the node to the chain.
    pub fn sync(&mut self, chain: &Chain) {
        match self.view {
            View::Blocks => self.sync_blocks(chain),
            View::Esplora => self.sync_esplora(chain),
        }
    }

    fn sync_blocks(&mut self, chain: &Chain) {
        let CommandResult::ChainStatus(status) = self.command(chain, serde_json::json!({ "type": "chainStatus" }))
        else {
            panic!("no chain status")
        };
        let best = BlockHash::from_byte_array(status.best_block.hash.0);
        let mut from = chain.height_of(best);
        if from.is_none() {
            // the synced tip is no longer in the chain: disconnect to the fork
            let mut height = status.best_block.height.min(chain.height());
            while chain.at(height).is_some_and(|block| !self.synced_blocks.contains(&block.block_hash())) {
                height -= 1;
            }
            let header = chain.at(height).unwrap().header;
            self.exchange(chain, |out| {
                out.frame(input::DISCONNECT_TO, |out| {
                    out.u32(height);
                    out.raw(&serialize(&header));
                });
            });
            from = Some(height);
        }
        for height in from.unwrap() + 1..=chain.height() {
            let block = chain.at(height).unwrap();
            self.exchange(chain, |out| {
                out.frame(input::FULL_BLOCK, |out| {
                    out.u32(height);
                    out.raw(&serialize(block));
                });
            });
            self.synced_blocks.insert(block.block_hash());
        }
        self.synced_tip = chain.tip().block_hash();
    }
    fn sync_esplora(&mut self, chain: &Chain) {
        let CommandResult::ChainStatus(status) = self.command(chain, serde_json::json!({ "type": "chainStatus" }))
        else {
            panic!("no chain status")
        };
        for known in status.watched {
            let Some(hash) = known.block_hash else { continue };
            if chain.height_of(BlockHash::from_byte_array(hash.0)).is_none() {
                self.exchange(chain, |out| out.frame(input::UNCONFIRMED, |out| out.raw(&known.txid.0)));
            }
        }
        loop {
            let mut any = false;
            for (index, block) in chain.blocks.iter().enumerate() {
                let height = chain.height_at(index);
                let hash = block.block_hash();
                let found: Vec<(usize, &Transaction)> = block
                    .txdata
                    .iter()
                    .enumerate()
                    .filter(|(_, transaction)| self.watches(transaction))
                    .filter(|(_, transaction)| !self.synced_transactions.contains(&(transaction.compute_txid(), hash)))
                    .collect();
                if found.is_empty() {
                    continue;
                }
                any = true;
                self.exchange(chain, |out| {
                    out.frame(input::CONFIRMED, |out| {
                        out.u32(height);
                        out.raw(&serialize(&block.header));
                        out.count(found.len());
                        for (place, transaction) in &found {
                            out.u32(u32::try_from(*place).unwrap());
                            out.bytes(&serialize(*transaction));
                        }
                    });
                });
                for (_, transaction) in found {
                    self.synced_transactions.insert((transaction.compute_txid(), hash));
                }
            }
            if !any {
                break;
            }
        }
        if self.synced_tip != chain.tip().block_hash() {
            let height = chain.height();
            self.exchange(chain, |out| {
                out.frame(input::TIP, |out| {
                    out.u32(height);
                    out.raw(&serialize(&chain.tip().header));
                });
            });
            self.synced_tip = chain.tip().block_hash();
        }
    }
    fn watches(&self, transaction: &Transaction) -> bool {
        self.watched_transactions.contains(&transaction.compute_txid())
            || transaction.input.iter().any(|input| self.watched_outputs.contains(&input.previous_output))
            || transaction.output.iter().any(|output| self.watched_scripts.contains(&output.script_pubkey))
            // Esplora also lists the spends of a script
            || transaction.input.iter().any(|input| {
                input.witness.last().is_some_and(|key| {
                    lightning::bitcoin::PublicKey::from_slice(key)
                        .ok()
                        .and_then(|key| key.wpubkey_hash().ok())
                        .is_some_and(|hash| self.watched_scripts.contains(&ScriptBuf::new_p2wpkh(&hash)))
                })
            })
    }
}
