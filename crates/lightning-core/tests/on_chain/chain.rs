//! A simulated chain with a mempool that applies a node's rules except for signatures: inputs exist and are unspent,
//! values, timelocks, fee rates of packages, replacement. Alternatively the chain of a real node, which checks
//! everything.
use crate::bitcoind::Bitcoind;
use lightning::bitcoin::absolute::LockTime;
use lightning::bitcoin::block::{Header, Version};
use lightning::bitcoin::hashes::Hash;
use lightning::bitcoin::{
    Amount, Block, BlockHash, CompactTarget, OutPoint, ScriptBuf, Transaction, TxIn, TxMerkleNode, TxOut, Txid,
};
use std::collections::{BTreeMap, BTreeSet};

/// High enough that LDK's SCID aliases do not collide.
const START_HEIGHT: u32 = 10_000;
const START_TIME: u32 = 1_800_000_000;
/// Minimum fee rate that nodes relay, in satoshis per 1,000 weight units.
const MIN_FEE_RATE: u64 = 250;

pub struct Chain {
    /// The real node, if there is one.
    node: Option<Bitcoind>,
    first_height: u32,
    pub blocks: Vec<Block>,
    pub mempool: Vec<Transaction>,
    /// Initial coins, created from nothing.
    issued: BTreeMap<OutPoint, TxOut>,
    pub refused: Vec<String>,
    issues: BTreeSet<Txid>,
    salt: u32,
}

/// Unspent outputs, with the height at which they confirmed.
type Unspent = BTreeMap<OutPoint, (TxOut, u32)>;

impl Chain {
    pub fn new() -> Chain {
        let mut chain = Chain::of(None, START_HEIGHT);
        chain.mine();
        chain
    }
    /// Uses a real node's chain, starting with its next block.
    pub fn on(node: Bitcoind) -> Chain {
        let first_height = node.height() + 1;
        let mut chain = Chain::of(Some(node), first_height);
        chain.mine();
        chain
    }
    fn of(node: Option<Bitcoind>, first_height: u32) -> Chain {
        Chain {
            node,
            first_height,
            blocks: vec![],
            mempool: vec![],
            issued: BTreeMap::new(),
            refused: vec![],
            issues: BTreeSet::new(),
            salt: 0,
        }
    }
    pub fn is_real(&self) -> bool {
        self.node.is_some()
    }
    /// Returns the real node, for the next scenario.
    pub fn into_node(self) -> Option<Bitcoind> {
        self.node
    }
    /// Whether a transaction was created by [`Chain::issue`].
    pub fn is_issue(&self, txid: Txid) -> bool {
        self.issues.contains(&txid)
    }
    pub fn height(&self) -> u32 {
        self.first_height + u32::try_from(self.blocks.len()).unwrap() - 1
    }
    pub fn tip(&self) -> &Block {
        self.blocks.last().unwrap()
    }
    pub fn now(&self) -> u64 {
        self.tip().header.time.into()
    }
    pub fn height_at(&self, index: usize) -> u32 {
        self.first_height + u32::try_from(index).unwrap()
    }
    pub fn at(&self, height: u32) -> Option<&Block> {
        self.blocks.get(usize::try_from(height.checked_sub(self.first_height)?).ok()?)
    }
    pub fn height_of(&self, hash: BlockHash) -> Option<u32> {
        let index = self.blocks.iter().position(|block| block.block_hash() == hash)?;
        Some(self.first_height + u32::try_from(index).unwrap())
    }
    pub fn confirmed(&self) -> impl Iterator<Item = &Transaction> {
        self.blocks.iter().flat_map(|block| &block.txdata)
    }
    pub fn find(&self, txid: Txid) -> Option<&Transaction> {
        self.confirmed().chain(&self.mempool).find(|transaction| transaction.compute_txid() == txid)
    }

