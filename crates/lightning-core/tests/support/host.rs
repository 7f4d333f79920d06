//! The scenario of the crash tests: a wallet, an LSP and a merchant, with payments in both directions, held payments,
//! and one that opens a channel. The hosts act only on stored events and on their own stored data.
use super::{config, hash, Phase, World};
use lightning::bitcoin::hashes::{sha256, Hash};
use lightning::bitcoin::Txid;
use lightning_core::api::{
    AcceptChannel, Channel, ClaimPayment, ClosureKind, Command, CommandResult, CreateInvoice, ErrorCode, Event,
    FailPayment, Hex32, JitHop, Lsps2Buy, Lsps2Grant, Lsps2MenuEntry, Lsps2OfferMenu, Lsps2RequestMenu, Msat,
    OpenChannel, PayInvoice, PublicKeyHex, Sat, UserChannelId,
};
use std::collections::BTreeMap;

pub const WALLET: usize = 0;
pub const LSP: usize = 1;
pub const MERCHANT: usize = 2;
/// The names of the nodes, by index.
pub const NAMES: [&str; 3] = ["wallet", "lsp", "merchant"];
pub const AMOUNT: u64 = 2_000_000;
pub const JIT_AMOUNT: u64 = 50_000_000;
pub const OPENING_FEE: u64 = 1_000_000;
/// LDK's default forwarding fee, which the LSP charges.
pub const FORWARDING_FEE: u64 = 1_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Plain,
    /// Held, with the preimage in the payee's core. True: claimed; false: failed.
    HoldOwnPreimage(bool),
    /// Held, with the preimage provided by the payee's host. True: claimed; false: failed.
    HoldExternalPreimage(bool),
    Jit,
}

#[derive(Clone, Debug)]
pub struct Payment {
    pub from: usize,
    pub to: usize,
    pub kind: Kind,
    pub invoice: String,
    pub hash: Hex32,
    pub id: Hex32,
    pub sent_command: bool,
    pub request: Option<u32>,
    pub refused: Option<String>,
    pub sent: usize,
    pub failed: usize,
    pub claimed: usize,
    pub held: bool,
}
impl Payment {
    pub fn open(&self) -> bool {
        self.sent + self.failed == 0 && self.refused.is_none()
    }
    pub fn amount(&self) -> u64 {
        if self.kind == Kind::Jit {
            JIT_AMOUNT
        } else {
            AMOUNT
        }
    }
}

pub struct Scenario {
    pub world: World,
    pub payments: Vec<Payment>,
    /// The LSP host's stored data: channels to open for clients, and whether they are ready.
    granted: BTreeMap<u128, (PublicKeyHex, bool)>,
    pub closed: Vec<(usize, Hex32, ClosureKind, String)>,
    fundings: BTreeMap<Hex32, Txid>,
    fees_paid: u64,
    skimmed: BTreeMap<Hex32, u64>,
    jit: Option<Hop>,
}
#[derive(Clone)]
struct Hop {
    scid: lightning_core::api::ShortChannelId,
    delta: u32,
}

fn preimage(number: usize) -> Hex32 {
    Hex32(hash(&format!("preimage {number}")))
}

impl Scenario {
    /// Three nodes, with an announced channel between LSP and merchant and a private one between wallet and LSP.
    pub fn new() -> Scenario {
        Scenario::with_wallet(|_| ())
    }
    /// The same, with changes to the wallet's configuration.
    pub fn with_wallet(change: impl FnOnce(&mut lightning_core::api::Config)) -> Scenario {
        let mut world = World::new();
        let mut wallet = config(false);
        wallet.accept_skimmed_payments = true;
        change(&mut wallet);
        let mut lsp = config(true);
        lsp.lsp_service = true;
        assert_eq!(
            [world.add(NAMES[WALLET], wallet), world.add(NAMES[LSP], lsp), world.add(NAMES[MERCHANT], config(true))],
            [WALLET, LSP, MERCHANT]
        );
        world.fund_wallet(LSP, 30_000_000);
        world.fund_wallet(LSP, 10_000_000);
        world.connect(WALLET, LSP);
        world.connect(LSP, MERCHANT);
        world.run();
        let granted = BTreeMap::new();
        let (closed, fundings, skimmed) = (vec![], BTreeMap::new(), BTreeMap::new());
        let mut scenario =
            Scenario { world, payments: vec![], granted, closed, fundings, fees_paid: 0, skimmed, jit: None };
        scenario.open(MERCHANT, 10_000_000, 2_000_000_000, true, 1);
        scenario.open(WALLET, 10_000_000, 5_000_000_000, false, 2);
        scenario.world.mine(6);
        for _ in 0..2 {
            scenario.world.tick(2);
        }
        scenario.handle_events();
        scenario.world.dump_graphs();
        scenario
    }
    fn open(&mut self, to: usize, sat: u64, push_msat: u64, announced: bool, number: u128) {
        let peer = self.world.nodes[to].id;
        self.world.call_ok(
            LSP,
            Command::OpenChannel(OpenChannel {
                withhold_funding: false,
                peer,
                capacity_sat: Sat(sat),
                push_msat: Msat(push_msat),
                announced,
                zero_conf: !announced,
                user_channel_id: Some(UserChannelId(number)),
                fee_rate_sat_per_kwu: None,
            }),
        );
        self.handle_events();
        self.world.mine(if announced { 6 } else { 1 });
        self.handle_events();
    }

