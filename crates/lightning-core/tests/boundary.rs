//! The core's interface with valid and invalid inputs: the specifications' test vectors, and random bytes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod support;

use lightning_core::api::{Command, CommandResult, CreateInvoice, ErrorCode, Msat, SignLogin};
use lightning_core::decode;
use lightning_core::wire::{input, Writer};
use lightning_core::{CreateError, Node};
use proptest::prelude::*;
use serde_json::{json, Value};
use support::{config, hash, World};

fn decoded(text: &str) -> Value {
    serde_json::from_str(&decode(text)).unwrap()
}

#[test]
fn decodes_the_examples_of_bolt_11() {
    // https://github.com/lightning/bolts/blob/master/11-payment-encoding.md#examples
    let donation = "lnbc1pvjluezsp5zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zygspp5qqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqypqdpl2pkx2ctnv5sxxmmwwd5kgetjypeh2ursdae8g6twvus8g6rfwvs8qun0dfjkxaq9qrsgq357wnc5r2ueh7ck6q93dj32dlqnls087fxdwk8qakdyafkq3yap9us6v52vjjsrvywa6rt52cm9r9zqt8r2t7mlcwspyetp5h2tztugp9lfyql";
    let value = &decoded(donation)["value"];
    assert_eq!(value["type"], "invoiceDecoded");
    assert_eq!(value["network"], "bitcoin");
    assert_eq!(value["payee"], "03e7156ae33b0a208d0744199163177e909e80176e55d97a2f221ede0f934dd9ad");
    assert_eq!(value["paymentHash"], "0001020304050607080900010203040506070809000102030405060708090102");
    assert_eq!(value["amountMsat"], Value::Null);
    assert_eq!(value["description"], "Please consider supporting this project");
    assert_eq!(value["timestampSeconds"], 1_496_314_658);

    let coffee = "lnbc2500u1pvjluezsp5zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zygspp5qqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqypqdq5xysxxatsyp3k7enxv4jsxqzpu9qrsgquk0rl77nj30yxdy8j9vdx85fkpmdla2087ne0xh8nhedh8w27kyke0lp53ut353s06fv3qfegext0eh0ymjpf39tuven09sam30g4vgpfna3rh";
    let value = &decoded(&format!(" lightning:{} ", coffee.to_uppercase()))["value"];
    assert_eq!(value["amountMsat"], "250000000");
    assert_eq!(value["description"], "1 cup coffee");
    assert_eq!(value["expiresAtSeconds"], 1_496_314_658 + 60);

    let hashed = "lnbc20m1pvjluezsp5zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zygspp5qqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqypqhp58yjmdan79s6qqdhdzgynm4zwqd5d7xmw5fk98klysy043l2ahrqs9qrsgq7ea976txfraylvgzuxs8kgcw23ezlrszfnh8r6qtfpr6cxga50aj6txm9rxrydzd06dfeawfk6swupvz4erwnyutnjq7x39ymw6j38gp7ynn44";
    let value = &decoded(hashed)["value"];
    assert_eq!(value["amountMsat"], "2000000000");
    assert_eq!(value["description"], Value::Null);
    assert_eq!(value["descriptionHash"], "3925b6f67e2c340036ed12093dd44e0368df1b6ea26c53dbe4811f58fd5db8c1");
}

#[test]
fn refuses_the_invalid_examples_of_bolt_11() {
    let invalid = [
        // bad checksum
        "lnbc2500u1pvjluezpp5qqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqypqdpquwpc4curk03c9wlrswe78q4eyqc7d8d0xqzpuyk0sg5g70me25alkluzd2x62aysf2pyy8edtjeevuv4p2d5p76r4zkmneet7uvyakky2zr4cusd45tftc9c5fh0nnqpnl2jfll544esqchsrnt",
        // no separator
        "pvjluezpp5qqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqypqdpquwpc4curk03c9wlrswe78q4eyqc7d8d0xqzpuyk0sg5g70me25alkluzd2x62aysf2pyy8edtjeevuv4p2d5p76r4zkmneet7uvyakky2zr4cusd45tftc9c5fh0nnqpnl2jfll544esqchsrny",
        // mixed case
        "LNBC2500u1pvjluezpp5qqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqypqdpquwpc4curk03c9wlrswe78q4eyqc7d8d0xqzpuyk0sg5g70me25alkluzd2x62aysf2pyy8edtjeevuv4p2d5p76r4zkmneet7uvyakky2zr4cusd45tftc9c5fh0nnqpnl2jfll544esqchsrny",
        // too short
        "lnbc1pvjluezpp5qqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqypqdpl2pkx2ctnv5sxxmmwwd5kgetjypeh2ursdae8g6na6hlh",
        "",
        "lightning:",
        "hello",
    ];
    for text in invalid {
        assert_eq!(decoded(text)["error"]["code"], "badInput", "{text}");
    }
    assert_eq!(decoded(&"l".repeat(1 << 20))["error"]["code"], "badInput");
}

