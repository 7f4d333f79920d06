//! What the core does by itself, one behaviour a test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod support;

use lightning_core::api::{
    AcceptChannel, BumpFee, CloseChannel, ClosureKind, Command, CommandResult, CreateInvoice, CreateOffer, ErrorCode,
    Event, ForceCloseChannel, Hex32, JitHop, Lsps2Buy, Lsps2Grant, Lsps2MenuEntry, Lsps2OfferMenu, Lsps2RequestMenu,
    Msat, OnChainBalance, OpenChannel, PayInvoice, PayOffer, Sat, SendOnChain, ShortChannelId, UserChannelId,
};
use lightning_core::wire::input;
use support::host::{Kind, Story, AMOUNT, FORWARDING_FEE, L, P, W};
use support::{hash, World};

fn on_chain(world: &mut World, home: usize) -> OnChainBalance {
    let CommandResult::OnChainBalance(balance) = world.must(home, Command::OnChainBalance) else { panic!() };
    balance
}
fn invoice(world: &mut World, home: usize, amount: u64, jit: Option<JitHop>) -> (String, Hex32) {
    let command = CreateInvoice {
        amount_msat: Some(Msat(amount)),
        description: Some("x".into()),
        description_hash: None,
        expiry_seconds: 3600,
        min_final_cltv_expiry_delta: None,
        payment_hash: None,
        hold: false,
        jit,
    };
    let CommandResult::InvoiceCreated(made) = world.must(home, Command::CreateInvoice(command)) else { panic!() };
    (made.invoice, made.payment_hash)
}
fn pay(invoice: String, id: &str, max_fee: u64) -> Command {
    Command::PayInvoice(PayInvoice {
        invoice,
        amount_msat: None,
        max_fee_msat: Msat(max_fee),
        max_cltv_expiry_delta: None,
        payment_id: Hex32(hash(id)),
        retries: None,
    })
}
fn balance_with(story: &mut Story, home: usize, peer: usize) -> u64 {
    let peer = story.world.homes[peer].id;
    story.channels(home).iter().find(|channel| channel.peer == peer).unwrap().balance_msat.0
}

#[test]
fn channels_know_both_sides_balances_exactly() {
    let mut story = Story::new();
    assert_eq!(balance_with(&mut story, W, L), 5_000_000_000);
    assert_eq!(balance_with(&mut story, L, W), 5_000_000_000);
    assert_eq!(balance_with(&mut story, P, L), 2_000_000_000);
    assert_eq!(balance_with(&mut story, L, P), 8_000_000_000);
    story.plan(&[(W, P, Kind::Plain)]);
    story.play();
    assert_eq!(balance_with(&mut story, W, L), 5_000_000_000 - AMOUNT - FORWARDING_FEE);
    assert_eq!(balance_with(&mut story, P, L), 2_000_000_000 + AMOUNT);
}

#[test]
fn a_payment_is_made_once_within_its_fee_limit_and_before_its_end() {
    let mut story = Story::new();
    let world = &mut story.world;
    let (text, _) = invoice(world, P, AMOUNT, None);
    let refused = world.ask(W, &pay(text.clone(), "dear", FORWARDING_FEE - 1)).unwrap().unwrap_err();
    assert_eq!(refused.code, ErrorCode::RouteNotFound);
    world.must(W, pay(text.clone(), "good", FORWARDING_FEE));
    let sent = world.take_event(W, |event| matches!(event, Event::PaymentSent { .. }));
    assert!(matches!(sent, Some(Event::PaymentSent { fee_msat: Some(Msat(FORWARDING_FEE)), .. })));
    let refused = world.ask(W, &pay(text, "good", FORWARDING_FEE)).unwrap().unwrap_err();
    assert_eq!(refused.code, ErrorCode::DuplicatePayment);
    let (text, _) = invoice(world, P, AMOUNT, None);
    world.time += 3600;
    world.tick(2);
    let refused = world.ask(W, &pay(text, "late", FORWARDING_FEE)).unwrap().unwrap_err();
    assert_eq!(refused.code, ErrorCode::Expired);
}

