//! Behaviour of the core that needs no decision of the host.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod support;

use lightning_core::api::{
    AcceptChannel, BumpFee, CloseChannel, ClosureKind, Command, CommandResult, CreateInvoice, CreateOffer, ErrorCode,
    Event, FailIntercepted, ForceCloseChannel, Hex32, JitHop, Lsps2Buy, Lsps2Grant, Lsps2MenuEntry, Lsps2OfferMenu,
    Lsps2RequestMenu, Lsps2WithdrawGrant, Msat, OnChainBalance, OnChainBump, OpenChannel, PayInvoice, PayOffer, Sat,
    SendOnChain, ShortChannelId, UserChannelId,
};
use lightning_core::wire::input;
use support::host::{Kind, Scenario, AMOUNT, FORWARDING_FEE, LSP, MERCHANT, WALLET};
use support::{hash, World};

fn on_chain(world: &mut World, node: usize) -> OnChainBalance {
    let CommandResult::OnChainBalance(balance) = world.call_ok(node, Command::OnChainBalance) else { panic!() };
    balance
}
fn invoice(world: &mut World, node: usize, amount: u64, jit: Option<JitHop>) -> (String, Hex32) {
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
    let CommandResult::InvoiceCreated(made) = world.call_ok(node, Command::CreateInvoice(command)) else { panic!() };
    (made.invoice, made.payment_hash)
}
fn pay(invoice: String, id: &str, max_fee_msat: u64) -> Command {
    Command::PayInvoice(PayInvoice {
        invoice,
        amount_msat: None,
        max_fee_msat: Msat(max_fee_msat),
        max_cltv_expiry_delta: None,
        payment_id: Hex32(hash(id)),
        retries: None,
    })
}
fn balance_of(scenario: &mut Scenario, node: usize, peer: usize) -> u64 {
    let peer = scenario.world.nodes[peer].id;
    scenario.channels(node).iter().find(|channel| channel.peer == peer).unwrap().balance_msat.0
}

#[test]
fn channel_balances_of_both_peers_are_exact() {
    let mut scenario = Scenario::new();
    assert_eq!(balance_of(&mut scenario, WALLET, LSP), 5_000_000_000);
    assert_eq!(balance_of(&mut scenario, LSP, WALLET), 5_000_000_000);
    assert_eq!(balance_of(&mut scenario, MERCHANT, LSP), 2_000_000_000);
    assert_eq!(balance_of(&mut scenario, LSP, MERCHANT), 8_000_000_000);
    scenario.plan(&[(WALLET, MERCHANT, Kind::Plain)]);
    scenario.pay_sequentially();
    assert_eq!(balance_of(&mut scenario, WALLET, LSP), 5_000_000_000 - AMOUNT - FORWARDING_FEE);
    assert_eq!(balance_of(&mut scenario, MERCHANT, LSP), 2_000_000_000 + AMOUNT);
}

#[test]
fn pays_an_invoice_once_within_the_fee_limit_and_before_expiry() {
    let mut scenario = Scenario::new();
    let world = &mut scenario.world;
    let (text, _) = invoice(world, MERCHANT, AMOUNT, None);
    let refused = world.call(WALLET, &pay(text.clone(), "dear", FORWARDING_FEE - 1)).unwrap().unwrap_err();
    assert_eq!(refused.code, ErrorCode::RouteNotFound);
    world.call_ok(WALLET, pay(text.clone(), "good", FORWARDING_FEE));
    let sent = world.take_event(WALLET, |event| matches!(event, Event::PaymentSent { .. }));
    assert!(matches!(sent, Some(Event::PaymentSent { fee_msat: Some(Msat(FORWARDING_FEE)), .. })));
    let refused = world.call(WALLET, &pay(text, "good", FORWARDING_FEE)).unwrap().unwrap_err();
    assert_eq!(refused.code, ErrorCode::DuplicatePayment);
    let (text, _) = invoice(world, MERCHANT, AMOUNT, None);
    world.time += 3600;
    world.tick(2);
    let refused = world.call(WALLET, &pay(text, "late", FORWARDING_FEE)).unwrap().unwrap_err();
    assert_eq!(refused.code, ErrorCode::Expired);
}

