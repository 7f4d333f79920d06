//! Dispatches commands, and executes those that need no module of their own.
use crate::convert::{channel_id, core_error, key_hex, ldk_error, public_key, Outcome};
use crate::decode;
use crate::inputs::connection_number;
use crate::intercepts::Intercept;
use crate::node::Node;
use lightning::ln::channelmanager::InterceptId;
use lightning::ln::msgs::SocketAddress;
use lightning::util::ser::Hostname;
use lightning_core_api::{
    AnnounceNode, Command, CommandResult, CoreError, ErrorCode, FailIntercepted, ForwardIntercepted, Peer,
    ShortChannelId,
};
use std::net::SocketAddr;

/// Maximum number of announced addresses. LDK panics above 100.
const MAX_ADDRESSES: usize = 10;

impl Node {
    pub(crate) fn execute(&mut self, command: Command) -> Outcome {
        match command {
            Command::CreateInvoice(command) => self.create_invoice(command),
            Command::DecodeInvoice(command) => decode::invoice(&command.invoice),
            Command::DecodeOffer(command) => decode::offer(&command.offer),
            Command::PayInvoice(command) => self.pay_invoice(command),
            Command::EstimateRoute(command) => self.estimate_route(command),
            Command::ClaimPayment(command) => self.claim_payment(command),
            Command::FailPayment(command) => self.fail_payment(command),
            Command::AbandonPayment(command) => self.abandon_payment(command),
            Command::ListPayments => self.list_payments(),
            Command::CreateOffer(command) => self.create_offer(command),
            Command::PayOffer(command) => self.pay_offer(command),
            Command::OpenChannel(command) => self.open_channel(command),
            Command::AcceptChannel(command) => self.accept_channel(command),
            Command::RejectChannel(command) => self.reject_channel(command),
            Command::CloseChannel(command) => self.close_channel(command),
            Command::ForceCloseChannel(command) => self.force_close_channel(command),
            Command::SetForwardingTerms(command) => self.set_forwarding_terms(command),
            Command::ListChannels => self.list_channels(),
            Command::Balances => self.balances(),
            Command::ListPeers => self.list_peers(),
            Command::DisconnectPeer(command) => {
                self.peers.disconnect_by_node_id(public_key(&command.peer)?);
                Ok(CommandResult::Done)
            }
            Command::AnnounceNode(command) => self.announce_node(command),
            Command::NewInterceptScid => {
                Ok(CommandResult::InterceptScid { scid: ShortChannelId(self.manager.get_intercept_scid()) })
            }
            Command::ForwardIntercepted(command) => self.forward_intercepted(command),
            Command::FailIntercepted(command) => self.fail_intercepted(command),
            Command::Lsps2RequestMenu(command) => self.lsps2_request_menu(command),
            Command::Lsps2Buy(command) => self.lsps2_buy(command),
            Command::Lsps2OfferMenu(command) => self.lsps2_offer_menu(command),
            Command::Lsps2RejectToken(command) => self.lsps2_reject_token(command),
            Command::Lsps2RejectBuy(command) => self.lsps2_reject_buy(command),
            Command::Lsps2Grant(command) => self.lsps2_grant(command),
            Command::Lsps2OpenFailed(command) => self.lsps2_open_failed(command),
            Command::Lsps2WithdrawGrant(command) => self.lsps2_withdraw_grant(command),
            Command::NewAddress => self.wallet.new_address(),
            Command::OnChainBalance => Ok(CommandResult::OnChainBalance(self.wallet.balance(self.reserve()))),
            Command::ListOnChainTransactions => self.wallet.transactions(),
            Command::SendOnChain(command) => self.wallet.send(&command, self.reserve()),
            Command::BumpFee(command) => self.wallet.bump_fee(&command, self.reserve()),
            Command::ChainStatus => Ok(CommandResult::ChainStatus(self.chain_status())),
            Command::SignLogin(command) => self.sign_login(&command),
            Command::GraphSize => {
                let graph = self.graph.read_only();
                let count = |length| u32::try_from(length).unwrap_or(u32::MAX);
                let (nodes, channels) = (count(graph.nodes().len()), count(graph.channels().len()));
                Ok(CommandResult::GraphSize { nodes, channels })
            }
            Command::Dump(command) => self.dump(&command),
            Command::ExportGossip(command) => self.export_gossip(&command),
        }
    }

    fn list_peers(&self) -> Outcome {
        let peers = self.peers.list_peers().into_iter().map(|peer| Peer {
            node_id: key_hex(&peer.counterparty_node_id),
            connection: connection_number(&peer.socket_address),
            inbound: peer.is_inbound_connection,
        });
        Ok(CommandResult::Peers { peers: peers.collect() })
    }

    fn announce_node(&mut self, command: AnnounceNode) -> Outcome {
        if command.alias.len() > 32 {
            return Err(core_error(ErrorCode::BadInput, "alias must be at most 32 bytes"));
        }
        if command.addresses.len() > MAX_ADDRESSES {
            return Err(core_error(ErrorCode::BadInput, format!("at most {MAX_ADDRESSES} addresses are allowed")));
        }
        let mut alias = [0; 32];
        alias[..command.alias.len()].copy_from_slice(command.alias.as_bytes());
        let color = match command.color.as_deref() {
            None => [0; 3],
            Some(text) => parse_color(text).ok_or_else(|| core_error(ErrorCode::BadInput, "color must be rrggbb"))?,
        };
        let addresses: Result<Vec<_>, _> = command.addresses.iter().map(|text| parse_address(text)).collect();
        self.peers.broadcast_node_announcement(color, alias, addresses?);
        Ok(CommandResult::Done)
    }

    fn forward_intercepted(&mut self, command: ForwardIntercepted) -> Outcome {
        let (id, peer) = (InterceptId(command.intercept_id.0), public_key(&command.peer)?);
        let channel = channel_id(&command.channel_id);
        self.manager.forward_intercepted_htlc(id, &channel, peer, command.amount_msat.0).map_err(ldk_error)?;
        Intercept::remove(&self.env, &id);
        Ok(CommandResult::Done)
    }

    fn fail_intercepted(&mut self, command: FailIntercepted) -> Outcome {
        let id = InterceptId(command.intercept_id.0);
        Intercept::remove(&self.env, &id);
        self.manager
            .fail_intercepted_htlc(id)
            .map_err(|_| core_error(ErrorCode::NotFound, "no intercepted HTLC with this id is pending"))?;
        Ok(CommandResult::Done)
    }
}

fn parse_color(text: &str) -> Option<[u8; 3]> {
    if text.len() != 6 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let [_, red, green, blue] = u32::from_str_radix(text, 16).ok()?.to_be_bytes();
    Some([red, green, blue])
}

fn parse_address(text: &str) -> Result<SocketAddress, CoreError> {
    let bad = || core_error(ErrorCode::BadInput, format!("not an address: {text}"));
    if let Ok(address) = text.parse::<SocketAddr>() {
        return Ok(match address {
            SocketAddr::V4(address) => SocketAddress::TcpIpV4 { addr: address.ip().octets(), port: address.port() },
            SocketAddr::V6(address) => SocketAddress::TcpIpV6 { addr: address.ip().octets(), port: address.port() },
        });
    }
    let (host, port) = text.rsplit_once(':').ok_or_else(bad)?;
    let port = port.parse().map_err(|_| bad())?;
    let hostname = Hostname::try_from(host.to_string()).map_err(|_| bad())?;
    Ok(SocketAddress::Hostname { hostname, port })
}