#[test]
fn an_invoice_stays_payable_when_no_block_came_for_hours() {
    let mut story = Story::new();
    let world = &mut story.world;
    world.time += 5 * 3600;
    world.tick(2);
    let (text, hash) = invoice(world, P, AMOUNT, None);
    world.mine(1);
    world.must(W, pay(text, "after the gap", FORWARDING_FEE));
    assert!(world
        .take_event(P, |e| matches!(e, Event::PaymentClaimed { payment_hash, .. } if *payment_hash == hash))
        .is_some());
}

#[test]
fn a_held_payment_that_nobody_decides_goes_back_before_its_deadline() {
    let mut story = Story::new();
    story.plan(&[(W, P, Kind::HeldForeign(true))]);
    let number = 0;
    let command = pay(story.payments[number].invoice.clone(), "held", 10_000);
    story.world.must(W, command);
    let held = story.world.take_event(P, |event| matches!(event, Event::PaymentClaimable { .. }));
    let Some(Event::PaymentClaimable { claim_deadline_height: Some(deadline), own_preimage: false, .. }) = held else {
        panic!("{held:?}")
    };
    // 183 blocks asked for, less what LDK keeps to itself
    assert!(deadline - story.world.height > 144, "{deadline} at {}", story.world.height);
    let blocks = deadline - story.world.height + 1;
    story.world.mine(blocks);
    story.world.tick(6);
    let failed = story.world.take_event(W, |event| matches!(event, Event::PaymentFailed { .. }));
    assert!(failed.is_some(), "the payer has its money back");
    let hash = story.payments[number].hash;
    let told =
        story.world.take_event(P, |e| matches!(e, Event::HtlcFailed { payment_hash: Some(h), .. } if *h == hash));
    assert!(told.is_some(), "and the payee knows");
    let channels = story.channels(P);
    assert!(channels.iter().all(|channel| channel.usable && channel.pending_htlcs == 0));
}

#[test]
fn preimages_are_not_stored_beside_held_invoices() {
    let mut story = Story::new();
    story.plan(&[(P, W, Kind::HeldOwn(true))]);
    story.play();
    let Some(Event::PaymentSent { preimage, .. }) =
        story.world.homes[P].all_events.iter().find(|event| matches!(event, Event::PaymentSent { .. })).cloned()
    else {
        panic!()
    };
    assert!(!story.world.homes[W].store.contains(&preimage.0));
    assert!(!story.world.homes[W].store.contains(preimage.to_string().as_bytes()));
}

#[test]
fn offers_are_paid_in_every_direction() {
    let mut story = Story::new();
    // the wallet must know the public channel to find its way, as it would by gossip snapshots
    for (from, to) in [(W, L), (L, W), (L, P), (P, L), (W, P), (P, W)] {
        let offer =
            CreateOffer { amount_msat: Some(Msat(AMOUNT)), description: "tea".into(), expires_at_seconds: None };
        let CommandResult::OfferCreated { offer, .. } = story.world.must(to, Command::CreateOffer(offer)) else {
            panic!()
        };
        let payment_id = Hex32(hash(&format!("offer {from} {to}")));
        let command = PayOffer {
            offer,
            amount_msat: None,
            max_fee_msat: Msat(20_000),
            max_cltv_expiry_delta: None,
            payment_id,
            payer_note: None,
            retries: None,
        };
        story.world.must(from, Command::PayOffer(command));
        for _ in 0..3 {
            story.world.tick(2);
        }
        let sent = story
            .world
            .take_event(from, |e| matches!(e, Event::PaymentSent { payment_id: Some(id), .. } if *id == payment_id));
        let failed = story.world.take_event(from, |event| matches!(event, Event::PaymentFailed { .. }));
        assert!(
            sent.is_some(),
            "{from} to {to}: {failed:?} {:?}",
            story.world.homes[from].logs.iter().rev().take(5).collect::<Vec<_>>()
        );
    }
}

