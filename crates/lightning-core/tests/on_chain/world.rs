//! Two connected nodes and a chain.
use crate::chain::Chain;
use crate::host::{Host, View};
use lightning::bitcoin::hashes::Hash;
use lightning::bitcoin::{Address, Network, ScriptBuf, Transaction, TxOut, Txid};
use lightning_core::api::{Balances, Channel, CommandResult, Event, Hex32, OnChainTransaction};
use lightning_core::wire::input;
use serde_json::json;

/// Index of a node.
pub const A: usize = 0;
pub const B: usize = 1;
/// Initial balance of each wallet, in satoshis.
pub const COINS: u64 = 1_000_000;
pub const CAPACITY: u64 = 500_000;
pub const PUSHED: u64 = 100_000;

/// The setup of a scenario.
#[derive(Clone, Copy, Debug)]
pub struct Setup {
    pub views: [View; 2],
    /// Restart both nodes after blocks.
    pub restarts: bool,
    /// Confirmations that a channel needs.
    pub depth: u32,
}

pub struct World {
    pub chain: Chain,
    pub hosts: [Host; 2],
    setup: Setup,
    followed: u32,
    next_connection: u64,
    connected: bool,
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl World {
    /// Two connected nodes with confirmed coins.
    pub fn new(setup: Setup) -> World {
        World::on(Chain::new(), setup, 0)
    }
    /// The same on a given chain. `scenario` gives each scenario its own seeds.
    pub fn on(mut chain: Chain, setup: Setup, scenario: u8) -> World {
        let mut hosts = [
            Host::new("A", 0x80 + scenario, setup.views[A], &chain, setup.depth),
            Host::new("B", 0xc0 + scenario, setup.views[B], &chain, setup.depth),
        ];
        for host in &mut hosts {
            for part in [COINS * 6 / 10, COINS * 3 / 10, COINS / 10] {
                let CommandResult::Address { address } = host.command(&chain, json!({ "type": "newAddress" })) else {
                    panic!("no address")
                };
                chain.issue(script(&address), part);
            }
        }
        let mut world = World { chain, hosts, setup, followed: 0, next_connection: 1, connected: false };
        world.mine(1);
        world.connect();
        world
    }

    pub fn connect(&mut self) {
        let connection = self.next_connection;
        self.next_connection += 1;
        self.connected = true;
        let peer = self.hosts[B].id();
        for host in &mut self.hosts {
            host.connection = connection;
            host.bytes.clear();
        }
        let [a, b] = &mut self.hosts;
        b.exchange(&self.chain, |out| out.frame(input::CONN_IN, |out| out.u64(connection)));
        a.exchange(&self.chain, |out| {
            out.frame(input::CONN_OUT, |out| {
                out.u64(connection);
                out.raw(&peer);
            });
        });
        self.settle();
    }
    pub fn disconnect(&mut self) {
        self.connected = false;
        for host in &mut self.hosts {
            let connection = host.connection;
            host.bytes.clear();
            host.exchange(&self.chain, |out| out.frame(input::DISCONNECTED, |out| out.u64(connection)));
            host.connection = 0;
        }
        self.settle();
    }

    /// Runs both nodes until they are idle.
    pub fn settle(&mut self) {
        for _ in 0..500 {
            let mut moved = false;
            for from in [A, B] {
                let bytes = std::mem::take(&mut self.hosts[from].bytes);
                if !bytes.is_empty() && self.connected {
                    let to = &mut self.hosts[1 - from];
                    let connection = to.connection;
                    to.exchange(&self.chain, |out| {
                        out.frame(input::READ, |out| {
                            out.u64(connection);
                            out.raw(&bytes);
                        });
                    });
                    moved = true;
                }
                if self.hosts[from].owes_acknowledgement() {
                    self.hosts[from].exchange(&self.chain, |_| ());
                    moved = true;
                }
                for package in std::mem::take(&mut self.hosts[from].packages) {
                    self.chain.submit(self.hosts[from].name, &package);
                    moved = true;
                }
            }
            if !moved {
                return;
            }
        }
        panic!("the nodes never become idle");
    }

    /// Mines blocks, the first with the mempool; both nodes follow block by block.
    pub fn mine(&mut self, blocks: u32) {
        for _ in 0..blocks {
            self.chain.mine();
            self.follow();
        }
    }
    pub fn follow(&mut self) {
        for host in &mut self.hosts {
            host.sync(&self.chain);
        }
        self.settle();
        self.followed += 1;
        // at every block at first, then at every seventh
        if self.setup.restarts && (self.followed < 40 || self.followed % 7 == 0) {
            let connected = self.connected;
            for host in &mut self.hosts {
                host.restart(&self.chain);
            }
            self.settle();
            if connected {
                self.connect();
            }
        }
    }
    /// Runs the rebroadcast timer of both nodes.
    pub fn tick(&mut self) {
        for host in &mut self.hosts {
            host.exchange(&self.chain, |out| out.frame(input::TICK, |out| out.u8(4)));
        }
        self.settle();
    }

    pub fn command(&mut self, host: usize, command: serde_json::Value) -> CommandResult {
        let result = self.hosts[host].command(&self.chain, command);
        self.settle();
        result
    }
    pub fn balances(&mut self, host: usize) -> Balances {
        match self.command(host, json!({ "type": "balances" })) {
            CommandResult::Balances(balances) => balances,
            other => panic!("{other:?}"),
        }
    }
    pub fn confirmed(&mut self, host: usize) -> u64 {
        self.balances(host).on_chain.confirmed_sat.0
    }
    pub fn history(&mut self, host: usize) -> Vec<OnChainTransaction> {
        match self.command(host, json!({ "type": "listOnChainTransactions" })) {
            CommandResult::OnChainTransactions { transactions } => transactions,
            other => panic!("{other:?}"),
        }
    }
    pub fn channels(&mut self, host: usize) -> Vec<Channel> {
        match self.command(host, json!({ "type": "listChannels" })) {
            CommandResult::Channels { channels } => channels,
            other => panic!("{other:?}"),
        }
    }
    pub fn peer(&self, of: usize) -> String {
        hex(&self.hosts[1 - of].id())
    }
    pub fn event<T>(&self, host: usize, pick: impl FnMut(&Event) -> Option<T>) -> Option<T> {
        self.hosts[host].events.iter().rev().find_map(pick)
    }

    /// A opens a channel to B and pushes some of it. Returns the funding transaction, which is in the mempool.
    pub fn open(&mut self) -> Transaction {
        let peer = self.peer(A);
        self.command(
            A,
            json!({
                "type": "openChannel", "peer": peer, "capacitySat": CAPACITY.to_string(),
                "pushMsat": (PUSHED * 1000).to_string(), "announced": false, "zeroConf": false,
            }),
        );
        let request = self.event(B, |event| match event {
            Event::OpenChannelRequest { temporary_channel_id, .. } => Some(*temporary_channel_id),
            _ => None,
        });
        let (temporary, peer) = (request.unwrap().to_string(), self.peer(B));
        self.command(
            B,
            json!({ "type": "acceptChannel", "temporaryChannelId": temporary, "peer": peer, "zeroConf": false }),
        );
        let funding = self.event(A, |event| match event {
            Event::ChannelPending { funding, .. } => Some(funding.txid.0),
            _ => None,
        });
        let txid = Txid::from_byte_array(funding.unwrap());
        self.chain
            .mempool
            .iter()
            .find(|waiting| waiting.compute_txid() == txid)
            .expect("the funding transaction must be in the mempool")
            .clone()
    }
    /// The same, confirmed and ready. Returns the channel id and the funding transaction.
    pub fn open_and_confirm(&mut self) -> (String, Transaction) {
        let funding = self.open();
        self.mine(self.setup.depth.max(6));
        for host in [A, B] {
            let channels = self.channels(host);
            assert!(channels[0].usable, "{channels:?}");
        }
        (self.channels(A)[0].channel_id.to_string(), funding)
    }
    /// A pays a hold invoice of B, so that an HTLC stays in flight. Returns the payment hash.
    pub fn hold(&mut self, sat: u64) -> Hex32 {
        let made = self.command(B, json!({
            "type": "createInvoice", "amountMsat": (sat * 1000).to_string(), "description": "held", "expirySeconds": 100_000, "hold": true,
        }));
        let CommandResult::InvoiceCreated(invoice) = made else { panic!("{made:?}") };
        let id = hex(&[u8::try_from(sat % 256).unwrap(); 32]);
        self.command(
            A,
            json!({ "type": "payInvoice", "invoice": invoice.invoice, "maxFeeMsat": "1000", "paymentId": id }),
        );
        for _ in 0..20 {
            // LDK processes HTLCs at the host's next call
            for host in &mut self.hosts {
                host.exchange(&self.chain, |out| out.frame(input::TICK, |out| out.u8(0)));
            }
            self.settle();
        }
        let held = self.event(B, |event| match event {
            Event::PaymentClaimable { payment_hash, .. } => Some(*payment_hash),
            _ => None,
        });
        assert_eq!(held, Some(invoice.payment_hash), "the payment must be held");
        invoice.payment_hash
    }

    /// Asserts that all issued coins are in the wallets, with miners, or in outputs that nobody swept.
    pub fn assert_conserved(&mut self, left_behind: u64) {
        if !self.chain.is_real() {
            let wallets = self.confirmed(A) + self.confirmed(B);
            let fees = self.chain.all_fees();
            let issued = self.chain.issued();
            assert_eq!(
                wallets + fees + left_behind,
                issued,
                "wallets {wallets}, fees {fees}, left behind {left_behind}"
            );
        }
        for host in [A, B] {
            let balances = self.balances(host);
            assert_eq!(balances.on_chain.trusted_pending_sat.0 + balances.on_chain.untrusted_pending_sat.0, 0);
            assert_eq!(balances.on_chain.in_use_sat.0, 0);
            assert_eq!(balances.sweeping_sat.0, 0, "{balances:?}");
        }
    }
    /// The fees of confirmed transactions that concern only this wallet: fundings, bumps, claims and sweeps.
    pub fn own_fees(&mut self, host: usize) -> u64 {
        let others: Vec<_> = self.history(1 - host).into_iter().map(|entry| entry.txid).collect();
        let own: Vec<_> = self.history(host).into_iter().filter(|entry| !others.contains(&entry.txid)).collect();
        let mut sum = 0;
        for entry in own {
            let txid = Txid::from_byte_array(entry.txid.0);
            if self.chain.is_issue(txid) {
                continue;
            }
            let known = self.chain.find(txid).expect("a counted transaction exists").clone();
            let fee = self.chain.fee(&known);
            // the wallet reports the fee if it knows all inputs, and then it must be correct
            assert!(entry.fee_sat.is_none_or(|reported| reported.0 == fee));
            assert!(entry.height.is_some(), "{entry:?}");
            assert!(entry.sent_sat.0 == 0 || entry.fee_sat.is_some(), "{entry:?}");
            sum += fee;
        }
        sum
    }
    /// The total value of anchors (330 sat each, paid by the opener) that a wallet has spent.
    pub fn anchors(&mut self, host: usize) -> u64 {
        let own: Vec<_> = self.history(host).into_iter().map(|entry| Txid::from_byte_array(entry.txid.0)).collect();
        let spent = |transaction: &Transaction| {
            transaction
                .input
                .iter()
                .filter(|input| !input.previous_output.is_null())
                .map(|input| self.chain.spent(input))
                .filter(is_anchor)
                .map(|output| output.value.to_sat())
                .sum::<u64>()
        };
        self.chain.confirmed().filter(|transaction| own.contains(&transaction.compute_txid())).map(spent).sum()
    }
    /// The total value of anchors that nobody has spent.
    pub fn anchors_left(&self) -> u64 {
        let unspent = self.chain.unspent_outputs();
        let left: Vec<_> =
            unspent.iter().filter(|(_, output)| output.script_pubkey.is_p2wsh() && !is_anchor(output)).collect();
        assert!(
            left.is_empty(),
            "not swept: {left:?}; refused: {:#?}",
            self.chain.refused.iter().rev().take(10).collect::<Vec<_>>()
        );
        unspent.values().filter(|output| is_anchor(output)).map(|output| output.value.to_sat()).sum()
    }
    /// The commitment transaction that confirmed.
    pub fn commitment(&self, funding: &Transaction) -> Transaction {
        let txid = funding.compute_txid();
        let found = self.chain.confirmed().find(|transaction| {
            transaction
                .input
                .iter()
                .any(|input| input.previous_output.txid == txid && self.chain.spent(input).script_pubkey.is_p2wsh())
        });
        found.expect("the channel must be closed on chain").clone()
    }
    /// After a force-close and all delays: asserts both wallets' balances to the satoshi. `to_b` is B's share of the
    /// channel.
    pub fn assert_settled(&mut self, funding: &Transaction, to_b: u64) {
        let left = self.anchors_left();
        self.assert_conserved(left);
        self.assert_wallets(funding, to_b);
        for host in [A, B] {
            let balances = self.balances(host);
            assert_eq!(balances.claimable, vec![], "{host}");
            assert!(self.channels(host).is_empty());
        }
    }
    /// Asserts only the balance of B, the payee.
    pub fn assert_payee(&mut self, to_b: u64) {
        let expected = COINS + to_b + self.anchors(B) - self.own_fees(B);
        assert_eq!(self.confirmed(B), expected, "B");
    }
    fn assert_wallets(&mut self, funding: &Transaction, to_b: u64) {
        self.assert_payee(to_b);
        let commitment_fee = self.chain.fee(&self.commitment(funding));
        let expected = COINS + self.anchors(A) - to_b - self.own_fees(A) - commitment_fee - 660;
        assert_eq!(self.confirmed(A), expected, "A");
    }
}

fn is_anchor(output: &TxOut) -> bool {
    output.script_pubkey.is_p2wsh() && output.value.to_sat() == 330
}

pub fn script(address: &str) -> ScriptBuf {
    let address: Address<lightning::bitcoin::address::NetworkUnchecked> = address.parse().unwrap();
    address.require_network(Network::Regtest).unwrap().script_pubkey()
}