#[test]
fn an_invoice_can_be_paid_after_hours_without_a_block() {
    let mut scenario = Scenario::new();
    let world = &mut scenario.world;
    world.time += 5 * 3600;
    world.tick(2);
    let (text, hash) = invoice(world, MERCHANT, AMOUNT, None);
    world.mine(1);
    world.call_ok(WALLET, pay(text, "after the gap", FORWARDING_FEE));
    assert!(world
        .take_event(MERCHANT, |e| matches!(e, Event::PaymentClaimed { payment_hash, .. } if *payment_hash == hash))
        .is_some());
}

#[test]
fn a_held_payment_without_an_answer_is_failed_back_at_its_deadline() {
    let mut scenario = Scenario::new();
    scenario.plan(&[(WALLET, MERCHANT, Kind::HoldExternalPreimage(true))]);
    let number = 0;
    let command = pay(scenario.payments[number].invoice.clone(), "held", 10_000);
    scenario.world.call_ok(WALLET, command);
    let held = scenario.world.take_event(MERCHANT, |event| matches!(event, Event::PaymentClaimable { .. }));
    let Some(Event::PaymentClaimable { claim_deadline_height: Some(deadline), own_preimage: false, .. }) = held else {
        panic!("{held:?}")
    };
    // 183 blocks requested, less LDK's own safety margin
    assert!(deadline - scenario.world.height > 144, "{deadline} at {}", scenario.world.height);
    let blocks = deadline - scenario.world.height + 1;
    scenario.world.mine(blocks);
    scenario.world.tick(6);
    let failed = scenario.world.take_event(WALLET, |event| matches!(event, Event::PaymentFailed { .. }));
    assert!(failed.is_some(), "the payer is told of the failure");
    let hash = scenario.payments[number].hash;
    let failed = scenario
        .world
        .take_event(MERCHANT, |e| matches!(e, Event::HtlcFailed { payment_hash: Some(h), .. } if *h == hash));
    assert!(failed.is_some(), "the payee is told of the failure");
    let channels = scenario.channels(MERCHANT);
    assert!(channels.iter().all(|channel| channel.usable && channel.pending_htlcs == 0));
}

#[test]
fn preimages_of_hold_invoices_are_not_stored() {
    let mut scenario = Scenario::new();
    scenario.plan(&[(MERCHANT, WALLET, Kind::HoldOwnPreimage(true))]);
    scenario.pay_sequentially();
    let Some(Event::PaymentSent { preimage, .. }) = scenario.world.nodes[MERCHANT]
        .all_events
        .iter()
        .find(|event| matches!(event, Event::PaymentSent { .. }))
        .cloned()
    else {
        panic!()
    };
    assert!(!scenario.world.nodes[WALLET].store.contains(&preimage.0));
    assert!(!scenario.world.nodes[WALLET].store.contains(preimage.to_string().as_bytes()));
}

