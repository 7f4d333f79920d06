//! Snapshots of the network graph in the format of Rapid Gossip Sync, version 2, as `lightning-rapid-gossip-sync` reads
//! it: writing them, and checking those of others before they are applied.
//!
//! Layout, integers big endian: `"LDK"`, version, chain hash, time u32; default node features (u8 count); node ids (u32
//! count), whose first byte also says which features follow; channel announcements (u32 count), each with its SCID as
//! the difference to the one before; channel updates (u32 count), with five default values before the first, each with
//! the fields that differ from them.
use super::rows::GraphRows;
use crate::env::Env;
use lightning::bitcoin::constants::ChainHash;
use lightning::io::{Cursor, Read};
use lightning::ln::msgs::{DecodeError, SocketAddress};
use lightning::routing::gossip::{ChannelUpdateInfo, NetworkGraph, NodeId};
use lightning::types::features::{ChannelFeatures, NodeFeatures};
use lightning::util::ser::{BigSize, FixedLengthReader, Readable, Writeable};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

type Graph = NetworkGraph<Arc<Env>>;

const PREFIX: [u8; 3] = *b"LDK";
const VERSION: u8 = 2;

/// LDK removes an update two weeks after its time, and a snapshot gives its updates a time one week before its own: an
/// update has to be in a snapshot at least every seven days. Each unchanged one is repeated after this many seconds.
pub const REPEAT_SECONDS: u32 = 3 * 24 * 3600;

/// The flags of a channel update. The lowest two are those of BOLT 7: the direction, and disabled.
mod flag {
    pub const DISABLED: u8 = 1 << 1;
    pub const MAXIMUM: u8 = 1 << 2;
    pub const PROPORTIONAL: u8 = 1 << 3;
    pub const BASE: u8 = 1 << 4;
    pub const MINIMUM: u8 = 1 << 5;
    pub const CLTV: u8 = 1 << 6;
    /// Fields that are not given keep their values, rather than getting the defaults.
    pub const INCREMENTAL: u8 = 1 << 7;
}
/// Number of default node features, and the marker of features that follow the node id instead.
const MAX_DEFAULT_FEATURES: usize = 6;
const OWN_FEATURES: u8 = 7;

/// The time of a snapshot, and how much it contains.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Seconds since 1970.
    pub time: u32,
    pub nodes: u32,
    pub channels: u32,
    pub updates: u32,
}

/// The values that most updates have.
#[derive(Clone, Copy, Default)]
struct Defaults {
    cltv: u16,
    minimum: u64,
    base: u32,
    proportional: u32,
    maximum: u64,
}

fn most_common<T: Ord + Copy + Default>(values: impl Iterator<Item = T>) -> T {
    let mut counts: BTreeMap<T, usize> = BTreeMap::new();
    for value in values {
        *counts.entry(value).or_default() += 1;
    }
    counts.into_iter().max_by_key(|(_, count)| *count).map(|(value, _)| value).unwrap_or_default()
}