/// W asks L for terms and takes them.
fn buy(story: &mut Story, wait_seconds: u32) -> Option<ShortChannelId> {
    let (lsp, client) = (story.world.homes[L].id, story.world.homes[W].id);
    story.world.must(W, Command::Lsps2RequestMenu(Lsps2RequestMenu { lsp, token: None }));
    let asked = story.world.take_event(L, |event| matches!(event, Event::Lsps2MenuRequested { .. }));
    let Some(Event::Lsps2MenuRequested { request_id, .. }) = asked else { panic!("{asked:?}") };
    let entry = Lsps2MenuEntry {
        min_fee_msat: Msat(1_000_000),
        proportional: 0,
        valid_until_seconds: u64::from(story.world.time) + 60,
        min_lifetime: 2016,
        max_client_to_self_delay: 2016,
        min_payment_size_msat: Msat(2_000_000),
        max_payment_size_msat: Msat(1_000_000_000),
    };
    story.world.must(L, Command::Lsps2OfferMenu(Lsps2OfferMenu { client, request_id, menu: vec![entry] }));
    let got = story.world.take_event(W, |event| matches!(event, Event::Lsps2MenuReceived { .. }));
    let Some(Event::Lsps2MenuReceived { mut menu, .. }) = got else { panic!("{got:?}") };
    let command = Lsps2Buy { lsp, payment_size_msat: Some(Msat(50_000_000)), parameters: menu.remove(0) };
    let request = story.world.post(W, &Command::Lsps2Buy(command));
    // the LSP's clock goes on while the request is on its way
    story.world.time += wait_seconds;
    let now = story.world.time.into();
    story.world.frame(L, input::NOW, |out| out.u64(now));
    story.world.run();
    assert!(story.world.result(W, request).unwrap().is_ok());
    let asked = story.world.take_event(L, |event| matches!(event, Event::Lsps2BuyRequested { .. }));
    let Some(Event::Lsps2BuyRequested { request_id, .. }) = asked else { return None };
    let grant =
        Lsps2Grant { client, request_id, cltv_expiry_delta: 144, client_trusts_lsp: false, user_channel_id: None };
    story.world.must(L, Command::Lsps2Grant(grant));
    let granted = story.world.take_event(W, |event| matches!(event, Event::Lsps2InvoiceParameters { .. }));
    let Some(Event::Lsps2InvoiceParameters { scid, .. }) = granted else { panic!("{granted:?}") };
    Some(scid)
}
fn jit_invoice(story: &mut Story, scid: ShortChannelId, max_opening_fee: u64) -> (String, Hex32) {
    let lsp_node_id = story.world.homes[L].id;
    let hop = JitHop { scid, cltv_expiry_delta: 144, lsp_node_id, max_opening_fee_msat: Msat(max_opening_fee) };
    invoice(&mut story.world, W, 50_000_000, Some(hop))
}
fn payer_failed(story: &mut Story) -> bool {
    story.world.take_event(P, |event| matches!(event, Event::PaymentFailed { .. })).is_some()
}

#[test]
fn terms_that_have_ended_are_not_sold() {
    let mut story = Story::new();
    assert!(buy(&mut story, 61).is_none());
    let refused = story.world.take_event(W, |event| matches!(event, Event::Lsps2RequestFailed { .. }));
    assert!(matches!(refused, Some(Event::Lsps2RequestFailed { code: 201, .. })), "{refused:?}");
}

#[test]
fn a_first_payment_after_the_terms_end_goes_back() {
    let mut story = Story::new();
    let scid = buy(&mut story, 0).unwrap();
    let (text, _) = jit_invoice(&mut story, scid, 1_000_000);
    story.world.time += 61;
    story.world.tick(2);
    story.world.must(P, pay(text, "late first", 10_000));
    assert!(payer_failed(&mut story));
}

