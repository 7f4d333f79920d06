//! The story that is played and killed: W (wallet), L (LSP) and P (merchant); payments both ways, held ones, one that opens
//! a channel. The hosts act on stored events and on what they wrote down before, and nothing else.
use super::{config, hash, Phase, World};
use lightning::bitcoin::hashes::{sha256, Hash};
use lightning::bitcoin::Txid;
use lightning_core::api::{
    AcceptChannel, Channel, ClaimPayment, ClosureKind, Command, CommandResult, CreateInvoice, ErrorCode, Event,
    FailPayment, Hex32, JitHop, Lsps2Buy, Lsps2Grant, Lsps2MenuEntry, Lsps2OfferMenu, Lsps2RequestMenu, Msat,
    OpenChannel, PayInvoice, PublicKeyHex, Sat, UserChannelId,
};
use std::collections::BTreeMap;

pub const W: usize = 0;
pub const L: usize = 1;
pub const P: usize = 2;
pub const AMOUNT: u64 = 2_000_000;
pub const JIT_AMOUNT: u64 = 50_000_000;
pub const OPENING_FEE: u64 = 1_000_000;
/// LDK's default forwarding fee, which L takes.
pub const FORWARDING_FEE: u64 = 1_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Plain,
    /// Held with the payee's own preimage; true: claimed in the end.
    HeldOwn(bool),
    /// Held for a hash whose preimage the payee's host brings.
    HeldForeign(bool),
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
    pub posted: bool,
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

pub struct Story {
    pub world: World,
    pub payments: Vec<Payment>,
    /// Channels that L has promised to open: written down with the event.
    to_open: BTreeMap<u128, (PublicKeyHex, bool)>,
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

impl Story {
    /// Three nodes, an announced channel L–P and a private one W–L.
    pub fn new() -> Story {
        let mut world = World::new();
        let mut wallet = config(false);
        wallet.accept_skimmed_payments = true;
        let mut lsp = config(true);
        lsp.lsp_service = true;
        assert_eq!([world.add("W", wallet), world.add("L", lsp), world.add("P", config(true))], [W, L, P]);
        world.fund_wallet(L, 30_000_000);
        world.fund_wallet(L, 10_000_000);
        world.connect(W, L);
        world.connect(L, P);
        world.run();
        let to_open = BTreeMap::new();
        let (closed, fundings, skimmed) = (vec![], BTreeMap::new(), BTreeMap::new());
        let mut story = Story { world, payments: vec![], to_open, closed, fundings, fees_paid: 0, skimmed, jit: None };
        story.open(P, 10_000_000, 2_000_000_000, true, 1);
        story.open(W, 10_000_000, 5_000_000_000, false, 2);
        story.world.mine(6);
        for _ in 0..2 {
            story.world.tick(2);
        }
        story.react();
        story.world.snapshot_graphs();
        story
    }
    fn open(&mut self, to: usize, sat: u64, push_msat: u64, announced: bool, number: u128) {
        let peer = self.world.homes[to].id;
        self.world.must(
            L,
            Command::OpenChannel(OpenChannel {
                peer,
                capacity_sat: Sat(sat),
                push_msat: Msat(push_msat),
                announced,
                zero_conf: !announced,
                user_channel_id: Some(UserChannelId(number)),
                fee_rate_sat_per_kwu: None,
            }),
        );
        self.react();
        self.world.mine(if announced { 6 } else { 1 });
        self.react();
    }

    /// Writes the plan down: invoices exist before the story begins, except the one that opens a channel.
    pub fn plan(&mut self, specs: &[(usize, usize, Kind)]) {
        for (from, to, kind) in specs.iter().copied() {
            let number = self.payments.len();
            let foreign = matches!(kind, Kind::HeldForeign(_));
            let payment_hash = foreign.then(|| Hex32(sha256::Hash::hash(&preimage(number).0).to_byte_array()));
            let mut payment = Payment {
                from,
                to,
                kind,
                invoice: String::new(),
                hash: Hex32([0; 32]),
                id: Hex32(hash(&format!("payment {number}"))),
                posted: false,
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
                    min_final_cltv_expiry_delta: foreign.then_some(183),
                    payment_hash,
                    hold: matches!(kind, Kind::HeldOwn(_)),
                    jit: None,
                };
                let CommandResult::InvoiceCreated(made) = self.world.must(to, Command::CreateInvoice(command)) else {
                    panic!("invoice");
                };
                payment.invoice = made.invoice;
                payment.hash = made.payment_hash;
            }
            self.payments.push(payment);
        }
    }

