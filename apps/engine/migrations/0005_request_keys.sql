-- What each caller's key was used for: one key, one purpose, one set of terms, for ever.
CREATE TABLE request_key (
  idempotency_key text PRIMARY KEY,
  purpose text NOT NULL CHECK (purpose IN ('pay', 'claim', 'refund', 'invoice', 'channel')),
  -- SHA-256 of the terms: what was asked for is not kept twice.
  terms bytea NOT NULL CHECK (length(terms) = 32),
  created_at timestamptz NOT NULL DEFAULT now()
);

-- How far each follower of the node's events has come.
CREATE TABLE event_cursor (
  follower text PRIMARY KEY,
  sequence bigint NOT NULL
);
INSERT INTO event_cursor SELECT 'earnings', max(sequence) FROM earning HAVING count(*) > 0;

-- Channels of ours, so that a closed one can still be told apart: LDK forgets it.
CREATE TABLE channel (
  channel_id text PRIMARY KEY,
  peer text NOT NULL,
  funding_txid text,
  funding_vout integer,
  closed_at timestamptz,
  -- What was ours in it when it closed.
  local_msat bigint
);
CREATE INDEX channel_closed_peer ON channel (peer) WHERE closed_at IS NOT NULL;