#[test]
fn a_payment_for_a_channel_that_is_not_opened_goes_back_in_time() {
    let mut story = Story::new();
    let scid = buy(&mut story, 0).unwrap();
    let (text, _) = jit_invoice(&mut story, scid, 1_000_000);
    story.world.must(P, pay(text, "waits", 10_000));
    assert!(story.world.take_event(L, |event| matches!(event, Event::Lsps2OpenChannel { .. })).is_some());
    assert!(!payer_failed(&mut story));
    // and it is remembered over a restart
    story.world.restart(L);
    story.world.run();
    story.world.connect(W, L);
    story.world.connect(L, P);
    story.world.run();
    for _ in 0..12 {
        story.world.tick(2);
    }
    assert!(story.world.take_event(L, |event| matches!(event, Event::InterceptExpired { .. })).is_some());
    assert!(payer_failed(&mut story));
}

#[test]
fn an_unknown_intercept_is_reported_and_can_be_forwarded_or_failed() {
    let mut story = Story::new();
    for fail in [true, false] {
        let CommandResult::InterceptScid { scid } = story.world.must(L, Command::NewInterceptScid) else { panic!() };
        let (text, hash) = jit_invoice(&mut story, scid, 0);
        story.world.must(P, pay(text, if fail { "fails" } else { "goes on" }, 10_000));
        let seen = story.world.take_event(L, |event| matches!(event, Event::HtlcIntercepted { .. }));
        let Some(Event::HtlcIntercepted { intercept_id, expected_outbound_amount_msat, .. }) = seen else {
            panic!("{seen:?}")
        };
        let peer = story.world.homes[W].id;
        let channel_id = story.channels(L).iter().find(|channel| channel.peer == peer).unwrap().channel_id;
        if fail {
            let command = lightning_core::api::FailIntercepted { intercept_id };
            story.world.must(L, Command::FailIntercepted(command));
            assert!(payer_failed(&mut story));
        } else {
            let command = lightning_core::api::ForwardIntercepted {
                intercept_id,
                channel_id,
                peer,
                amount_msat: expected_outbound_amount_msat,
            };
            story.world.must(L, Command::ForwardIntercepted(command));
            let got = story
                .world
                .take_event(W, |e| matches!(e, Event::PaymentClaimed { payment_hash, .. } if *payment_hash == hash));
            assert!(got.is_some());
        }
    }
}

#[test]
fn more_than_the_agreed_opening_fee_is_refused() {
    let mut story = Story::new();
    let CommandResult::InterceptScid { scid } = story.world.must(L, Command::NewInterceptScid) else { panic!() };
    let (text, hash) = jit_invoice(&mut story, scid, 1_000_000);
    story.world.must(P, pay(text, "greedy", 10_000));
    let seen = story.world.take_event(L, |event| matches!(event, Event::HtlcIntercepted { .. }));
    let Some(Event::HtlcIntercepted { intercept_id, .. }) = seen else { panic!("{seen:?}") };
    let peer = story.world.homes[W].id;
    let channel_id = story.channels(L).iter().find(|channel| channel.peer == peer).unwrap().channel_id;
    let amount_msat = Msat(50_000_000 - 1_000_001);
    let command = lightning_core::api::ForwardIntercepted { intercept_id, channel_id, peer, amount_msat };
    story.world.must(L, Command::ForwardIntercepted(command));
    let refused =
        story.world.take_event(W, |e| matches!(e, Event::PaymentRefused { payment_hash, .. } if *payment_hash == hash));
    assert!(matches!(refused, Some(Event::PaymentRefused { skimmed_fee_msat: Msat(1_000_001), .. })), "{refused:?}");
    assert!(payer_failed(&mut story));
}

