-- The operator's wallets: which node belongs to which wallet id.
CREATE TABLE wallet (
  wallet_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  node_id text NOT NULL UNIQUE CHECK (node_id ~ '^0[23][0-9a-f]{64}$'),
  created_at timestamptz NOT NULL DEFAULT now()
);

-- What forwarding and opening channels earned, event by event. The sequence makes a repeated event harmless.
CREATE TABLE earning (
  sequence bigint PRIMARY KEY,
  fee_msat bigint NOT NULL CHECK (fee_msat >= 0),
  skimmed_msat bigint NOT NULL CHECK (skimmed_msat >= 0),
  at timestamptz NOT NULL
);
