-- What was answered to a money call, so that repeating it repeats the answer and not the deed.
CREATE TABLE idempotency_keys (
  wallet_id uuid NOT NULL REFERENCES wallets (id),
  route text NOT NULL,
  key text NOT NULL,
  request_hash bytea NOT NULL CHECK (length(request_hash) = 32),
  -- The id of what the call creates, fixed at the first attempt: a second attempt after a crash finds it again.
  resource_id uuid NOT NULL,
  started_at timestamptz NOT NULL,
  -- Until then the attempt that holds the key may still be at work.
  lease_until timestamptz NOT NULL,
  response_status integer,
  response_body jsonb,
  PRIMARY KEY (wallet_id, route, key)
);
CREATE INDEX idempotency_keys_age ON idempotency_keys (started_at);