    /// Adds a transaction to the mempool that pays new coins to a script.
    pub fn issue(&mut self, script_pubkey: ScriptBuf, sat: u64) {
        if let Some(node) = &mut self.node {
            let transaction = node.issue(script_pubkey, sat);
            self.issues.insert(transaction.compute_txid());
            self.mempool.push(transaction);
            return;
        }
        self.salt += 1;
        let outpoint = OutPoint { txid: Txid::from_byte_array([0xee; 32]), vout: self.salt };
        let output = TxOut { value: Amount::from_sat(sat), script_pubkey: ScriptBuf::new() };
        self.issued.insert(outpoint, output);
        let input = TxIn { previous_output: outpoint, ..TxIn::default() };
        let transaction = Transaction {
            version: lightning::bitcoin::transaction::Version::TWO,
            lock_time: LockTime::ZERO,
            input: vec![input],
            output: vec![TxOut { value: Amount::from_sat(sat), script_pubkey }],
        };
        self.issues.insert(transaction.compute_txid());
        self.mempool.push(transaction);
    }
    pub fn issued(&self) -> u64 {
        self.issued.values().map(|output| output.value.to_sat()).sum()
    }

    fn unspent(&self) -> Unspent {
        let mut unspent: Unspent = self.issued.iter().map(|(at, output)| (*at, (output.clone(), 0))).collect();
        for (index, block) in self.blocks.iter().enumerate() {
            let height = self.first_height + u32::try_from(index).unwrap();
            for transaction in &block.txdata {
                spend(&mut unspent, transaction, height);
            }
        }
        unspent
    }
    /// Unspent outputs of confirmed transactions.
    pub fn unspent_outputs(&self) -> BTreeMap<OutPoint, TxOut> {
        self.unspent().into_iter().map(|(at, (output, _))| (at, output)).collect()
    }
    /// The output that an input spends.
    pub fn spent(&self, input: &TxIn) -> TxOut {
        let at = input.previous_output;
        if let Some(output) = self.issued.get(&at) {
            return output.clone();
        }
        let known = self.find(at.txid).cloned();
        let known = known.or_else(|| Some(self.node.as_ref()?.transaction(at.txid)));
        known.unwrap().output[at.vout as usize].clone()
    }
    pub fn fee(&self, transaction: &Transaction) -> u64 {
        let inputs: u64 = transaction.input.iter().map(|input| self.spent(input).value.to_sat()).sum();
        inputs - transaction.output.iter().map(|output| output.value.to_sat()).sum::<u64>()
    }
    /// The sum of all mining fees.
    pub fn all_fees(&self) -> u64 {
        self.confirmed().map(|transaction| self.fee(transaction)).sum()
    }

    /// Submits a package, as with `submitpackage`. Records a rejection in `refused`.
    pub fn submit(&mut self, from: &str, package: &[Transaction]) {
        let before = self.mempool.clone();
        let result = match &self.node {
            Some(node) => node.submit(package),
            None => self.try_submit(package),
        };
        if let Some(node) = &self.node {
            self.mempool = node.mempool();
        } else if result.is_err() {
            self.mempool = before;
        }
        if let Err(reason) = result {
            let last = package.last().unwrap();
            let inputs: Vec<String> = last.input.iter().map(|input| input.previous_output.to_string()).collect();
            let height = self.height();
            self.refused.push(format!("{from} at {height}: {} spending {inputs:?}: {reason}", last.compute_txid()));
        }
    }

    fn try_submit(&mut self, package: &[Transaction]) -> Result<(), String> {
        let (mut fees, mut weight) = (0, 0);
        for transaction in package {
            let txid = transaction.compute_txid();
            if self.find(txid).is_some() {
                continue;
            }
            let replaced_fees = self.replace(transaction);
            let mut unspent = self.unspent();
            let next = self.height() + 1;
            for waiting in &self.mempool {
                spend(&mut unspent, waiting, next);
            }
            let mut inputs = 0;
            for input in &transaction.input {
                let Some((output, height)) = unspent.get(&input.previous_output) else {
                    return Err(format!("missing or spent: {}", input.previous_output));
                };
                inputs += output.value.to_sat();
                if let Some(blocks) = input.sequence.is_height_locked().then_some(input.sequence.0 & 0xffff) {
                    if *height + blocks > next {
                        return Err(format!("non-BIP68-final: {height} + {blocks} > {next}"));
                    }
                }
                if input.witness.is_empty() {
                    return Err("unsigned".into());
                }
            }
            let enforced = transaction.input.iter().any(|input| input.sequence.0 != 0xffff_ffff);
            if let (LockTime::Blocks(height), true) = (transaction.lock_time, enforced) {
                if height.to_consensus_u32() >= next {
                    return Err(format!("non-final: {height} at {next}"));
                }
            }
            let outputs: u64 = transaction.output.iter().map(|output| output.value.to_sat()).sum();
            if outputs > inputs {
                return Err("outputs exceed inputs".into());
            }
            if let Some(dust) =
                transaction.output.iter().find(|output| output.value < output.script_pubkey.minimal_non_dust())
            {
                return Err(format!("dust: {}", dust.value));
            }
            fees += inputs - outputs;
            weight += transaction.weight().to_wu();
            // BIP 125 rules 3 and 4: a higher total fee, and the replacement pays for its own relay
            if replaced_fees > 0
                && inputs - outputs < replaced_fees + transaction.weight().to_wu() * MIN_FEE_RATE / 1000
            {
                return Err(format!("insufficient fee: {} does not replace {replaced_fees}", inputs - outputs));
            }
            self.mempool.push(transaction.clone());
        }
        if fees * 1000 < weight * MIN_FEE_RATE {
            return Err(format!("min relay fee not met: {fees} for {weight}"));
        }
        Ok(())
    }