#[test]
fn decodes_the_examples_of_bolt_12() {
    // https://github.com/lightning/bolts/blob/master/bolt12/format-string-test.json
    let minimal = "lno1pqps7sjqpgtyzm3qv4uxzmtsd3jjqer9wd3hy6tsw35k7msjzfpy7nz5yqcnygrfdej82um5wf5k2uckyypwa3eyt44h6txtxquqh7lz5djge4afgfjn7k4rgrkuag0jsd5xvxg";
    for text in [minimal.to_string(), minimal.to_uppercase()] {
        let value = &decoded(&text)["value"];
        assert_eq!(value["type"], "offerDecoded", "{text}");
        assert_eq!(value["description"], "An example description");
        assert_eq!(value["issuerSigningKey"], "02eec7245d6b7d2ccb30380bfbe2a3648cd7a942653f5aa340edcea1f283686619");
    }
    let invalid = [
        "LnO1PqPs7sJqPgTyZm3qV4UxZmTsD3JjQeR9Wd3hY6TsW35k7mSjZfPy7nZ5YqCnYgRfDeJ82uM5Wf5k2uCkYyPwA3EyT44h6tXtXqUqH7Lz5dJgE4AfGfJn7k4rGrKuAg0jSd5xVxG",
        "lno1pqps7sjqpgtyzm3qv4uxzmtsd3jjqer9wd3hy6tsw35k7msjzfpy7nz5yqcnygrfdej82um5wf5k2uckyypwa3eyt44h6txtxquqh7lz5djge4afgfjn7k4rgrkuag0jsd5xvxg+",
        "lno1",
    ];
    for text in invalid {
        assert_eq!(decoded(text)["ok"], false, "{text}");
    }
}

fn single_node() -> (World, usize) {
    let mut world = World::new();
    let node = world.add("alone", config(false));
    (world, node)
}

#[test]
fn create_refuses_invalid_arguments_with_a_reason() {
    let good = serde_json::to_vec(&config(false)).unwrap();
    let (seed, entropy) = ([1; 32], [2; 32]);
    let refuse =
        |config: &[u8], seed: &[u8], entropy: &[u8], state: &[u8]| Node::create(config, seed, entropy, state).err();
    assert!(matches!(refuse(b"{}", &seed, &entropy, &[]), Some(CreateError::Config(_))));
    assert!(matches!(refuse(b"\xff", &seed, &entropy, &[]), Some(CreateError::Config(_))));
    assert!(matches!(refuse(&good, &seed[..31], &entropy, &[]), Some(CreateError::Secret(_))));
    assert!(matches!(refuse(&good, &seed, &entropy[..31], &[]), Some(CreateError::Secret(_))));
    for state in [&[1u8][..], &[0xff; 64], &[0; 19], b"not a state at all, but long enough to look like one"] {
        assert!(matches!(refuse(&good, &seed, &entropy, state), Some(CreateError::State(..))), "{state:?}");
    }
}

#[test]
fn accepts_a_seed_of_64_bytes() {
    let good = serde_json::to_vec(&config(false)).unwrap();
    let node = Node::create(&good, &[1; 64], &[2; 32], &[]).unwrap();
    let again = Node::create(&good, &[1; 64], &[3; 32], &[]).unwrap();
    let other = Node::create(&good, &[1; 32], &[2; 32], &[]).unwrap();
    assert_eq!(node.id(), again.id());
    assert_ne!(node.id(), other.id());
}

#[test]
fn the_same_inputs_give_the_same_output() {
    let run = || {
        let mut config = config(true);
        config.now_seconds = 1_700_000_000;
        let mut node = Node::create(&serde_json::to_vec(&config).unwrap(), &[1; 32], &[2; 32], &[]).unwrap();
        let mut input = Writer::default();
        input.frame(input::CONN_IN, |out| out.u64(7));
        for command in [json!({ "type": "newAddress" }), json!({ "type": "createOffer", "description": "x" })] {
            input.frame(input::COMMAND, |out| {
                out.u32(1);
                out.raw(command.to_string().as_bytes());
            });
        }
        [node.exchange(&[]), node.exchange(&input.0)]
    };
    assert_eq!(run(), run());
}