    /// Plans the payments. Creates their invoices, except for payments that open a channel.
    pub fn plan(&mut self, specs: &[(usize, usize, Kind)]) {
        for (from, to, kind) in specs.iter().copied() {
            let number = self.payments.len();
            let external = matches!(kind, Kind::HoldExternalPreimage(_));
            let payment_hash = external.then(|| Hex32(sha256::Hash::hash(&preimage(number).0).to_byte_array()));
            let mut payment = Payment {
                from,
                to,
                kind,
                invoice: String::new(),
                hash: Hex32([0; 32]),
                id: Hex32(hash(&format!("payment {number}"))),
                sent_command: false,
                request: None,
                refused: None,
                sent: 0,
                failed: 0,
                claimed: 0,
                held: false,
            };
            if kind != Kind::Jit {
                let command = CreateInvoice {
                    amount_msat: Some(Msat(AMOUNT)),
                    description: Some("a test".into()),
                    description_hash: None,
                    expiry_seconds: 86_400,
                    min_final_cltv_expiry_delta: external.then_some(183),
                    payment_hash,
                    hold: matches!(kind, Kind::HoldOwnPreimage(_)),
                    jit: None,
                };
                let CommandResult::InvoiceCreated(made) = self.world.call_ok(to, Command::CreateInvoice(command))
                else {
                    panic!("invoice");
                };
                payment.invoice = made.invoice;
                payment.hash = made.payment_hash;
            }
            self.payments.push(payment);
        }
    }