    /// Removes the transactions that a transaction conflicts with, and their descendants. Returns their total fees.
    fn replace(&mut self, transaction: &Transaction) -> u64 {
        let mut spent: BTreeSet<OutPoint> = transaction.input.iter().map(|input| input.previous_output).collect();
        let mut removed = BTreeSet::new();
        // parents precede their children
        for waiting in &self.mempool {
            if waiting.input.iter().any(|input| spent.contains(&input.previous_output)) {
                let txid = waiting.compute_txid();
                let outputs = u32::try_from(waiting.output.len()).unwrap();
                spent.extend((0..outputs).map(|vout| OutPoint { txid, vout }));
                removed.insert(txid);
            }
        }
        let is_removed = |waiting: &&Transaction| removed.contains(&waiting.compute_txid());
        let fees = self.mempool.iter().filter(is_removed).map(|waiting| self.fee(waiting)).sum();
        self.mempool.retain(|waiting| !removed.contains(&waiting.compute_txid()));
        fees
    }

    /// Mines the mempool.
    pub fn mine(&mut self) {
        if let Some(node) = &self.node {
            node.generate(1);
            self.blocks.push(node.block(node.height()));
            self.mempool = node.mempool();
            return;
        }
        let transactions = std::mem::take(&mut self.mempool);
        self.mine_only(transactions);
    }
    /// Mines only these transactions.
    pub fn mine_only(&mut self, transactions: Vec<Transaction>) {
        if let Some(node) = &self.node {
            node.generate_only(&transactions);
            self.blocks.push(node.block(node.height()));
            self.mempool = node.mempool();
            return;
        }
        self.salt += 1;
        let parent = self.blocks.last().map_or(BlockHash::all_zeros(), Block::block_hash);
        let header = Header {
            version: Version::TWO,
            prev_blockhash: parent,
            merkle_root: TxMerkleNode::all_zeros(),
            time: START_TIME + 600 * u32::try_from(self.blocks.len()).unwrap(),
            bits: CompactTarget::from_consensus(0x207f_ffff),
            nonce: self.salt,
        };
        let mut block = Block { header, txdata: transactions };
        block.header.merkle_root = block.compute_merkle_root().unwrap_or(TxMerkleNode::all_zeros());
        self.mempool.retain(|waiting| !block.txdata.contains(waiting));
        self.blocks.push(block);
    }
    /// Disconnects the last blocks. Their transactions return to the mempool.
    pub fn disconnect(&mut self, count: usize) {
        let kept = self.blocks.len() - count;
        if let Some(node) = &self.node {
            node.disconnect_from(&self.blocks[kept]);
            self.blocks.truncate(kept);
            self.mempool = node.mempool();
            return;
        }
        let back: Vec<Transaction> = self.blocks.drain(kept..).flat_map(|block| block.txdata).collect();
        self.mempool.splice(0..0, back);
    }
}

fn spend(unspent: &mut Unspent, transaction: &Transaction, height: u32) {
    let txid = transaction.compute_txid();
    for input in &transaction.input {
        unspent.remove(&input.previous_output);
    }
    for (vout, output) in transaction.output.iter().enumerate() {
        unspent.insert(OutPoint { txid, vout: u32::try_from(vout).unwrap() }, (output.clone(), height));
    }
}