#[test]
fn a_channel_closed_by_agreement_pays_both_wallets() {
    let mut story = Story::new();
    let (peer, before) = (story.world.homes[L].id, on_chain(&mut story.world, L));
    let channel_id = story.channels(P)[0].channel_id;
    let command = CloseChannel { channel_id, peer, fee_rate_sat_per_kwu: None };
    story.world.must(P, Command::CloseChannel(command));
    story.world.tick(2);
    story.world.mine(6);
    for home in [L, P] {
        let closed = story.world.take_event(home, |event| matches!(event, Event::ChannelClosed { .. }));
        assert!(matches!(closed, Some(Event::ChannelClosed { kind: ClosureKind::Cooperative, .. })), "{closed:?}");
    }
    assert_eq!(on_chain(&mut story.world, P).confirmed_sat, Sat(2_000_000));
    let gained = on_chain(&mut story.world, L).confirmed_sat.0 - before.confirmed_sat.0;
    assert!((7_990_000..8_000_000).contains(&gained), "{gained}");
}

#[test]
fn a_forced_close_is_bumped_by_its_anchor_and_swept_into_the_wallet() {
    let mut story = Story::new();
    let peer = story.world.homes[P].id;
    let before = on_chain(&mut story.world, L);
    let channel_id = story.channels(L).iter().find(|channel| channel.peer == peer).unwrap().channel_id;
    // the anchor child is due when the commitment's own fee rate is too low for the times
    for home in [L, P] {
        story.world.frame(home, input::FEES, |out| {
            for rate in [50_000u32, 5_000, 253, 253, 253, 5_000, 253, 5_000] {
                out.u32(rate);
            }
        });
    }
    story.world.run();
    let command = ForceCloseChannel { channel_id, peer, reason: None };
    story.world.must(L, Command::ForceCloseChannel(command));
    story.world.tick(4);
    assert!(story.world.mempool.len() >= 2, "the commitment and its child: {}", story.world.mempool.len());
    story.world.mine(160);
    story.world.tick(4);
    story.world.mine(10);
    let closed = story.world.take_event(L, |event| matches!(event, Event::ChannelClosed { .. }));
    assert!(matches!(closed, Some(Event::ChannelClosed { kind: ClosureKind::ForcedByUs, .. })), "{closed:?}");
    let after = on_chain(&mut story.world, L);
    let gained = i64::try_from(after.confirmed_sat.0).unwrap() - i64::try_from(before.confirmed_sat.0).unwrap();
    assert!((7_970_000..8_000_000).contains(&gained), "{gained}");
    let got = on_chain(&mut story.world, P).confirmed_sat.0;
    assert!((1_980_000..=2_000_000).contains(&got), "{got}");
    for home in [L, P] {
        let CommandResult::Balances(balances) = story.world.must(home, Command::Balances) else { panic!() };
        assert_eq!(balances.sweeping_sat, Sat(0));
    }
}

#[test]
fn a_reorganisation_takes_back_confirmations_and_a_restart_remembers_it() {
    let mut story = Story::new();
    story.world.fund_wallet(P, 500_000);
    assert_eq!(on_chain(&mut story.world, P).confirmed_sat, Sat(500_000));
    story.world.unmine(1);
    assert_eq!(on_chain(&mut story.world, P).confirmed_sat, Sat(0));
    assert_eq!(on_chain(&mut story.world, P).untrusted_pending_sat, Sat(500_000));
    story.world.restart(P);
    story.world.run();
    let CommandResult::ChainStatus(status) = story.world.must(P, Command::ChainStatus) else { panic!() };
    assert_eq!(status.best_block.height, story.world.height);
    assert_eq!(on_chain(&mut story.world, P).confirmed_sat, Sat(0));
    story.world.time += 1;
    story.world.mine(3);
    for home in [W, L, P] {
        let CommandResult::ChainStatus(status) = story.world.must(home, Command::ChainStatus) else { panic!() };
        assert_eq!(status.best_block.height, story.world.height);
        assert!(story.world.homes[home].rejected.is_empty(), "{:?}", story.world.homes[home].rejected);
    }
}