    /// Handles stored events until there are none.
    pub fn handle_events(&mut self) {
        loop {
            self.world.run();
            self.recover();
            self.collect_results();
            let mut busy = false;
            for node in 0..3 {
                while let Some(event) = self.world.take_event(node, |_| true) {
                    busy = true;
                    self.on_event(node, event);
                }
            }
            if !busy {
                break;
            }
        }
    }
    fn on_event(&mut self, node: usize, event: Event) {
        match event {
            Event::OpenChannelRequest { temporary_channel_id, peer, .. } => {
                let zero_conf = node == WALLET;
                let accept = AcceptChannel { temporary_channel_id, peer, zero_conf, user_channel_id: None };
                self.world.send(node, &Command::AcceptChannel(accept));
            }
            Event::ChannelClosed { channel_id, kind, reason, .. } => {
                self.closed.push((node, channel_id, kind, reason));
            }
            Event::ChannelPending { channel_id, funding, .. } => {
                self.fundings.insert(channel_id, Txid::from_byte_array(funding.txid.0));
            }
            Event::Lsps2MenuRequested { client, request_id, .. } => {
                let entry = Lsps2MenuEntry {
                    min_fee_msat: Msat(OPENING_FEE),
                    proportional: 0,
                    valid_until_seconds: u64::from(self.world.time) + 3600,
                    min_lifetime: 2016,
                    max_client_to_self_delay: 2016,
                    min_payment_size_msat: Msat(2_000_000),
                    max_payment_size_msat: Msat(1_000_000_000),
                };
                let offer = Lsps2OfferMenu { client, request_id, menu: vec![entry] };
                self.world.send(node, &Command::Lsps2OfferMenu(offer));
            }
            Event::Lsps2MenuReceived { lsp, mut menu, .. } => {
                let buy = Lsps2Buy { lsp, payment_size_msat: Some(Msat(JIT_AMOUNT)), parameters: menu.remove(0) };
                self.world.send(node, &Command::Lsps2Buy(buy));
            }
            Event::Lsps2BuyRequested { client, request_id, .. } => {
                let grant = Lsps2Grant {
                    client,
                    request_id,
                    cltv_expiry_delta: 144,
                    client_trusts_lsp: false,
                    user_channel_id: None,
                };
                self.world.send(node, &Command::Lsps2Grant(grant));
            }
            Event::Lsps2InvoiceParameters { scid, cltv_expiry_delta, .. } => {
                self.jit = Some(Hop { scid, delta: cltv_expiry_delta });
            }
            Event::Lsps2OpenChannel { client, user_channel_id, .. } => {
                self.granted.insert(user_channel_id.0, (client, false));
                self.open_granted_channels();
            }
            Event::ChannelReady { user_channel_id, .. } if node == LSP => {
                if let Some(channel) = self.granted.get_mut(&user_channel_id.0) {
                    channel.1 = true;
                }
            }
            Event::PaymentClaimable { payment_hash, .. } => {
                for payment in self.payments.iter_mut().filter(|payment| payment.hash == payment_hash) {
                    payment.held = true;
                }
                self.resolve_held_payment(payment_hash);
            }
            Event::PaymentClaimed { payment_hash, skimmed_fee_msat, .. } => {
                self.skimmed.insert(payment_hash, skimmed_fee_msat.0);
                for payment in self.payments.iter_mut().filter(|p| p.hash == payment_hash && p.to == node) {
                    payment.claimed += 1;
                }
            }
            Event::PaymentSent { payment_hash, preimage, fee_msat, .. } => {
                assert_eq!(sha256::Hash::hash(&preimage.0).to_byte_array(), payment_hash.0);
                for payment in self.payments.iter_mut().filter(|p| p.hash == payment_hash && p.from == node) {
                    payment.sent += 1;
                }
                self.fees_paid += fee_msat.map_or(0, |fee| fee.0);
            }
            Event::PaymentFailed { payment_id, .. } => {
                for payment in self.payments.iter_mut().filter(|p| p.id == payment_id && p.from == node) {
                    payment.failed += 1;
                }
            }
            _ => {}
        }
    }
    /// Opens each granted channel that is not open yet.
    fn open_granted_channels(&mut self) {
        let numbers: Vec<_> =
            self.granted.iter().filter(|(_, (_, ready))| !ready).map(|(n, (c, _))| (*n, *c)).collect();
        for (number, client) in numbers {
            if self.channels(LSP).iter().any(|channel| channel.user_channel_id.0 == number) {
                continue;
            }
            let open = OpenChannel {
                withhold_funding: false,
                peer: client,
                capacity_sat: Sat(1_000_000),
                push_msat: Msat(0),
                announced: false,
                zero_conf: true,
                user_channel_id: Some(UserChannelId(number)),
                fee_rate_sat_per_kwu: None,
            };
            // fails while the client is disconnected; then the core fails the payment back at its deadline
            self.world.send(LSP, &Command::OpenChannel(open));
        }
    }
    /// Claims or fails a held payment, as planned. Called again until its end is known.
    fn resolve_held_payment(&mut self, payment_hash: Hex32) {
        let Some((number, payment)) = self.payments.iter().enumerate().find(|(_, p)| p.hash == payment_hash) else {
            return;
        };
        let claim = |preimage| Command::ClaimPayment(ClaimPayment { payment_hash, preimage });
        let command = match payment.kind {
            Kind::HoldOwnPreimage(true) => claim(None),
            Kind::HoldExternalPreimage(true) => claim(Some(preimage(number))),
            _ => Command::FailPayment(FailPayment { payment_hash }),
        };
        let to = payment.to;
        self.world.send(to, &command);
    }
    fn send(&mut self, number: usize) {
        let payment = &mut self.payments[number];
        payment.sent_command = true;
        let command = Command::PayInvoice(PayInvoice {
            invoice: payment.invoice.clone(),
            amount_msat: None,
            max_fee_msat: Msat(10_000),
            max_cltv_expiry_delta: None,
            payment_id: payment.id,
            retries: Some(2),
        });
        let from = payment.from;
        let request = self.world.send(from, &command);
        self.payments[number].request = Some(request);
    }
    fn collect_results(&mut self) {
        for number in 0..self.payments.len() {
            let (from, request) = (self.payments[number].from, self.payments[number].request);
            let Some(request) = request else { continue };
            if let Some(result) = self.world.result(from, request) {
                self.payments[number].request = None;
                match result {
                    Err(error) if error.code == ErrorCode::DuplicatePayment => {}
                    Err(error) => self.payments[number].refused = Some(error.message),
                    Ok(_) => {}
                }
            }
        }
    }
    /// After a kill: reconnects, and continues from the host's stored data.
    fn recover(&mut self) {
        let Some(node) = self.world.crashed.take() else { return };
        self.world.nodes[node].down = false;
        self.world.run();
        if node != MERCHANT {
            self.world.connect(WALLET, LSP);
        }
        if node != WALLET {
            self.world.connect(LSP, MERCHANT);
        }
        self.world.run();
        for number in 0..self.payments.len() {
            let payment = self.payments[number].clone();
            if payment.from == node && payment.sent_command && payment.open() {
                self.send(number);
            }
            if payment.to == node && payment.held && payment.open() {
                self.resolve_held_payment(payment.hash);
            }
        }
        self.open_granted_channels();
        self.world.run();
    }

