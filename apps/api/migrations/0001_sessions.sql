-- Who may speak for which wallet. A wallet is a Lightning node; a device signs in with the node's key.
CREATE TABLE wallets (
  id uuid PRIMARY KEY,
  node_id text NOT NULL UNIQUE CHECK (node_id ~ '^0[23][0-9a-f]{64}$'),
  created_at timestamptz NOT NULL
);

CREATE TABLE devices (
  id uuid PRIMARY KEY,
  wallet_id uuid NOT NULL REFERENCES wallets (id),
  -- The device's own name for itself, chosen by the app; unique within the wallet.
  client_id text NOT NULL,
  name text NOT NULL,
  created_at timestamptz NOT NULL,
  last_seen_at timestamptz NOT NULL,
  UNIQUE (wallet_id, client_id)
);

-- A session is a family of refresh tokens: each use gives the next one, and revoking ends all of them.
CREATE TABLE sessions (
  id uuid PRIMARY KEY,
  device_id uuid NOT NULL REFERENCES devices (id),
  created_at timestamptz NOT NULL,
  revoked_at timestamptz,
  revoked_reason text CHECK (revoked_reason IN ('logout', 'device_revoked', 'refresh_token_reused', 'replaced')),
  CHECK ((revoked_at IS NULL) = (revoked_reason IS NULL))
);
CREATE INDEX sessions_live ON sessions (device_id) WHERE revoked_at IS NULL;

CREATE TABLE refresh_tokens (
  -- SHA-256; the token itself is never stored.
  hash bytea PRIMARY KEY CHECK (length(hash) = 32),
  session_id uuid NOT NULL REFERENCES sessions (id),
  -- The token that was exchanged for this one.
  parent_hash bytea REFERENCES refresh_tokens (hash) ON DELETE CASCADE,
  issued_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  used_at timestamptz
);
CREATE INDEX refresh_tokens_session ON refresh_tokens (session_id);
CREATE INDEX refresh_tokens_parent ON refresh_tokens (parent_hash);

-- Each signed login works once.
CREATE TABLE login_nonces (
  node_id text NOT NULL,
  nonce text NOT NULL,
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (node_id, nonce)
);
CREATE INDEX login_nonces_expiry ON login_nonces (expires_at);