#[test]
fn refuses_invoices_and_logins_with_invalid_values() {
    let (mut world, node) = single_node();
    let good = CreateInvoice {
        amount_msat: Some(Msat(1000)),
        description: Some("x".into()),
        description_hash: None,
        expiry_seconds: 60,
        min_final_cltv_expiry_delta: None,
        payment_hash: None,
        hold: false,
        jit: None,
    };
    let bad = [
        (CreateInvoice { amount_msat: Some(Msat(0)), ..good.clone() }, ErrorCode::BadAmount),
        (CreateInvoice { amount_msat: Some(Msat(u64::MAX)), ..good.clone() }, ErrorCode::BadAmount),
        (CreateInvoice { description: None, ..good.clone() }, ErrorCode::BadInput),
        (CreateInvoice { description: Some("x".repeat(640)), ..good.clone() }, ErrorCode::BadInput),
        (CreateInvoice { expiry_seconds: 0, ..good.clone() }, ErrorCode::BadInput),
        (CreateInvoice { min_final_cltv_expiry_delta: Some(1), ..good.clone() }, ErrorCode::BadInput),
        (CreateInvoice { min_final_cltv_expiry_delta: Some(3000), ..good.clone() }, ErrorCode::BadInput),
    ];
    for (command, code) in bad {
        let answer = world.call(node, &Command::CreateInvoice(command.clone())).unwrap();
        assert_eq!(answer.unwrap_err().code, code, "{command:?}");
    }
    let held = CreateInvoice { min_final_cltv_expiry_delta: Some(183), hold: true, ..good };
    let CommandResult::InvoiceCreated(made) = world.call_ok(node, Command::CreateInvoice(held)) else { panic!() };
    let value = &decoded(&made.invoice)["value"];
    assert_eq!(value["minFinalCltvExpiryDelta"], 186);
    assert_eq!(value["expiresAtSeconds"].as_u64(), Some(made.expires_at_seconds));
    assert_eq!(value["payee"].as_str(), Some(world.nodes[node].id.to_string().as_str()));

    for payload in ["", "[]", "\"text\"", "{\"a\":1} "] {
        let command = Command::SignLogin(SignLogin { payload_json: payload.into() });
        let refused = world.call(node, &command).unwrap().is_err();
        assert_eq!(refused, payload != "{\"a\":1} ", "{payload}");
    }
}

#[test]
fn a_login_is_a_jws_signed_with_the_node_key() {
    use lightning::bitcoin::hashes::{sha256, Hash};
    use lightning::bitcoin::secp256k1::{ecdsa::Signature, Message, PublicKey, Secp256k1};
    let (mut world, node) = single_node();
    let payload = r#"{"aud":"https://api.example","nonce":"1"}"#;
    let command = Command::SignLogin(SignLogin { payload_json: payload.into() });
    let CommandResult::LoginSigned { jws } = world.call_ok(node, command) else { panic!() };
    let parts: Vec<&str> = jws.split('.').collect();
    let id = world.nodes[node].id;
    let header = format!(r#"{{"alg":"ES256K","typ":"satsconnect-login+jwt","kid":"{id}"}}"#);
    assert_eq!(unbase64(parts[0]), header.as_bytes());
    assert_eq!(unbase64(parts[1]), payload.as_bytes());
    let mut signature = Signature::from_compact(&unbase64(parts[2])).unwrap();
    let before = signature;
    signature.normalize_s();
    assert_eq!(before, signature);
    let digest = sha256::Hash::hash(format!("{}.{}", parts[0], parts[1]).as_bytes()).to_byte_array();
    let key = PublicKey::from_slice(&id.0).unwrap();
    Secp256k1::new().verify_ecdsa(&Message::from_digest(digest), &signature, &key).unwrap();
}
fn unbase64(text: &str) -> Vec<u8> {
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let (mut bytes, mut bits, mut count) = (vec![], 0u32, 0);
    for digit in text.chars() {
        bits = bits << 6 | u32::try_from(alphabet.find(digit).unwrap()).unwrap();
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count & 255).unwrap());
        }
    }
    bytes
}

