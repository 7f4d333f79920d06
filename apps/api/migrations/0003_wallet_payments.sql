-- Lightning payments of a wallet as the operator knows them: checked before they are sent, or held for it.
CREATE TABLE wallet_sends (
  id uuid PRIMARY KEY,
  wallet_id uuid NOT NULL REFERENCES wallets (id),
  payment_hash text NOT NULL CHECK (payment_hash ~ '^[0-9a-f]{64}$'),
  payee_node_id text NOT NULL,
  amount_msat bigint NOT NULL CHECK (amount_msat > 0),
  estimated_fee_msat bigint NOT NULL CHECK (estimated_fee_msat >= 0),
  description text NOT NULL,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL
);
CREATE INDEX wallet_sends_history ON wallet_sends (wallet_id, created_at DESC, id DESC);

CREATE TABLE wallet_invoices (
  id uuid PRIMARY KEY,
  wallet_id uuid NOT NULL REFERENCES wallets (id),
  payment_hash text NOT NULL UNIQUE CHECK (payment_hash ~ '^[0-9a-f]{64}$'),
  amount_msat bigint NOT NULL CHECK (amount_msat > 0),
  description text NOT NULL,
  expiry_seconds integer NOT NULL CHECK (expiry_seconds > 0),
  -- Empty until the engine has made it: the row is the intent.
  invoice text,
  state text NOT NULL CHECK (state IN ('open', 'held', 'claimed', 'returned', 'expired')),
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  expires_at timestamptz
);
CREATE INDEX wallet_invoices_history ON wallet_invoices (wallet_id, created_at DESC, id DESC);

-- How far the engine's payment events were taken in. One row.
CREATE TABLE engine_cursor (
  one_row boolean PRIMARY KEY DEFAULT true CHECK (one_row),
  sequence bigint NOT NULL CHECK (sequence >= 0)
);
INSERT INTO engine_cursor (sequence) VALUES (0);
