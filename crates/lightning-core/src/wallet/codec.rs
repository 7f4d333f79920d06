//! Serialises BDK's change sets: a version byte, then fixed fields in Bitcoin's consensus encoding. BDK's JSON would be
//! six times as large, and its field names are outside our control.
use super::WalletError;
use bdk_wallet::chain::{keychain_txout, local_chain, tx_graph, BlockId, ConfirmationBlockTime, DescriptorId};
use bdk_wallet::ChangeSet;
use lightning::bitcoin::consensus::encode::{self, Decodable, Encodable, VarInt};
use lightning::bitcoin::hashes::{sha256, Hash};
use lightning::bitcoin::p2p::Magic;
use lightning::bitcoin::{Network, OutPoint, Transaction, TxOut, Txid};
use std::collections::BTreeMap;
use std::sync::Arc;

const VERSION: u8 = 1;

/// Serialises a change set.
pub(super) fn encode(changes: &ChangeSet) -> Vec<u8> {
    // destructure every field, so that a new field in BDK is a compile error instead of silent data loss
    let ChangeSet { descriptor, change_descriptor, network, local_chain, tx_graph, indexer } = changes;
    let tx_graph::ChangeSet { txs, txouts, anchors, last_seen, last_evicted, first_seen } = tx_graph;
    let local_chain::ChangeSet { blocks } = local_chain;
    // the script cache is derived from the descriptors
    let keychain_txout::ChangeSet { last_revealed, spk_cache: _ } = indexer;
    let mut out = Output(vec![VERSION]);
    for descriptor in [descriptor, change_descriptor] {
        out.put(&descriptor.as_ref().map(ToString::to_string).unwrap_or_default());
    }
    out.put(&network.map(|network| network.magic().to_bytes()).unwrap_or_default());
    out.count(blocks.len());
    for (height, hash) in blocks {
        out.put(height);
        out.put(&hash.is_some());
        if let Some(hash) = hash {
            out.put(hash);
        }
    }
    out.count(txs.len());
    for transaction in txs {
        out.put(transaction.as_ref());
    }
    out.count(txouts.len());
    for (outpoint, output) in txouts {
        out.put(outpoint);
        out.put(output);
    }
    out.count(anchors.len());
    for (anchor, txid) in anchors {
        out.put(&anchor.block_id.height);
        out.put(&anchor.block_id.hash);
        out.put(&anchor.confirmation_time);
        out.put(txid);
    }
    for times in [last_seen, last_evicted, first_seen] {
        out.count(times.len());
        for (txid, seconds) in times {
            out.put(txid);
            out.put(seconds);
        }
    }
    out.count(last_revealed.len());
    for (id, index) in last_revealed {
        out.put(&id.0.to_byte_array());
        out.put(index);
    }
    out.0
}

/// Deserialises the output of [`encode`]. Fails on anything else, including trailing bytes.
pub(super) fn decode(bytes: &[u8]) -> Result<ChangeSet, WalletError> {
    let mut input = Input(bytes);
    let changes = read(&mut input).map_err(|error| WalletError::Stored { reason: error.to_string() })?;
    match input.0 {
        [] => Ok(changes),
        rest => Err(WalletError::Stored { reason: format!("{} trailing bytes", rest.len()) }),
    }
}

fn read(input: &mut Input) -> Result<ChangeSet, encode::Error> {
    if input.get::<u8>()? != VERSION {
        return Err(encode::Error::ParseFailed("unknown version of the stored wallet"));
    }
    let mut changes = ChangeSet::default();
    for field in [&mut changes.descriptor, &mut changes.change_descriptor] {
        let text: String = input.get()?;
        if !text.is_empty() {
            *field = Some(text.parse().map_err(|_| encode::Error::ParseFailed("descriptor"))?);
        }
    }
    let magic: [u8; 4] = input.get()?;
    if magic != [0; 4] {
        changes.network =
            Some(Network::from_magic(Magic::from_bytes(magic)).ok_or(encode::Error::ParseFailed("unknown network"))?);
    }
    for _ in 0..input.count()? {
        let height = input.get()?;
        let hash = if input.get()? { Some(input.get()?) } else { None };
        changes.local_chain.blocks.insert(height, hash);
    }
    let graph = &mut changes.tx_graph;
    for _ in 0..input.count()? {
        graph.txs.insert(Arc::new(input.get::<Transaction>()?));
    }
    for _ in 0..input.count()? {
        let outpoint: OutPoint = input.get()?;
        graph.txouts.insert(outpoint, input.get::<TxOut>()?);
    }
    for _ in 0..input.count()? {
        let block_id = BlockId { height: input.get()?, hash: input.get()? };
        let anchor = ConfirmationBlockTime { block_id, confirmation_time: input.get()? };
        graph.anchors.insert((anchor, input.get::<Txid>()?));
    }
    for times in [&mut graph.last_seen, &mut graph.last_evicted, &mut graph.first_seen] {
        *times = input.times()?;
    }
    for _ in 0..input.count()? {
        let id = DescriptorId(sha256::Hash::from_byte_array(input.get()?));
        changes.indexer.last_revealed.insert(id, input.get()?);
    }
    Ok(changes)
}

struct Output(Vec<u8>);
impl Output {
    fn put(&mut self, value: &impl Encodable) {
        // writing to a Vec cannot fail
        let _ = value.consensus_encode(&mut self.0);
    }
    fn count(&mut self, count: usize) {
        self.put(&VarInt::from(count));
    }
}

struct Input<'a>(&'a [u8]);
impl Input<'_> {
    fn get<T: Decodable>(&mut self) -> Result<T, encode::Error> {
        T::consensus_decode(&mut self.0)
    }
    fn count(&mut self) -> Result<u64, encode::Error> {
        Ok(self.get::<VarInt>()?.0)
    }
    fn times(&mut self) -> Result<BTreeMap<Txid, u64>, encode::Error> {
        let mut times = BTreeMap::new();
        for _ in 0..self.count()? {
            let txid = self.get()?;
            times.insert(txid, self.get()?);
        }
        Ok(times)
    }
}