    pub fn channels(&mut self, node: usize) -> Vec<Channel> {
        loop {
            match self.world.call(node, &Command::ListChannels) {
                Some(Ok(CommandResult::Channels { channels })) => return channels,
                None => self.recover(),
                other => panic!("{other:?}"),
            }
        }
    }

    /// Makes the payments one after the other.
    pub fn pay_sequentially(&mut self) {
        for number in 0..self.payments.len() {
            if self.payments[number].kind == Kind::Jit {
                self.buy_invoice(number);
                if self.payments[number].invoice.is_empty() {
                    self.payments[number].refused = Some("no answer from the LSP".into());
                    continue;
                }
            }
            self.send(number);
            self.run_until_ended(&[number]);
        }
        self.run_until_ended(&(0..self.payments.len()).collect::<Vec<_>>());
    }
    /// Makes all payments at once. None of them may open a channel.
    pub fn pay_concurrently(&mut self) {
        let all: Vec<usize> = (0..self.payments.len()).collect();
        for number in &all {
            self.send(*number);
        }
        self.run_until_ended(&all);
    }
    fn buy_invoice(&mut self, number: usize) {
        for _ in 0..3 {
            let lsp = self.world.nodes[LSP].id;
            self.jit = None;
            self.world.send(WALLET, &Command::Lsps2RequestMenu(Lsps2RequestMenu { lsp, token: None }));
            self.handle_events();
            let Some(hop) = self.jit.clone() else { continue };
            let command = CreateInvoice {
                amount_msat: Some(Msat(JIT_AMOUNT)),
                description: Some("the first".into()),
                description_hash: None,
                expiry_seconds: 3600,
                min_final_cltv_expiry_delta: None,
                payment_hash: None,
                hold: false,
                jit: Some(JitHop {
                    scid: hop.scid,
                    cltv_expiry_delta: u16::try_from(hop.delta).unwrap(),
                    lsp_node_id: lsp,
                    max_opening_fee_msat: Msat(OPENING_FEE),
                }),
            };
            let request = self.world.send(WALLET, &Command::CreateInvoice(command));
            self.world.run();
            let made = self.world.result(WALLET, request);
            self.handle_events();
            if let Some(Ok(CommandResult::InvoiceCreated(made))) = made {
                self.payments[number].invoice = made.invoice;
                self.payments[number].hash = made.payment_hash;
                return;
            }
        }
    }
    fn run_until_ended(&mut self, numbers: &[usize]) {
        for round in 0..40 {
            self.handle_events();
            let open = numbers.iter().any(|number| self.payments[*number].open());
            if !open && (0..3).all(|node| self.channels(node).iter().all(|channel| channel.pending_htlcs == 0)) {
                return;
            }
            if round > 2 {
                // a command may have been lost with its exchange
                for number in numbers {
                    let payment = self.payments[*number].clone();
                    if payment.held && payment.open() {
                        self.resolve_held_payment(payment.hash);
                    }
                }
                self.open_granted_channels();
            }
            self.world.tick(if round % 6 == 5 { 7 } else { 6 });
        }
    }

    /// The balance of each node in channels and on chain, in millisatoshis.
    pub fn total_balances(&mut self) -> [u64; 3] {
        let mut total_balances = [0; 3];
        for (node, sum) in total_balances.iter_mut().enumerate() {
            let Some(Ok(CommandResult::Balances(balances))) = self.world.call(node, &Command::Balances) else {
                panic!("balances");
            };
            let chain = &balances.on_chain;
            let on_chain = chain.confirmed_sat.0 + chain.trusted_pending_sat.0 + chain.untrusted_pending_sat.0;
            *sum = balances.channels_msat.0 + on_chain * 1000;
        }
        total_balances
    }
    /// The mining fees that the LSP has paid, in millisatoshis.
    pub fn fees_to_miners(&mut self) -> u64 {
        let Some(Ok(CommandResult::OnChainTransactions { transactions })) =
            self.world.call(LSP, &Command::ListOnChainTransactions)
        else {
            panic!("transactions")
        };
        transactions.iter().filter(|known| known.sent_sat.0 > 0).map(|known| known.fee_sat.unwrap().0 * 1000).sum()
    }