/// Writes a snapshot: of the whole graph, or of what changed at or after `since` (with what is to be repeated). `rows`
/// must have been scanned at `now`.
///
/// Left out are channels of which only one direction is known, because no router uses them, capacities, and the
/// addresses of nodes. An update is written with all its values, whatever the reader knows: only one that is repeated
/// relies on what an earlier snapshot said.
pub fn write(
    graph: &Graph, rows: &GraphRows, chain: ChainHash, since: Option<u32>, now: u32,
) -> Result<(Vec<u8>, Summary), DecodeError> {
    let since_or_start = since.unwrap_or(0);
    let read = graph.read_only();
    let mut announced = vec![];
    let mut updated = vec![];
    for (scid, entry) in rows.channels.iter().filter(|(_, entry)| entry.usable_at != 0) {
        let Some(channel) = read.channel(*scid) else { continue };
        let is_new = entry.usable_at >= since_or_start;
        if is_new {
            announced.push((*scid, channel));
        }
        let is_changed = is_new || entry.changed_at >= since_or_start;
        if is_changed || is_repeated(*scid, since_or_start, now) {
            let directions = [(0u8, &channel.one_to_two), (1, &channel.two_to_one)];
            updated.extend(directions.into_iter().filter_map(|(direction, update)| {
                update.as_ref().map(|update| (*scid, direction, update, is_changed))
            }));
        }
    }

    let mut listed: BTreeSet<NodeId> =
        announced.iter().flat_map(|(_, channel)| [channel.node_one, channel.node_two]).collect();
    listed.extend(rows.nodes.iter().filter(|(_, entry)| entry.changed_at >= since_or_start).map(|(node, _)| *node));
    let listed: Vec<NodeId> = listed.into_iter().collect();
    let index: BTreeMap<NodeId, u64> = listed.iter().copied().zip(0u64..).collect();
    let features: Vec<Option<Vec<u8>>> =
        listed.iter().map(|node| Some(read.node(node)?.announcement_info.as_ref()?.features().encode())).collect();
    let mut counts: BTreeMap<&Vec<u8>, usize> = BTreeMap::new();
    for encoded in features.iter().flatten() {
        *counts.entry(encoded).or_default() += 1;
    }
    let mut common: Vec<(&Vec<u8>, usize)> = counts.into_iter().collect();
    common.sort_by_key(|(_, count)| core::cmp::Reverse(*count));
    common.truncate(MAX_DEFAULT_FEATURES);

    let mut out = vec![];
    out.extend_from_slice(&PREFIX);
    VERSION.write(&mut out)?;
    chain.write(&mut out)?;
    now.write(&mut out)?;
    (common.len() as u8).write(&mut out)?;
    for (encoded, _) in &common {
        out.extend_from_slice(encoded);
    }
    (listed.len() as u32).write(&mut out)?;
    for (node, encoded) in listed.iter().zip(&features) {
        let at = out.len();
        node.write(&mut out)?;
        let Some(encoded) = encoded else { continue };
        match common.iter().position(|(known, _)| *known == encoded) {
            Some(position) => out[at] |= (position as u8 + 1) << 3,
            None => {
                out[at] |= OWN_FEATURES << 3;
                out.extend_from_slice(encoded);
            }
        }
    }

    (announced.len() as u32).write(&mut out)?;
    let mut previous = 0;
    for (scid, channel) in &announced {
        channel.features.write(&mut out)?;
        BigSize(scid - previous).write(&mut out)?;
        previous = *scid;
        for node in [channel.node_one, channel.node_two] {
            BigSize(index.get(&node).copied().unwrap_or_default()).write(&mut out)?;
        }
    }

    (updated.len() as u32).write(&mut out)?;
    let summary = Summary {
        time: now,
        nodes: listed.len() as u32,
        channels: announced.len() as u32,
        updates: updated.len() as u32,
    };
    if updated.is_empty() {
        return Ok((out, summary));
    }
    let values = || updated.iter().map(|(_, _, update, _)| *update);
    let defaults = Defaults {
        cltv: most_common(values().map(|update| update.cltv_expiry_delta)),
        minimum: most_common(values().map(|update| update.htlc_minimum_msat)),
        base: most_common(values().map(|update| update.fees.base_msat)),
        proportional: most_common(values().map(|update| update.fees.proportional_millionths)),
        maximum: most_common(values().map(|update| update.htlc_maximum_msat)),
    };
    defaults.cltv.write(&mut out)?;
    defaults.minimum.write(&mut out)?;
    defaults.base.write(&mut out)?;
    defaults.proportional.write(&mut out)?;
    defaults.maximum.write(&mut out)?;
    let mut previous = 0;
    for (scid, direction, update, is_changed) in updated {
        BigSize(scid - previous).write(&mut out)?;
        previous = scid;
        let disabled = if update.enabled { 0 } else { flag::DISABLED };
        if is_changed {
            write_update(&mut out, direction | disabled, update, &defaults)?;
        } else {
            (direction | disabled | flag::INCREMENTAL).write(&mut out)?;
        }
    }
    Ok((out, summary))
}

