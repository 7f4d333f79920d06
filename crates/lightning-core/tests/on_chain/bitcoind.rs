//! A Bitcoin Core node on regtest, for the duration of a test. `BITCOIND` is the path of the program.
//! `BITCOIND_ARGUMENTS` are additional arguments, one per line, which precede ours.
use lightning::bitcoin::consensus::encode::{deserialize_hex, serialize_hex};
use lightning::bitcoin::{
    Address, Amount, Block, Network, OutPoint, ScriptBuf, Sequence, Transaction, TxIn, TxOut, Txid,
};
use serde_json::{json, Value};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Number of initial blocks. LDK's SCID aliases can collide at lower heights. The rewards of the first blocks are
/// spent.
const BLOCKS: u32 = 4_500;
const FEE: Amount = Amount::from_sat(1_000);

pub struct Bitcoind {
    child: Child,
    port: u16,
    folder: PathBuf,
    /// The height of the block whose reward is spent next.
    next_reward: u32,
}

/// A script that anyone can spend, and that no channel or wallet uses.
fn anyone() -> ScriptBuf {
    ScriptBuf::from_bytes(vec![0x51])
}
fn reward_script() -> ScriptBuf {
    anyone().to_p2sh()
}

impl Bitcoind {
    pub fn start() -> Bitcoind {
        let program = std::env::var("BITCOIND").expect("BITCOIND must be set to the path of bitcoind");
        let before = std::env::var("BITCOIND_ARGUMENTS").unwrap_or_default();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let folder = std::env::temp_dir().join(format!("on-chain-{}-{port}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let child = Command::new(program)
            .args(before.lines())
            .args([
                "-regtest",
                "-server",
                "-listen=0",
                "-txindex",
                "-rpcuser=test",
                "-rpcpassword=test",
                "-disablewallet",
            ])
            .args([
                format!("-datadir={}", folder.display()),
                format!("-rpcport={port}"),
                "-rpcbind=127.0.0.1".into(),
                "-rpcallowip=127.0.0.1".into(),
            ])
            .stdout(Stdio::null())
            .spawn()
            .expect("bitcoind failed to start");
        let bitcoind = Bitcoind { child, port, folder, next_reward: 1 };
        let started = Instant::now();
        while bitcoind.call("getblockcount", json!([])).is_err() {
            assert!(started.elapsed() < Duration::from_secs(60), "bitcoind does not respond");
            std::thread::sleep(Duration::from_millis(200));
        }
        let mut left = BLOCKS;
        while left > 0 {
            bitcoind.generate(left.min(500));
            left -= left.min(500);
        }
        bitcoind
    }

    /// Calls a JSON-RPC method. Returns the message of an error.
    pub fn call(&self, method: &str, parameters: Value) -> Result<Value, String> {
        let body = json!({ "jsonrpc": "1.0", "id": 1, "method": method, "params": parameters }).to_string();
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).map_err(|error| error.to_string())?;
        // test:test
        let head = format!(
            "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Basic dGVzdDp0ZXN0\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        stream
            .write_all(head.as_bytes())
            .and_then(|()| stream.write_all(body.as_bytes()))
            .map_err(|error| error.to_string())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).map_err(|error| error.to_string())?;
        let json = answer.split_once("\r\n\r\n").map(|(_, body)| body).ok_or("no body")?;
        let answer: Value = serde_json::from_str(json).map_err(|error| format!("{error}: {answer}"))?;
        match &answer["error"] {
            Value::Null => Ok(answer["result"].clone()),
            error => Err(error["message"].as_str().unwrap_or_default().to_string()),
        }
    }
    fn call_ok(&self, method: &str, parameters: Value) -> Value {
        self.call(method, parameters).unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    fn address() -> String {
        Address::from_script(&reward_script(), Network::Regtest).unwrap().to_string()
    }
    pub fn generate(&self, blocks: u32) {
        self.call_ok("generatetoaddress", json!([blocks, Bitcoind::address()]));
    }
    /// Mines a block with only these transactions, which must be in the mempool.
    pub fn generate_only(&self, transactions: &[Transaction]) {
        let txids: Vec<String> =
            transactions.iter().map(|transaction| transaction.compute_txid().to_string()).collect();
        self.call_ok("generateblock", json!([Bitcoind::address(), txids]));
    }
    pub fn height(&self) -> u32 {
        u32::try_from(self.call_ok("getblockcount", json!([])).as_u64().unwrap()).unwrap()
    }
    pub fn block(&self, height: u32) -> Block {
        let hash = self.call_ok("getblockhash", json!([height]));
        deserialize_hex(self.call_ok("getblock", json!([hash, 0])).as_str().unwrap()).unwrap()
    }
    pub fn disconnect_from(&self, block: &Block) {
        self.call_ok("invalidateblock", json!([block.block_hash().to_string()]));
    }
    pub fn transaction(&self, txid: Txid) -> Transaction {
        deserialize_hex(self.call_ok("getrawtransaction", json!([txid.to_string()])).as_str().unwrap()).unwrap()
    }
    /// The mempool, parents before children.
    pub fn mempool(&self) -> Vec<Transaction> {
        let all = self.call_ok("getrawmempool", json!([true]));
        let mut entries: Vec<(u64, u64, &String)> = all
            .as_object()
            .unwrap()
            .iter()
            .map(|(txid, entry)| (entry["ancestorcount"].as_u64().unwrap(), entry["time"].as_u64().unwrap(), txid))
            .collect();
        entries.sort();
        entries.into_iter().map(|(_, _, txid)| self.transaction(txid.parse().unwrap())).collect()
    }
    /// Submits a package. Returns the reason if it is rejected.
    pub fn submit(&self, package: &[Transaction]) -> Result<(), String> {
        if let [single] = package {
            return match self.call("sendrawtransaction", json!([serialize_hex(single)])) {
                Err(reason) if !reason.contains("already in") => Err(reason),
                _ => Ok(()),
            };
        }
        let hexes: Vec<String> = package.iter().map(serialize_hex).collect();
        let answer = self.call("submitpackage", json!([hexes]))?;
        match answer["package_msg"].as_str() {
            Some("success") => Ok(()),
            _ => Err(answer.to_string()),
        }
    }

    /// Pays to a script from a block reward.
    pub fn issue(&mut self, script_pubkey: ScriptBuf, sat: u64) -> Transaction {
        let reward = self.block(self.next_reward).txdata.remove(0);
        self.next_reward += 1;
        let input = TxIn {
            previous_output: OutPoint { txid: reward.compute_txid(), vout: 0 },
            script_sig: ScriptBuf::builder().push_slice([0x51]).into_script(),
            sequence: Sequence::MAX,
            ..TxIn::default()
        };
        let value = Amount::from_sat(sat);
        let rest = TxOut { value: reward.output[0].value - value - FEE, script_pubkey: reward_script() };
        let transaction = Transaction {
            version: lightning::bitcoin::transaction::Version::TWO,
            lock_time: lightning::bitcoin::absolute::LockTime::ZERO,
            input: vec![input],
            output: vec![TxOut { value, script_pubkey }, rest],
        };
        self.submit(std::slice::from_ref(&transaction)).unwrap();
        transaction
    }
}

impl Drop for Bitcoind {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