    /// Asserts everything that must hold at the end. `run` names the run in messages.
    pub fn check(&mut self, run: &str, before: [u64; 3], fees_before: u64) {
        // cancel a kill that was planned after the end of the scenario
        self.world.crash = None;
        self.handle_events();
        self.world.tick(7);
        self.world.mine(1);
        self.handle_events();
        let mut expected = [0i64; 3];
        for (number, payment) in self.payments.iter().enumerate() {
            let ended = payment.sent + payment.failed > 0 || payment.refused.is_some();
            assert!(ended, "{run}: payment {number} has not ended: {payment:?}");
            assert!(
                payment.sent == 0 || payment.failed == 0,
                "{run}: payment {number} both sent and failed: {payment:?}"
            );
            assert_eq!(payment.sent > 0, payment.claimed > 0, "{run}: payment {number}: {payment:?}");
            let must_fail = matches!(payment.kind, Kind::HoldOwnPreimage(false) | Kind::HoldExternalPreimage(false));
            assert!(!(must_fail && payment.sent > 0), "{run}: payment {number} should have failed: {payment:?}");
            if payment.sent > 0 {
                let amount = i64::try_from(payment.amount()).unwrap();
                let (fee, skim) = match payment.kind {
                    Kind::Jit => (0, i64::try_from(OPENING_FEE).unwrap()),
                    _ => (i64::try_from(FORWARDING_FEE).unwrap(), 0),
                };
                expected[payment.from] -= amount + fee;
                expected[payment.to] += amount - skim;
                expected[LSP] += fee + skim;
            }
        }
        let fees_to_miners = self.fees_to_miners() - fees_before;
        expected[LSP] -= i64::try_from(fees_to_miners).unwrap();
        let after = self.total_balances();
        let change: Vec<i64> =
            (0..3).map(|node| i64::try_from(after[node]).unwrap() - i64::try_from(before[node]).unwrap()).collect();
        assert_eq!(change, expected, "{run}: balances; {:?}", self.payments);
        for (node, channel, kind, reason) in &self.closed {
            // If the opener is killed after the peer has signed the funding and before it has stored that, it has no
            // such channel, and the peer forgets it.
            let funded = self.fundings.get(channel).is_some_and(|funding| self.world.broadcast.contains(funding));
            assert!(
                matches!(kind, ClosureKind::NeverOpened) && !funded,
                "{run}: {} lost a channel: {kind:?} {reason}",
                self.world.nodes[*node].name
            );
        }
        for node in 0..3 {
            let unusable: Vec<_> =
                self.channels(node).into_iter().filter(|c| !c.usable || c.pending_htlcs > 0).collect();
            assert!(unusable.is_empty(), "{run}: {}: {unusable:?}", self.world.nodes[node].name);
            assert!(self.world.nodes[node].rejected.is_empty(), "{run}: {:?}", self.world.nodes[node].rejected);
        }
    }
}

/// One payment of each kind.
pub const SEQUENTIAL: [(usize, usize, Kind); 7] = [
    (WALLET, MERCHANT, Kind::Plain),
    (MERCHANT, WALLET, Kind::Plain),
    (WALLET, MERCHANT, Kind::HoldExternalPreimage(true)),
    (MERCHANT, WALLET, Kind::HoldOwnPreimage(false)),
    (MERCHANT, WALLET, Kind::HoldOwnPreimage(true)),
    (WALLET, MERCHANT, Kind::HoldExternalPreimage(false)),
    (MERCHANT, WALLET, Kind::Jit),
];
/// Payments to be in flight at the same time.
pub const CONCURRENT: [(usize, usize, Kind); 10] = [
    (WALLET, MERCHANT, Kind::Plain),
    (MERCHANT, WALLET, Kind::Plain),
    (WALLET, MERCHANT, Kind::HoldExternalPreimage(true)),
    (MERCHANT, WALLET, Kind::HoldOwnPreimage(false)),
    (MERCHANT, WALLET, Kind::HoldOwnPreimage(true)),
    (WALLET, MERCHANT, Kind::HoldExternalPreimage(false)),
    (WALLET, MERCHANT, Kind::Plain),
    (MERCHANT, WALLET, Kind::Plain),
    (WALLET, MERCHANT, Kind::Plain),
    (MERCHANT, WALLET, Kind::Plain),
];

/// The name of a run in assertions, in the format of `CRASH_SWEEP`.
pub fn run_name(scenario: &str, lag: usize, node: usize, exchange: usize, phase: Phase) -> String {
    format!("{scenario}:{}:{exchange}:{phase:?} (lag {lag})", NAMES[node])
}