    /// Acts on stored events until there are none.
    pub fn react(&mut self) {
        loop {
            self.world.run();
            self.revive();
            self.take_results();
            let mut busy = false;
            for home in 0..3 {
                while let Some(event) = self.world.take_event(home, |_| true) {
                    busy = true;
                    self.on_event(home, event);
                }
            }
            if !busy {
                break;
            }
        }
    }
    fn on_event(&mut self, home: usize, event: Event) {
        match event {
            Event::OpenChannelRequest { temporary_channel_id, peer, .. } => {
                let zero_conf = home == W;
                let accept = AcceptChannel { temporary_channel_id, peer, zero_conf, user_channel_id: None };
                self.world.post(home, &Command::AcceptChannel(accept));
            }
            Event::ChannelClosed { channel_id, kind, reason, .. } => {
                self.closed.push((home, channel_id, kind, reason));
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
                self.world.post(home, &Command::Lsps2OfferMenu(offer));
            }
            Event::Lsps2MenuReceived { lsp, mut menu, .. } => {
                let buy = Lsps2Buy { lsp, payment_size_msat: Some(Msat(JIT_AMOUNT)), parameters: menu.remove(0) };
                self.world.post(home, &Command::Lsps2Buy(buy));
            }
            Event::Lsps2BuyRequested { client, request_id, .. } => {
                let grant = Lsps2Grant {
                    client,
                    request_id,
                    cltv_expiry_delta: 144,
                    client_trusts_lsp: false,
                    user_channel_id: None,
                };
                self.world.post(home, &Command::Lsps2Grant(grant));
            }
            Event::Lsps2InvoiceParameters { scid, cltv_expiry_delta, .. } => {
                self.jit = Some(Hop { scid, delta: cltv_expiry_delta });
            }
            Event::Lsps2OpenChannel { client, user_channel_id, .. } => {
                self.to_open.insert(user_channel_id.0, (client, false));
                self.open_promised();
            }
            Event::ChannelReady { user_channel_id, .. } if home == L => {
                if let Some(promised) = self.to_open.get_mut(&user_channel_id.0) {
                    promised.1 = true;
                }
            }
            Event::PaymentClaimable { payment_hash, .. } => {
                for payment in self.payments.iter_mut().filter(|payment| payment.hash == payment_hash) {
                    payment.held = true;
                }
                self.decide(payment_hash);
            }
            Event::PaymentClaimed { payment_hash, skimmed_fee_msat, .. } => {
                self.skimmed.insert(payment_hash, skimmed_fee_msat.0);
                for payment in self.payments.iter_mut().filter(|p| p.hash == payment_hash && p.to == home) {
                    payment.claimed += 1;
                }
            }
            Event::PaymentSent { payment_hash, preimage, fee_msat, .. } => {
                assert_eq!(sha256::Hash::hash(&preimage.0).to_byte_array(), payment_hash.0);
                for payment in self.payments.iter_mut().filter(|p| p.hash == payment_hash && p.from == home) {
                    payment.sent += 1;
                }
                self.fees_paid += fee_msat.map_or(0, |fee| fee.0);
            }
            Event::PaymentFailed { payment_id, .. } => {
                for payment in self.payments.iter_mut().filter(|p| p.id == payment_id && p.from == home) {
                    payment.failed += 1;
                }
            }
            _ => {}
        }
    }
    /// L keeps its promises: opens what is not open, once each.
    fn open_promised(&mut self) {
        let numbers: Vec<_> =
            self.to_open.iter().filter(|(_, (_, ready))| !ready).map(|(n, (c, _))| (*n, *c)).collect();
        for (number, client) in numbers {
            if self.channels(L).iter().any(|channel| channel.user_channel_id.0 == number) {
                continue;
            }
            let open = OpenChannel {
                peer: client,
                capacity_sat: Sat(1_000_000),
                push_msat: Msat(0),
                announced: false,
                zero_conf: true,
                user_channel_id: Some(UserChannelId(number)),
                fee_rate_sat_per_kwu: None,
            };
            // refused while the client is away: the deadline takes care of the payment
            self.world.post(L, &Command::OpenChannel(open));
        }
    }
    /// A held payment's end: a decision is repeated until its end is known.
    fn decide(&mut self, payment_hash: Hex32) {
        let Some((number, payment)) = self.payments.iter().enumerate().find(|(_, p)| p.hash == payment_hash) else {
            return;
        };
        let claim = |preimage| Command::ClaimPayment(ClaimPayment { payment_hash, preimage });
        let command = match payment.kind {
            Kind::HeldOwn(true) => claim(None),
            Kind::HeldForeign(true) => claim(Some(preimage(number))),
            _ => Command::FailPayment(FailPayment { payment_hash }),
        };
        let to = payment.to;
        self.world.post(to, &command);
    }
    fn post(&mut self, number: usize) {
        let payment = &mut self.payments[number];
        payment.posted = true;
        let command = Command::PayInvoice(PayInvoice {
            invoice: payment.invoice.clone(),
            amount_msat: None,
            max_fee_msat: Msat(10_000),
            max_cltv_expiry_delta: None,
            payment_id: payment.id,
            retries: Some(2),
        });
        let from = payment.from;
        let request = self.world.post(from, &command);
        self.payments[number].request = Some(request);
    }
    fn take_results(&mut self) {
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
    /// After a kill: connections come back, and the host goes on with what it had written down.
    fn revive(&mut self) {
        let Some(home) = self.world.crashed.take() else { return };
        self.world.homes[home].down = false;
        self.world.run();
        if home != P {
            self.world.connect(W, L);
        }
        if home != W {
            self.world.connect(L, P);
        }
        self.world.run();
        for number in 0..self.payments.len() {
            let payment = self.payments[number].clone();
            if payment.from == home && payment.posted && payment.open() {
                self.post(number);
            }
            if payment.to == home && payment.held && payment.open() {
                self.decide(payment.hash);
            }
        }
        self.open_promised();
        self.world.run();
    }

    pub fn channels(&mut self, home: usize) -> Vec<Channel> {
        loop {
            match self.world.ask(home, &Command::ListChannels) {
                Some(Ok(CommandResult::Channels { channels })) => return channels,
                None => self.revive(),
                other => panic!("{other:?}"),
            }
        }
    }

    /// Plays the payments one after the other.
    pub fn play(&mut self) {
        for number in 0..self.payments.len() {
            if self.payments[number].kind == Kind::Jit {
                self.buy_invoice(number);
                if self.payments[number].invoice.is_empty() {
                    self.payments[number].refused = Some("no terms from the LSP".into());
                    continue;
                }
            }
            self.post(number);
            self.finish(&[number]);
        }
        self.finish(&(0..self.payments.len()).collect::<Vec<_>>());
    }
    /// Plays them all at once (those that open no channel).
    pub fn play_together(&mut self) {
        let all: Vec<usize> = (0..self.payments.len()).collect();
        for number in &all {
            self.post(*number);
        }
        self.finish(&all);
    }
    fn buy_invoice(&mut self, number: usize) {
        for _ in 0..3 {
            let lsp = self.world.homes[L].id;
            self.jit = None;
            self.world.post(W, &Command::Lsps2RequestMenu(Lsps2RequestMenu { lsp, token: None }));
            self.react();
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
            let request = self.world.post(W, &Command::CreateInvoice(command));
            self.world.run();
            let made = self.world.result(W, request);
            self.react();
            if let Some(Ok(CommandResult::InvoiceCreated(made))) = made {
                self.payments[number].invoice = made.invoice;
                self.payments[number].hash = made.payment_hash;
                return;
            }
        }
    }
    fn finish(&mut self, numbers: &[usize]) {
        for round in 0..40 {
            self.react();
            let open = numbers.iter().any(|number| self.payments[*number].open());
            if !open && (0..3).all(|home| self.channels(home).iter().all(|channel| channel.pending_htlcs == 0)) {
                return;
            }
            if round > 2 {
                // a decision was made, and its effect may have been lost
                for number in numbers {
                    let payment = self.payments[*number].clone();
                    if payment.held && payment.open() {
                        self.decide(payment.hash);
                    }
                }
                self.open_promised();
            }
            self.world.tick(if round % 6 == 5 { 7 } else { 6 });
        }
    }

    /// What each owns: in channels, on chain, in millisatoshis.
    pub fn wealth(&mut self) -> [u64; 3] {
        let mut wealth = [0; 3];
        for (home, sum) in wealth.iter_mut().enumerate() {
            let Some(Ok(CommandResult::Balances(balances))) = self.world.ask(home, &Command::Balances) else {
                panic!("balances");
            };
            let chain = &balances.on_chain;
            let on_chain = chain.confirmed_sat.0 + chain.trusted_pending_sat.0 + chain.untrusted_pending_sat.0;
            *sum = balances.channels_msat.0 + on_chain * 1000;
        }
        wealth
    }
    /// What L has paid to miners.
    pub fn miners(&mut self) -> u64 {
        let Some(Ok(CommandResult::OnChainTransactions { transactions })) =
            self.world.ask(L, &Command::ListOnChainTransactions)
        else {
            panic!("transactions")
        };
        transactions.iter().filter(|known| known.sent_sat.0 > 0).map(|known| known.fee_sat.unwrap().0 * 1000).sum()
    }

    /// Everything that must hold in the end. `what` names the run.
    pub fn check(&mut self, what: &str, before: [u64; 3], miners_before: u64) {
        // a kill that was planned beyond the end of the story
        self.world.crash = None;
        self.react();
        self.world.tick(7);
        self.world.mine(1);
        self.react();
        let mut expected = [0i64; 3];
        for (number, payment) in self.payments.iter().enumerate() {
            let ended = payment.sent + payment.failed > 0 || payment.refused.is_some();
            assert!(ended, "{what}: payment {number} has no end: {payment:?}");
            assert!(payment.sent == 0 || payment.failed == 0, "{what}: payment {number} both: {payment:?}");
            assert_eq!(payment.sent > 0, payment.claimed > 0, "{what}: payment {number}: {payment:?}");
            let must_fail = matches!(payment.kind, Kind::HeldOwn(false) | Kind::HeldForeign(false));
            assert!(!(must_fail && payment.sent > 0), "{what}: payment {number} was to fail: {payment:?}");
            if payment.sent > 0 {
                let amount = i64::try_from(payment.amount()).unwrap();
                let (fee, skim) = match payment.kind {
                    Kind::Jit => (0, i64::try_from(OPENING_FEE).unwrap()),
                    _ => (i64::try_from(FORWARDING_FEE).unwrap(), 0),
                };
                expected[payment.from] -= amount + fee;
                expected[payment.to] += amount - skim;
                expected[L] += fee + skim;
            }
        }
        let miners = self.miners() - miners_before;
        expected[L] -= i64::try_from(miners).unwrap();
        let after = self.wealth();
        let change: Vec<i64> =
            (0..3).map(|home| i64::try_from(after[home]).unwrap() - i64::try_from(before[home]).unwrap()).collect();
        assert_eq!(change, expected, "{what}: balances; {:?}", self.payments);
        for (home, channel, kind, reason) in &self.closed {
            // killed between the peer's signature for a funding and its own note of it, the opener forgets the channel, and
            // the peer must let it go: nothing was ever in it
            let funded = self.fundings.get(channel).is_some_and(|funding| self.world.broadcast.contains(funding));
            let harmless = matches!(kind, ClosureKind::NeverOpened) || !funded;
            assert!(harmless, "{what}: {} lost a channel: {kind:?} {reason}", self.world.homes[*home].name);
        }
        for home in 0..3 {
            let unusable: Vec<_> =
                self.channels(home).into_iter().filter(|c| !c.usable || c.pending_htlcs > 0).collect();
            assert!(unusable.is_empty(), "{what}: {}: {unusable:?}", self.world.homes[home].name);
            assert!(self.world.homes[home].rejected.is_empty(), "{what}: {:?}", self.world.homes[home].rejected);
        }
    }
}

/// The story's payments, one of each sort.
pub const STORY: [(usize, usize, Kind); 7] = [
    (W, P, Kind::Plain),
    (P, W, Kind::Plain),
    (W, P, Kind::HeldForeign(true)),
    (P, W, Kind::HeldOwn(false)),
    (P, W, Kind::HeldOwn(true)),
    (W, P, Kind::HeldForeign(false)),
    (P, W, Kind::Jit),
];
/// Many in flight at once.
pub const CROWD: [(usize, usize, Kind); 10] = [
    (W, P, Kind::Plain),
    (P, W, Kind::Plain),
    (W, P, Kind::HeldForeign(true)),
    (P, W, Kind::HeldOwn(false)),
    (P, W, Kind::HeldOwn(true)),
    (W, P, Kind::HeldForeign(false)),
    (W, P, Kind::Plain),
    (P, W, Kind::Plain),
    (W, P, Kind::Plain),
    (P, W, Kind::Plain),
];

/// Names a run in an assertion.
pub fn run_name(story: &str, lag: usize, node: usize, exchange: usize, phase: Phase) -> String {
    format!("{story}, lag {lag}, {} killed at its exchange {exchange}, {phase:?}", ["W", "L", "P"][node])
}