#[test]
fn pays_offers_in_all_directions() {
    let mut scenario = Scenario::new();
    // the wallet knows the public channel, as it would from a gossip snapshot
    for (from, to) in
        [(WALLET, LSP), (LSP, WALLET), (LSP, MERCHANT), (MERCHANT, LSP), (WALLET, MERCHANT), (MERCHANT, WALLET)]
    {
        let offer =
            CreateOffer { amount_msat: Some(Msat(AMOUNT)), description: "tea".into(), expires_at_seconds: None };
        let CommandResult::OfferCreated { offer, .. } = scenario.world.call_ok(to, Command::CreateOffer(offer)) else {
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
        scenario.world.call_ok(from, Command::PayOffer(command));
        for _ in 0..3 {
            scenario.world.tick(2);
        }
        let sent = scenario
            .world
            .take_event(from, |e| matches!(e, Event::PaymentSent { payment_id: Some(id), .. } if *id == payment_id));
        let failed = scenario.world.take_event(from, |event| matches!(event, Event::PaymentFailed { .. }));
        assert!(
            sent.is_some(),
            "{from} to {to}: {failed:?} {:?}",
            scenario.world.nodes[from].logs.iter().rev().take(5).collect::<Vec<_>>()
        );
    }
}

/// The wallet requests the LSP's fee menu and buys under its first entry. `None` if the LSP rejects it.
fn buy(scenario: &mut Scenario, wait_seconds: u32) -> Option<ShortChannelId> {
    buy_grant(scenario, wait_seconds).map(|(scid, _)| scid)
}
fn buy_grant(scenario: &mut Scenario, wait_seconds: u32) -> Option<(ShortChannelId, UserChannelId)> {
    let (lsp, client) = (scenario.world.nodes[LSP].id, scenario.world.nodes[WALLET].id);
    scenario.world.call_ok(WALLET, Command::Lsps2RequestMenu(Lsps2RequestMenu { lsp, token: None }));
    let request = scenario.world.take_event(LSP, |event| matches!(event, Event::Lsps2MenuRequested { .. }));
    let Some(Event::Lsps2MenuRequested { request_id, .. }) = request else { panic!("{request:?}") };
    let entry = Lsps2MenuEntry {
        min_fee_msat: Msat(1_000_000),
        proportional: 0,
        valid_until_seconds: u64::from(scenario.world.time) + 60,
        min_lifetime: 2016,
        max_client_to_self_delay: 2016,
        min_payment_size_msat: Msat(2_000_000),
        max_payment_size_msat: Msat(1_000_000_000),
    };
    scenario.world.call_ok(LSP, Command::Lsps2OfferMenu(Lsps2OfferMenu { client, request_id, menu: vec![entry] }));
    let got = scenario.world.take_event(WALLET, |event| matches!(event, Event::Lsps2MenuReceived { .. }));
    let Some(Event::Lsps2MenuReceived { mut menu, .. }) = got else { panic!("{got:?}") };
    let command = Lsps2Buy { lsp, payment_size_msat: Some(Msat(50_000_000)), parameters: menu.remove(0) };
    let request = scenario.world.send(WALLET, &Command::Lsps2Buy(command));
    // the LSP's clock advances while the request is on its way
    scenario.world.time += wait_seconds;
    let now = scenario.world.time.into();
    scenario.world.frame(LSP, input::NOW, |out| out.u64(now));
    scenario.world.run();
    assert!(scenario.world.result(WALLET, request).unwrap().is_ok());
    let request = scenario.world.take_event(LSP, |event| matches!(event, Event::Lsps2BuyRequested { .. }));
    let Some(Event::Lsps2BuyRequested { request_id, .. }) = request else { return None };
    let grant =
        Lsps2Grant { client, request_id, cltv_expiry_delta: 144, client_trusts_lsp: false, user_channel_id: None };
    let result = scenario.world.call_ok(LSP, Command::Lsps2Grant(grant));
    let CommandResult::Lsps2Granted { user_channel_id, .. } = result else { panic!("{result:?}") };
    let granted = scenario.world.take_event(WALLET, |event| matches!(event, Event::Lsps2InvoiceParameters { .. }));
    let Some(Event::Lsps2InvoiceParameters { scid, .. }) = granted else { panic!("{granted:?}") };
    Some((scid, user_channel_id))
}
fn jit_invoice(scenario: &mut Scenario, scid: ShortChannelId, max_opening_fee_msat: u64) -> (String, Hex32) {
    let lsp_node_id = scenario.world.nodes[LSP].id;
    let hop = JitHop { scid, cltv_expiry_delta: 144, lsp_node_id, max_opening_fee_msat: Msat(max_opening_fee_msat) };
    invoice(&mut scenario.world, WALLET, 50_000_000, Some(hop))
}
fn payer_failed(scenario: &mut Scenario) -> bool {
    scenario.world.take_event(MERCHANT, |event| matches!(event, Event::PaymentFailed { .. })).is_some()
}

#[test]
fn an_lsp_rejects_expired_fee_parameters() {
    let mut scenario = Scenario::new();
    assert!(buy(&mut scenario, 61).is_none());
    let refused = scenario.world.take_event(WALLET, |event| matches!(event, Event::Lsps2RequestFailed { .. }));
    assert!(matches!(refused, Some(Event::Lsps2RequestFailed { code: 201, .. })), "{refused:?}");
}

#[test]
fn grants_that_no_payment_used_stop_counting_once_they_have_expired() {
    let mut scenario = Scenario::new();
    for _ in 0..4 {
        // LDK refuses a client with ten requests or unused grants
        for _ in 0..9 {
            assert!(buy(&mut scenario, 0).is_some());
        }
        scenario.world.time += 61;
        scenario.world.tick(1);
    }
    scenario.world.restart(LSP);
    scenario.world.run();
    scenario.world.connect(WALLET, LSP);
    scenario.world.run();
    for _ in 0..9 {
        assert!(buy(&mut scenario, 0).is_some());
    }
}

#[test]
fn requests_to_buy_that_were_rejected_do_not_count() {
    let mut scenario = Scenario::new();
    for _ in 0..20 {
        assert!(buy(&mut scenario, 61).is_none());
    }
    assert!(buy(&mut scenario, 0).is_some());
}

#[test]
fn a_grant_can_be_withdrawn_and_its_payment_is_failed_back() {
    let mut scenario = Scenario::new();
    let client = scenario.world.nodes[WALLET].id;
    let scids: Vec<_> = (0..30)
        .map(|_| {
            let (scid, user_channel_id) = buy_grant(&mut scenario, 0).unwrap();
            let withdraw = Lsps2WithdrawGrant { client, user_channel_id };
            scenario.world.call_ok(LSP, Command::Lsps2WithdrawGrant(withdraw));
            scid
        })
        .collect();
    let (text, _) = jit_invoice(&mut scenario, scids[29], 1_000_000);
    scenario.world.call_ok(MERCHANT, pay(text, "withdrawn", 10_000));
    let intercepted = scenario.world.take_event(LSP, |event| matches!(event, Event::HtlcIntercepted { .. }));
    let Some(Event::HtlcIntercepted { intercept_id, .. }) = intercepted else { panic!("{intercepted:?}") };
    scenario.world.call_ok(LSP, Command::FailIntercepted(FailIntercepted { intercept_id }));
    assert!(payer_failed(&mut scenario));
}

#[test]
fn a_first_payment_after_valid_until_is_failed_back() {
    let mut scenario = Scenario::new();
    let scid = buy(&mut scenario, 0).unwrap();
    let (text, _) = jit_invoice(&mut scenario, scid, 1_000_000);
    scenario.world.time += 61;
    scenario.world.tick(2);
    scenario.world.call_ok(MERCHANT, pay(text, "late first", 10_000));
    assert!(payer_failed(&mut scenario));
}

#[test]
fn a_payment_whose_channel_is_not_opened_is_failed_back_at_the_deadline() {
    let mut scenario = Scenario::new();
    let scid = buy(&mut scenario, 0).unwrap();
    let (text, _) = jit_invoice(&mut scenario, scid, 1_000_000);
    scenario.world.call_ok(MERCHANT, pay(text, "waits", 10_000));
    assert!(scenario.world.take_event(LSP, |event| matches!(event, Event::Lsps2OpenChannel { .. })).is_some());
    assert!(!payer_failed(&mut scenario));
    // the deadline is kept over a restart
    scenario.world.restart(LSP);
    scenario.world.run();
    scenario.world.connect(WALLET, LSP);
    scenario.world.connect(LSP, MERCHANT);
    scenario.world.run();
    for _ in 0..12 {
        scenario.world.tick(2);
    }
    assert!(scenario.world.take_event(LSP, |event| matches!(event, Event::InterceptExpired { .. })).is_some());
    assert!(payer_failed(&mut scenario));
}

#[test]
fn an_intercepted_htlc_without_a_grant_can_be_forwarded_or_failed() {
    let mut scenario = Scenario::new();
    for fail in [true, false] {
        let CommandResult::InterceptScid { scid } = scenario.world.call_ok(LSP, Command::NewInterceptScid) else {
            panic!()
        };
        let (text, hash) = jit_invoice(&mut scenario, scid, 0);
        scenario.world.call_ok(MERCHANT, pay(text, if fail { "fails" } else { "goes on" }, 10_000));
        let seen = scenario.world.take_event(LSP, |event| matches!(event, Event::HtlcIntercepted { .. }));
        let Some(Event::HtlcIntercepted { intercept_id, expected_outbound_amount_msat, .. }) = seen else {
            panic!("{seen:?}")
        };
        let peer = scenario.world.nodes[WALLET].id;
        let channel_id = scenario.channels(LSP).iter().find(|channel| channel.peer == peer).unwrap().channel_id;
        if fail {
            let command = lightning_core::api::FailIntercepted { intercept_id };
            scenario.world.call_ok(LSP, Command::FailIntercepted(command));
            assert!(payer_failed(&mut scenario));
        } else {
            let command = lightning_core::api::ForwardIntercepted {
                intercept_id,
                channel_id,
                peer,
                amount_msat: expected_outbound_amount_msat,
            };
            scenario.world.call_ok(LSP, Command::ForwardIntercepted(command));
            let got = scenario.world.take_event(
                WALLET,
                |e| matches!(e, Event::PaymentClaimed { payment_hash, .. } if *payment_hash == hash),
            );
            assert!(got.is_some());
        }
    }
}

#[test]
fn a_payment_with_too_high_an_opening_fee_is_failed_back() {
    let mut scenario = Scenario::new();
    let CommandResult::InterceptScid { scid } = scenario.world.call_ok(LSP, Command::NewInterceptScid) else {
        panic!()
    };
    let (text, hash) = jit_invoice(&mut scenario, scid, 1_000_000);
    scenario.world.call_ok(MERCHANT, pay(text, "greedy", 10_000));
    let seen = scenario.world.take_event(LSP, |event| matches!(event, Event::HtlcIntercepted { .. }));
    let Some(Event::HtlcIntercepted { intercept_id, .. }) = seen else { panic!("{seen:?}") };
    let peer = scenario.world.nodes[WALLET].id;
    let channel_id = scenario.channels(LSP).iter().find(|channel| channel.peer == peer).unwrap().channel_id;
    let amount_msat = Msat(50_000_000 - 1_000_001);
    let command = lightning_core::api::ForwardIntercepted { intercept_id, channel_id, peer, amount_msat };
    scenario.world.call_ok(LSP, Command::ForwardIntercepted(command));
    let refused = scenario
        .world
        .take_event(WALLET, |e| matches!(e, Event::PaymentRefused { payment_hash, .. } if *payment_hash == hash));
    assert!(matches!(refused, Some(Event::PaymentRefused { skimmed_fee_msat: Msat(1_000_001), .. })), "{refused:?}");
    assert!(payer_failed(&mut scenario));
}

#[test]
fn a_cooperative_close_pays_both_wallets() {
    let mut scenario = Scenario::new();
    let (peer, before) = (scenario.world.nodes[LSP].id, on_chain(&mut scenario.world, LSP));
    let channel_id = scenario.channels(MERCHANT)[0].channel_id;
    let command = CloseChannel { channel_id, peer, fee_rate_sat_per_kwu: None };
    scenario.world.call_ok(MERCHANT, Command::CloseChannel(command));
    scenario.world.tick(2);
    scenario.world.mine(6);
    for node in [LSP, MERCHANT] {
        let closed = scenario.world.take_event(node, |event| matches!(event, Event::ChannelClosed { .. }));
        assert!(matches!(closed, Some(Event::ChannelClosed { kind: ClosureKind::Cooperative, .. })), "{closed:?}");
    }
    assert_eq!(on_chain(&mut scenario.world, MERCHANT).confirmed_sat, Sat(2_000_000));
    let gained = on_chain(&mut scenario.world, LSP).confirmed_sat.0 - before.confirmed_sat.0;
    assert!((7_990_000..8_000_000).contains(&gained), "{gained}");
}

#[test]
fn a_force_close_is_bumped_through_its_anchor_and_swept_into_the_wallet() {
    let mut scenario = Scenario::new();
    let peer = scenario.world.nodes[MERCHANT].id;
    let before = on_chain(&mut scenario.world, LSP);
    let channel_id = scenario.channels(LSP).iter().find(|channel| channel.peer == peer).unwrap().channel_id;
    // raise the fee rates, so that the commitment needs an anchor child
    for node in [LSP, MERCHANT] {
        scenario.world.frame(node, input::FEES, |out| {
            for rate in [50_000u32, 5_000, 253, 253, 253, 5_000, 253, 5_000] {
                out.u32(rate);
            }
        });
    }
    scenario.world.run();
    let command = ForceCloseChannel { channel_id, peer, reason: None };
    scenario.world.call_ok(LSP, Command::ForceCloseChannel(command));
    scenario.world.tick(4);
    assert!(scenario.world.mempool.len() >= 2, "the commitment and its child: {}", scenario.world.mempool.len());
    scenario.world.mine(160);
    scenario.world.tick(4);
    scenario.world.mine(10);
    let closed = scenario.world.take_event(LSP, |event| matches!(event, Event::ChannelClosed { .. }));
    assert!(matches!(closed, Some(Event::ChannelClosed { kind: ClosureKind::ForcedByUs, .. })), "{closed:?}");
    let after = on_chain(&mut scenario.world, LSP);
    let gained = i64::try_from(after.confirmed_sat.0).unwrap() - i64::try_from(before.confirmed_sat.0).unwrap();
    assert!((7_970_000..8_000_000).contains(&gained), "{gained}");
    let got = on_chain(&mut scenario.world, MERCHANT).confirmed_sat.0;
    assert!((1_980_000..=2_000_000).contains(&got), "{got}");
    for node in [LSP, MERCHANT] {
        let CommandResult::Balances(balances) = scenario.world.call_ok(node, Command::Balances) else { panic!() };
        assert_eq!(balances.sweeping_sat, Sat(0));
    }
}

#[test]
fn a_wallet_can_punish_a_revoked_commitment_of_its_lsp_for_two_weeks() {
    let mut scenario = Scenario::with_wallet(|wallet| wallet.to_self_delay = Some(2_016));
    let wallet = scenario.world.nodes[WALLET].id;
    let channels = scenario.channels(LSP);
    let channel = channels.iter().find(|channel| channel.peer == wallet).unwrap();
    assert_eq!(channel.force_close_delay, Some(2_016));
    assert!(channels.iter().filter(|channel| channel.peer != wallet).all(|one| one.force_close_delay == Some(144)));
    // the LSP's own balance is locked for as long, so that the wallet can take it if the commitment was revoked
    let command = ForceCloseChannel { channel_id: channel.channel_id, peer: wallet, reason: None };
    scenario.world.call_ok(LSP, Command::ForceCloseChannel(command));
    scenario.world.tick(4);
    scenario.world.mine(1);
    let CommandResult::Balances(balances) = scenario.world.call_ok(LSP, Command::Balances) else { panic!() };
    let heights: Vec<_> = balances.claimable.iter().filter_map(|balance| balance.height).collect();
    assert_eq!(heights, [scenario.world.height + 2_016 - 1]);
}

#[test]
fn a_reorganisation_unconfirms_transactions_also_after_a_restart() {
    let mut scenario = Scenario::new();
    scenario.world.fund_wallet(MERCHANT, 500_000);
    assert_eq!(on_chain(&mut scenario.world, MERCHANT).confirmed_sat, Sat(500_000));
    scenario.world.disconnect_blocks(1);
    assert_eq!(on_chain(&mut scenario.world, MERCHANT).confirmed_sat, Sat(0));
    assert_eq!(on_chain(&mut scenario.world, MERCHANT).untrusted_pending_sat, Sat(500_000));
    scenario.world.restart(MERCHANT);
    scenario.world.run();
    let CommandResult::ChainStatus(status) = scenario.world.call_ok(MERCHANT, Command::ChainStatus) else { panic!() };
    assert_eq!(status.best_block.height, scenario.world.height);
    assert_eq!(on_chain(&mut scenario.world, MERCHANT).confirmed_sat, Sat(0));
    scenario.world.time += 1;
    scenario.world.mine(3);
    for node in [WALLET, LSP, MERCHANT] {
        let CommandResult::ChainStatus(status) = scenario.world.call_ok(node, Command::ChainStatus) else { panic!() };
        assert_eq!(status.best_block.height, scenario.world.height);
        assert!(scenario.world.nodes[node].rejected.is_empty(), "{:?}", scenario.world.nodes[node].rejected);
    }
}

#[test]
fn blocks_that_do_not_connect_are_rejected_and_change_nothing() {
    let mut scenario = Scenario::new();
    let (height, header) = (scenario.world.height, scenario.world.header_at(scenario.world.height));
    scenario.world.frame(MERCHANT, input::BLOCK, |out| {
        out.u32(height + 1);
        out.raw(&header);
        out.u32(0);
    });
    scenario.world.frame(MERCHANT, input::DISCONNECT_TO, |out| {
        out.u32(height);
        out.raw(&header);
    });
    scenario.world.run();
    assert_eq!(scenario.world.nodes[MERCHANT].rejected.len(), 2);
    let CommandResult::ChainStatus(status) = scenario.world.call_ok(MERCHANT, Command::ChainStatus) else { panic!() };
    assert_eq!(status.best_block.height, height);
}

#[test]
fn sends_on_chain_bumps_the_fee_and_refuses_invalid_sends() {
    let mut scenario = Scenario::new();
    let CommandResult::Address { address } = scenario.world.call_ok(MERCHANT, Command::NewAddress) else { panic!() };
    let send = |address: &str, amount: Option<u64>, all| {
        let address = address.to_string();
        let amount_sat = amount.map(Sat);
        Command::SendOnChain(SendOnChain {
            address,
            amount_sat,
            all,
            fee_rate_sat_per_kwu: Some(500),
            max_fee_sat: None,
        })
    };
    let sent = scenario.world.call_ok(LSP, send(&address, Some(1_000_000), false));
    let CommandResult::TransactionSent { txid, fee_sat } = sent else { panic!("{sent:?}") };
    let bumped =
        scenario.world.call_ok(LSP, Command::BumpFee(BumpFee { txid, fee_rate_sat_per_kwu: 2_000, max_fee_sat: None }));
    let CommandResult::TransactionSent { fee_sat: more, .. } = bumped else { panic!("{bumped:?}") };
    assert!(more > fee_sat);
    let too_much = Command::SendOnChain(SendOnChain {
        address: address.clone(),
        amount_sat: Some(Sat(1_000_000)),
        all: false,
        fee_rate_sat_per_kwu: Some(50_000),
        max_fee_sat: Some(Sat(10_000)),
    });
    let spendable = on_chain(&mut scenario.world, LSP).spendable_sat;
    assert_eq!(scenario.world.call(LSP, &too_much).unwrap().unwrap_err().code, ErrorCode::FeeTooHigh);
    assert_eq!(on_chain(&mut scenario.world, LSP).spendable_sat, spendable);
    let listed = scenario.world.call_ok(LSP, Command::ListOnChainTransactions);
    let CommandResult::OnChainTransactions { transactions } = listed else { panic!("{listed:?}") };
    let waiting: Vec<_> = transactions.iter().filter(|one| one.height.is_none()).collect();
    assert_eq!(waiting.len(), 1);
    assert_eq!(waiting[0].bump, Some(OnChainBump::Replacement));
    assert!(waiting[0].fee_sat.unwrap().0 * 1_000 >= 2_000 * u64::from(waiting[0].weight));
    let refusals = [
        (send(&address, None, false), ErrorCode::BadAmount),
        (send(&address, Some(1), true), ErrorCode::BadAmount),
        (send("nonsense", Some(1_000), false), ErrorCode::BadInput),
        (send("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", Some(1_000), false), ErrorCode::WrongNetwork),
        (send(&address, Some(2_100_000_000), false), ErrorCode::InsufficientFunds),
    ];
    for (command, code) in refusals {
        assert_eq!(scenario.world.call(LSP, &command).unwrap().unwrap_err().code, code, "{command:?}");
    }
    let open = OpenChannel {
        withhold_funding: false,
        peer: scenario.world.nodes[MERCHANT].id,
        capacity_sat: Sat(2_000_000_000),
        push_msat: Msat(0),
        announced: true,
        zero_conf: false,
        user_channel_id: Some(UserChannelId(9)),
        fee_rate_sat_per_kwu: None,
    };
    let refused = scenario.world.call(LSP, &Command::OpenChannel(open)).unwrap().unwrap_err();
    assert_eq!(refused.code, ErrorCode::InsufficientFunds);
}

#[test]
fn coins_of_a_funding_that_was_lost_in_a_crash_can_be_spent_again() {
    let mut scenario = Scenario::new();
    let before = on_chain(&mut scenario.world, LSP);
    let open = OpenChannel {
        withhold_funding: false,
        peer: scenario.world.nodes[MERCHANT].id,
        capacity_sat: Sat(1_000_000),
        push_msat: Msat(0),
        announced: true,
        zero_conf: false,
        user_channel_id: None,
        fee_rate_sat_per_kwu: None,
    };
    scenario.world.call_ok(LSP, Command::OpenChannel(open));
    let request = scenario.world.take_event(MERCHANT, |event| matches!(event, Event::OpenChannelRequest { .. }));
    let Some(Event::OpenChannelRequest { temporary_channel_id, peer, .. }) = request else { panic!("{request:?}") };
    let accept = AcceptChannel { temporary_channel_id, peer, zero_conf: false, user_channel_id: None };
    scenario.world.send(MERCHANT, &Command::AcceptChannel(accept));
    // kill the LSP after it has built the funding transaction, before the peer's signature arrives
    let at = scenario.world.nodes[LSP].exchanges + 1;
    scenario.world.crash = Some(support::Crash { node: LSP, exchange: at, phase: support::Phase::Stored });
    scenario.world.run();
    scenario.world.crashed = None;
    scenario.world.connect(WALLET, LSP);
    scenario.world.connect(LSP, MERCHANT);
    scenario.world.run();
    let after = on_chain(&mut scenario.world, LSP);
    assert_eq!(after.spendable_sat, before.spendable_sat);
    assert_eq!(after.in_use_sat, Sat(0));
}
