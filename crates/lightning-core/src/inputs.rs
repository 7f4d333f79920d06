//! Applies the input frames.
use crate::convert::Outcome;
use crate::env::Connection;
use crate::gossip::Answer;
use crate::node::Node;
use crate::wire::{input, output, Reader, WireError};
use lightning::bitcoin::block::Header;
use lightning::bitcoin::consensus::{deserialize, Decodable};
use lightning::bitcoin::hashes::Hash;
use lightning::bitcoin::secp256k1::PublicKey;
use lightning::bitcoin::{Amount, Block, ScriptBuf, Transaction, TxOut, Txid};
use lightning::ln::msgs::SocketAddress;
use lightning_core_api::{Command, ErrorCode};

/// Why an input frame was not applied.
#[derive(Debug)]
pub(crate) enum InputError {
    Wire(WireError),
    /// Part of the payload cannot be parsed.
    Content(&'static str),
    /// The input contradicts the state of the core.
    State(String),
}
impl From<WireError> for InputError {
    fn from(error: WireError) -> Self {
        InputError::Wire(error)
    }
}
impl core::fmt::Display for InputError {
    fn fmt(&self, formatter: &mut core::fmt::Formatter) -> core::fmt::Result {
        match self {
            InputError::Wire(error) => error.fmt(formatter),
            InputError::Content(part) => write!(formatter, "invalid {part}"),
            InputError::State(message) => formatter.write_str(message),
        }
    }
}

/// Maximum connection number: [`address`] has room for five bytes.
const MAX_CONNECTION: u64 = (1 << 40) - 1;

/// Encodes a connection number as an address in 10/8. LDK's list of peers contains the address that a connection was
/// created with, and no other data of ours. LDK does not send private addresses to peers.
fn address(connection: u64) -> SocketAddress {
    let bytes = connection.to_be_bytes();
    SocketAddress::TcpIpV4 { addr: [10, bytes[3], bytes[4], bytes[5]], port: u16::from_be_bytes([bytes[6], bytes[7]]) }
}
pub(crate) fn connection_number(address: &Option<SocketAddress>) -> u64 {
    match address {
        Some(SocketAddress::TcpIpV4 { addr: [10, a, b, c], port }) => {
            let [d, e] = port.to_be_bytes();
            u64::from_be_bytes([0, 0, 0, *a, *b, *c, d, e])
        }
        _ => 0,
    }
}

fn read_header(reader: &mut Reader) -> Result<Header, InputError> {
    deserialize(reader.take(80)?).map_err(|_| InputError::Content("block header"))
}
fn read_transactions(reader: &mut Reader) -> Result<Vec<(usize, Transaction)>, InputError> {
    let mut transactions = vec![];
    for _ in 0..reader.u32()? {
        let index = reader.u32()? as usize;
        let transaction = deserialize(reader.bytes()?).map_err(|_| InputError::Content("transaction"))?;
        transactions.push((index, transaction));
    }
    Ok(transactions)
}

impl Node {
    /// Applies all frames. A frame that cannot be applied is reported as `REJECTED`, and the remaining ones are still
    /// applied. Returns true if there was an input other than time and fee rates.
    pub(crate) fn apply_all(&mut self, frames: &[u8]) -> bool {
        let mut reader = Reader(frames);
        let mut active = false;
        while !reader.is_empty() {
            let frame = reader.u8().and_then(|tag| Ok((tag, reader.bytes()?)));
            let (tag, error) = match frame {
                Ok((tag, payload)) => {
                    active |= !matches!(tag, input::NOW | input::FEES);
                    (tag, self.apply(tag, Reader(payload)).err())
                }
                Err(error) => {
                    reader.rest();
                    (0, Some(error.into()))
                }
            };
            if let Some(error) = error {
                self.out.frame(output::REJECTED, |out| {
                    out.u8(tag);
                    out.raw(error.to_string().as_bytes());
                });
            }
        }
        active
    }

    /// Gives LDK a connection's input, part by part, for as long as its answers are taken. Returns whether it took any.
    fn read(&mut self, connection: &mut Connection) -> bool {
        let mut any = false;
        let mut result = self.peers.write_buffer_space_avail(connection);
        while result.is_ok() {
            let Some(part) = self.env.flows.next_part(connection.0) else { return any };
            any = true;
            // sends what the part caused, which also tells whether LDK wants more
            result =
                self.peers.read_event(connection, &part).and_then(|()| self.peers.write_buffer_space_avail(connection));
        }
        self.connections.remove(&connection.0);
        self.env.flows.forget(connection.0);
        self.env.closed.borrow_mut().push(connection.0);
        any
    }

    /// Reads what LDK has not wanted until now. Returns whether there was anything.
    pub(crate) fn read_waiting(&mut self) -> bool {
        let mut any = false;
        for connection in self.env.flows.ready() {
            any |= self.read(&mut Connection(connection, self.env.clone()));
        }
        any
    }