fn write_update(
    out: &mut Vec<u8>, flags: u8, update: &ChannelUpdateInfo, defaults: &Defaults,
) -> Result<(), DecodeError> {
    let at = out.len();
    flags.write(out)?;
    if update.cltv_expiry_delta != defaults.cltv {
        out[at] |= flag::CLTV;
        update.cltv_expiry_delta.write(out)?;
    }
    if update.htlc_minimum_msat != defaults.minimum {
        out[at] |= flag::MINIMUM;
        update.htlc_minimum_msat.write(out)?;
    }
    if update.fees.base_msat != defaults.base {
        out[at] |= flag::BASE;
        update.fees.base_msat.write(out)?;
    }
    if update.fees.proportional_millionths != defaults.proportional {
        out[at] |= flag::PROPORTIONAL;
        update.fees.proportional_millionths.write(out)?;
    }
    if update.htlc_maximum_msat != defaults.maximum {
        out[at] |= flag::MAXIMUM;
        update.htlc_maximum_msat.write(out)?;
    }
    Ok(())
}

/// True if an unchanged channel is due for a repetition between the two times. The channels are spread over the period,
/// so that each delta carries its share.
fn is_repeated(scid: u64, since: u32, now: u32) -> bool {
    // the block height and the index in the block both spread
    let phase = (scid.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as u32 % REPEAT_SECONDS;
    let period = |time: u32| (u64::from(time) + u64::from(phase)) / u64::from(REPEAT_SECONDS);
    period(since) != period(now)
}

/// Why a snapshot is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// It is cut off, or not in this format.
    Malformed(&'static str),
    /// It is for another network.
    WrongNetwork,
}
impl From<DecodeError> for Refused {
    fn from(_: DecodeError) -> Refused {
        Refused::Malformed("it is cut off, or a value is invalid")
    }
}
impl From<lightning::io::Error> for Refused {
    fn from(_: lightning::io::Error) -> Refused {
        Refused::Malformed("it is cut off")
    }
}
impl core::fmt::Display for Refused {
    fn fmt(&self, formatter: &mut core::fmt::Formatter) -> core::fmt::Result {
        match self {
            Refused::Malformed(reason) => write!(formatter, "the snapshot is malformed: {reason}"),
            Refused::WrongNetwork => formatter.write_str("the snapshot is for another network"),
        }
    }
}

/// Reads a whole snapshot without applying anything: LDK applies one while it reads it, so a malformed one would leave
/// half of its contents. Whatever passes is applied by LDK to the end.
pub fn check(bytes: &[u8], chain: ChainHash) -> Result<Summary, Refused> {
    let reader = &mut Cursor::new(bytes);
    if Readable::read(reader).map(|prefix: [u8; 3]| prefix) != Ok(PREFIX) {
        return Err(Refused::Malformed("it does not begin with LDK"));
    }
    let version: u8 = Readable::read(reader)?;
    if version != 1 && version != 2 {
        return Err(Refused::Malformed("its version is unknown"));
    }
    let of: ChainHash = Readable::read(reader)?;
    if of != chain {
        return Err(Refused::WrongNetwork);
    }
    let time: u32 = Readable::read(reader)?;
    let mut default_features = 0;
    if version == 2 {
        default_features = Readable::read(reader)?;
        for _ in 0..default_features {
            let _: NodeFeatures = Readable::read(reader)?;
        }
    }
    let nodes: u32 = Readable::read(reader)?;
    for _ in 0..nodes {
        check_node(reader, version, default_features)?;
    }
    let channels: u32 = Readable::read(reader)?;
    let mut scid = 0u64;
    for _ in 0..channels {
        let _: ChannelFeatures = Readable::read(reader)?;
        scid = next_scid(reader, scid)?;
        let one: BigSize = Readable::read(reader)?;
        let mut two: BigSize = Readable::read(reader)?;
        let has_more = two.0 & (1 << 63) != 0;
        two.0 &= !(1 << 63);
        if one.0.max(two.0) >= u64::from(nodes) {
            return Err(Refused::Malformed("a channel's node is not listed"));
        }
        if one.0 == two.0 {
            return Err(Refused::Malformed("a channel has the same node at both ends"));
        }
        if version == 2 && has_more {
            let more: Vec<u8> = Readable::read(reader)?;
            let _: BigSize = Readable::read(&mut more.as_slice())?;
        }
    }
    let updates: u32 = Readable::read(reader)?;
    if updates > 0 {
        check_updates(reader, version, updates)?;
    }
    if reader.position() != bytes.len() as u64 {
        return Err(Refused::Malformed("bytes follow its end"));
    }
    Ok(Summary { time, nodes, channels, updates })
}

fn next_scid(reader: &mut Cursor<&[u8]>, scid: u64) -> Result<u64, Refused> {
    let difference: BigSize = Readable::read(reader)?;
    scid.checked_add(difference.0).ok_or(Refused::Malformed("a channel's number is too large"))
}

fn check_node(reader: &mut Cursor<&[u8]>, version: u8, default_features: u8) -> Result<(), Refused> {
    let mut key = [0; 33];
    reader.read_exact(&mut key)?;
    let flags = if version == 2 { key[0] } else { 0 };
    if version == 2 {
        key[0] &= 3;
    }
    if key[0] != 2 && key[0] != 3 {
        return Err(Refused::Malformed("a node id is not a public key"));
    }
    if flags & (1 << 2) != 0 {
        let addresses: u8 = Readable::read(reader)?;
        for _ in 0..addresses {
            let length: u8 = Readable::read(reader)?;
            let mut address = FixedLengthReader::new(reader, length.into());
            let parsed: Result<SocketAddress, DecodeError> = Readable::read(&mut address);
            if parsed.is_ok() && address.bytes_remain() {
                return Err(Refused::Malformed("an address has trailing bytes"));
            }
            address.eat_remaining()?;
        }
    }
    match (flags >> 3) & 7 {
        0 => {}
        OWN_FEATURES => {
            let _: NodeFeatures = Readable::read(reader)?;
        }
        marker if marker > default_features => return Err(Refused::Malformed("a node's features are not listed")),
        _ => {}
    }
    if flags & (1 << 7) != 0 {
        let _: Vec<u8> = Readable::read(reader)?;
    }
    Ok(())
}

fn check_updates(reader: &mut Cursor<&[u8]>, version: u8, updates: u32) -> Result<(), Refused> {
    let _: (u16, u64) = (Readable::read(reader)?, Readable::read(reader)?);
    let _: (u32, u32, u64) = (Readable::read(reader)?, Readable::read(reader)?, Readable::read(reader)?);
    let mut scid = 0u64;
    let mut last_direction = None;
    for _ in 0..updates {
        let before = scid;
        scid = next_scid(reader, scid)?;
        let flags: u8 = Readable::read(reader)?;
        let direction = Some(flags & 1);
        let is_more = version == 2 && scid == before && direction == last_direction;
        last_direction = direction;
        if is_more {
            let _: Vec<u8> = Readable::read(reader)?;
            continue;
        }
        for (field, length) in
            [(flag::CLTV, 2), (flag::MINIMUM, 8), (flag::BASE, 4), (flag::PROPORTIONAL, 4), (flag::MAXIMUM, 8)]
        {
            if flags & field != 0 {
                let mut value = [0; 8];
                reader.read_exact(&mut value[..length])?;
            }
        }
    }
    Ok(())
}