#[test]
fn blocks_that_do_not_fit_are_rejected_and_change_nothing() {
    let mut story = Story::new();
    let (height, header) = (story.world.height, story.world.header_at(story.world.height));
    story.world.frame(P, input::BLOCK, |out| {
        out.u32(height + 1);
        out.raw(&header);
        out.u32(0);
    });
    story.world.frame(P, input::DISCONNECT_TO, |out| {
        out.u32(height);
        out.raw(&header);
    });
    story.world.run();
    assert_eq!(story.world.homes[P].rejected.len(), 2);
    let CommandResult::ChainStatus(status) = story.world.must(P, Command::ChainStatus) else { panic!() };
    assert_eq!(status.best_block.height, height);
}

#[test]
fn on_chain_sends_bumps_and_limits() {
    let mut story = Story::new();
    let CommandResult::Address { address } = story.world.must(P, Command::NewAddress) else { panic!() };
    let send = |address: &str, amount: Option<u64>, all| {
        let address = address.to_string();
        let amount_sat = amount.map(Sat);
        Command::SendOnChain(SendOnChain { address, amount_sat, all, fee_rate_sat_per_kwu: Some(500) })
    };
    let sent = story.world.must(L, send(&address, Some(1_000_000), false));
    let CommandResult::TransactionSent { txid, fee_sat } = sent else { panic!("{sent:?}") };
    let bumped = story.world.must(L, Command::BumpFee(BumpFee { txid, fee_rate_sat_per_kwu: 2_000 }));
    let CommandResult::TransactionSent { fee_sat: more, .. } = bumped else { panic!("{bumped:?}") };
    assert!(more > fee_sat);
    let refusals = [
        (send(&address, None, false), ErrorCode::BadAmount),
        (send(&address, Some(1), true), ErrorCode::BadAmount),
        (send("nonsense", Some(1_000), false), ErrorCode::BadInput),
        (send("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", Some(1_000), false), ErrorCode::WrongNetwork),
        (send(&address, Some(2_100_000_000), false), ErrorCode::InsufficientFunds),
    ];
    for (command, code) in refusals {
        assert_eq!(story.world.ask(L, &command).unwrap().unwrap_err().code, code, "{command:?}");
    }
    let open = OpenChannel {
        peer: story.world.homes[P].id,
        capacity_sat: Sat(2_000_000_000),
        push_msat: Msat(0),
        announced: true,
        zero_conf: false,
        user_channel_id: Some(UserChannelId(9)),
        fee_rate_sat_per_kwu: None,
    };
    let refused = story.world.ask(L, &Command::OpenChannel(open)).unwrap().unwrap_err();
    assert_eq!(refused.code, ErrorCode::InsufficientFunds);
}

#[test]
fn a_refused_channel_gives_its_coins_back() {
    let mut story = Story::new();
    let before = on_chain(&mut story.world, L);
    let open = OpenChannel {
        peer: story.world.homes[P].id,
        capacity_sat: Sat(1_000_000),
        push_msat: Msat(0),
        announced: true,
        zero_conf: false,
        user_channel_id: None,
        fee_rate_sat_per_kwu: None,
    };
    story.world.must(L, Command::OpenChannel(open));
    let asked = story.world.take_event(P, |event| matches!(event, Event::OpenChannelRequest { .. }));
    let Some(Event::OpenChannelRequest { temporary_channel_id, peer, .. }) = asked else { panic!("{asked:?}") };
    let accept = AcceptChannel { temporary_channel_id, peer, zero_conf: false, user_channel_id: None };
    story.world.post(P, &Command::AcceptChannel(accept));
    // L dies when it has built the funding, before the peer's signature arrives
    let at = story.world.homes[L].exchanges + 1;
    story.world.crash = Some(support::Crash { node: L, exchange: at, phase: support::Phase::Stored });
    story.world.run();
    story.world.crashed = None;
    story.world.connect(W, L);
    story.world.connect(L, P);
    story.world.run();
    let after = on_chain(&mut story.world, L);
    assert_eq!(after.spendable_sat, before.spendable_sat);
    assert_eq!(after.in_use_sat, Sat(0));
}