    fn apply(&mut self, tag: u8, mut payload: Reader) -> Result<(), InputError> {
        match tag {
            input::NOW => self.env.set_now(payload.u64()?),
            input::FEES => {
                let mut rates = [0; 8];
                for rate in &mut rates {
                    *rate = payload.u32()?;
                }
                self.env.set_fee_rates(rates);
            }
            input::CONN_OUT => {
                let number = self.connection(&mut payload)?;
                let key = payload.take(33)?;
                let peer = PublicKey::from_slice(key).map_err(|_| InputError::Content("public key"))?;
                self.connections.insert(number);
                let connection = Connection(number, self.env.clone());
                match self.peers.new_outbound_connection(peer, connection, Some(address(number))) {
                    Ok(first) => self.env.bytes.borrow_mut().push((number, first)),
                    Err(_) => self.env.closed.borrow_mut().push(number),
                }
            }
            input::CONN_IN => {
                let number = self.connection(&mut payload)?;
                self.connections.insert(number);
                let connection = Connection(number, self.env.clone());
                if self.peers.new_inbound_connection(connection, Some(address(number))).is_err() {
                    self.env.closed.borrow_mut().push(number);
                }
            }
            input::READ => {
                let mut connection = Connection(payload.u64()?, self.env.clone());
                let bytes = payload.rest();
                // ignore bytes that arrive after our CLOSE
                if self.connections.contains(&connection.0) {
                    self.env.flows.received(connection.0, bytes);
                    self.read(&mut connection);
                }
            }
            input::SENT => {
                let mut connection = Connection(payload.u64()?, self.env.clone());
                if self.connections.contains(&connection.0) {
                    self.env.flows.sent(connection.0);
                    self.read(&mut connection);
                }
            }
            input::DISCONNECTED => {
                let connection = Connection(payload.u64()?, self.env.clone());
                if self.connections.remove(&connection.0) {
                    self.peers.socket_disconnected(&connection);
                }
                self.env.flows.forget(connection.0);
            }
            input::BLOCK => {
                let height = payload.u32()?;
                let header = read_header(&mut payload)?;
                let transactions = read_transactions(&mut payload)?;
                self.connect(&header, &transactions, height)?;
            }
            input::FULL_BLOCK => {
                let height = payload.u32()?;
                let mut bytes = payload.rest();
                let block =
                    Block::consensus_decode_from_finite_reader(&mut bytes).map_err(|_| InputError::Content("block"))?;
                let transactions: Vec<_> = block.txdata.into_iter().enumerate().collect();
                self.connect(&block.header, &transactions, height)?;
            }
            input::CONFIRMED => {
                let height = payload.u32()?;
                let header = read_header(&mut payload)?;
                let transactions = read_transactions(&mut payload)?;
                self.confirm(&header, &transactions, height);
            }
            input::TIP => {
                let height = payload.u32()?;
                let header = read_header(&mut payload)?;
                self.move_tip(&header, height);
            }
            input::UNCONFIRMED => self.unconfirm(&Txid::from_byte_array(payload.array()?)),
            input::DISCONNECT_TO => {
                let height = payload.u32()?;
                let header = read_header(&mut payload)?;
                self.disconnect_to(&header, height)?;
            }
            input::MEMPOOL => {
                let seen = payload.u64()?;
                let transaction: Transaction =
                    deserialize(payload.rest()).map_err(|_| InputError::Content("transaction"))?;
                self.wallet.unconfirmed(&transaction, seen);
            }
            input::EVICTED => self.wallet.evicted(Txid::from_byte_array(payload.array()?)),
            input::ACK => {
                let id = payload.u64()?;
                self.acknowledge(id);
            }
            input::TICK => {
                let which = payload.u8()?;
                self.tick(which);
            }
            input::FUNDING => {
                let scid = payload.u64()?;
                let answer = match payload.u8()? {
                    0 => Answer::Missing,
                    1 => {
                        let value = Amount::from_sat(payload.u64()?);
                        Answer::Unspent(TxOut { value, script_pubkey: ScriptBuf::from_bytes(payload.rest().to_vec()) })
                    }
                    2 => Answer::Unavailable,
                    _ => return Err(InputError::Content("look-up")),
                };
                self.gossip.answer(scid, answer);
            }
            input::RGS => {
                let request = payload.u32()?;
                let outcome = self.apply_snapshot(payload.rest());
                self.answer(request, &outcome);
            }
            input::COMMAND => {
                let request = payload.u32()?;
                let outcome = match serde_json::from_slice::<Command>(payload.rest()) {
                    Ok(command) => self.execute(command),
                    Err(error) => Err(crate::convert::core_error(ErrorCode::BadInput, error.to_string())),
                };
                self.answer(request, &outcome);
            }
            _ => return Err(InputError::Content("tag")),
        }
        payload.end()?;
        Ok(())
    }

    fn connection(&self, payload: &mut Reader) -> Result<u64, InputError> {
        let number = payload.u64()?;
        if number > MAX_CONNECTION {
            return Err(InputError::Content("connection number: must be below 2^40"));
        }
        if self.connections.contains(&number) {
            return Err(InputError::State(format!("connection {number} is already open")));
        }
        Ok(number)
    }

    fn answer(&mut self, request: u32, outcome: &Outcome) {
        let (ok, json) = match outcome {
            Ok(value) => (1, serde_json::to_vec(value)),
            Err(error) => (0, serde_json::to_vec(error)),
        };
        self.out.frame(output::RESULT, |out| {
            out.u32(request);
            out.u8(ok);
            // serialising our own types cannot fail
            out.raw(&json.unwrap_or_default());
        });
    }

    /// Runs the timers that the host asks for.
    fn tick(&mut self, which: u8) {
        if which & 1 != 0 {
            for peer in self.channel_messages.before_tick() {
                self.peers.disconnect_by_node_id(peer);
            }
            self.manager.timer_tick_occurred();
            self.gossip.tick();
            use lightning::routing::scoring::ScoreUpdate;
            self.scorer.borrow_mut().time_passed(self.env.now());
            crate::inbound::Inbound::prune(&self.env);
            self.withdraw_expired_grants();
        }
        if which & 2 != 0 {
            self.peers.timer_tick_occurred();
            self.announcements.repeat(&self.env);
        }
        if which & 4 != 0 {
            self.chain_monitor.rebroadcast_pending_claims();
            self.sweep();
            self.wallet.rebroadcast();
        }
    }
}