/// Random bytes in the form of frames, of which more can be parsed than of random bytes alone.
fn frames() -> impl Strategy<Value = Vec<u8>> {
    let payload = prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..120),
        proptest::collection::vec(any::<u8>(), 84..200).prop_map(|mut bytes| {
            bytes[..4].copy_from_slice(&support::START.to_le_bytes());
            bytes
        }),
        proptest::collection::vec(any::<u8>(), 8..300).prop_map(|mut bytes| {
            bytes[..8].copy_from_slice(&7u64.to_le_bytes());
            bytes
        }),
    ];
    proptest::collection::vec((0u8..20, payload), 0..6).prop_map(|frames| {
        let mut writer = Writer::default();
        for (tag, payload) in frames {
            writer.frame(tag, |out| out.raw(&payload));
        }
        writer.0
    })
}
/// A JSON command with valid and invalid fields.
fn commands() -> impl Strategy<Value = String> {
    let kinds = [
        "createInvoice",
        "decodeInvoice",
        "decodeOffer",
        "payInvoice",
        "claimPayment",
        "failPayment",
        "abandonPayment",
        "createOffer",
        "payOffer",
        "openChannel",
        "acceptChannel",
        "rejectChannel",
        "closeChannel",
        "forceCloseChannel",
        "setForwardingTerms",
        "disconnectPeer",
        "announceNode",
        "forwardIntercepted",
        "failIntercepted",
        "lsps2RequestMenu",
        "lsps2Buy",
        "lsps2OfferMenu",
        "lsps2Grant",
        "lsps2OpenFailed",
        "lsps2WithdrawGrant",
        "sendOnChain",
        "bumpFee",
        "signLogin",
        "dump",
        "balances",
        "chainStatus",
    ];
    let hex = "02eec7245d6b7d2ccb30380bfbe2a3648cd7a942653f5aa340edcea1f283686619";
    let values = vec![
        json!("1000"),
        json!("0"),
        json!("18446744073709551615"),
        json!(hex),
        json!("00".repeat(33)),
        json!("11".repeat(32)),
        json!(0),
        json!(1),
        json!(65535),
        json!(4_294_967_295u32),
        json!(true),
        json!(null),
        json!(""),
        json!("é".repeat(40)),
        json!("bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080"),
        json!([]),
        json!(["[::1]:9735", "x:1"]),
        json!({}),
    ];
    let fields = [
        "amountMsat",
        "description",
        "expirySeconds",
        "invoice",
        "offer",
        "maxFeeMsat",
        "paymentId",
        "paymentHash",
        "preimage",
        "peer",
        "capacitySat",
        "pushMsat",
        "announced",
        "zeroConf",
        "temporaryChannelId",
        "channelId",
        "alias",
        "color",
        "addresses",
        "interceptId",
        "lsp",
        "client",
        "requestId",
        "menu",
        "cltvExpiryDelta",
        "clientTrustsLsp",
        "userChannelId",
        "address",
        "amountSat",
        "all",
        "txid",
        "feeRateSatPerKwu",
        "payloadJson",
        "graph",
        "expiresAtSeconds",
        "hold",
        "minFinalCltvExpiryDelta",
    ];
    let field = (proptest::sample::select(fields.to_vec()), proptest::sample::select(values));
    (proptest::sample::select(kinds.to_vec()), proptest::collection::vec(field, 0..8)).prop_map(|(kind, fields)| {
        let mut command = json!({ "type": kind });
        for (name, value) in fields {
            command[name] = value;
        }
        command.to_string()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_input_makes_the_core_panic(
        noise in proptest::collection::vec(any::<u8>(), 0..200), framed in frames(), asked in proptest::collection::vec(commands(), 1..12),
    ) {
        let mut config = config(true);
        config.lsp_service = true;
        let mut node = Node::create(&serde_json::to_vec(&config).unwrap(), &hash("seed"), &hash("entropy"), &[]).unwrap();
        let mut input = Writer::default();
        input.frame(input::CONN_IN, |out| out.u64(7));
        input.raw(&framed);
        for json in asked {
            input.frame(input::COMMAND, |out| {
                out.u32(1);
                out.raw(json.as_bytes());
            });
        }
        input.raw(&noise);
        prop_assert!(!node.exchange(&input.0).is_empty());
        node.exchange(&noise);
    }

    #[test]
    fn no_text_makes_decode_panic(text in ".{0,300}", invoice in "(lnbc|lnbcrt|lno1|LIGHTNING:)[0-9a-z]{0,200}") {
        decode(&text);
        decode(&invoice);
    }
}
