-- One access token for all processes: asking for a new one ends the one before.
CREATE TABLE rail_tokens (
  rail text PRIMARY KEY,
  -- Rises with every new token.
  generation bigint NOT NULL,
  -- Encrypted with a key that is not in the database; null before the first.
  token bytea,
  obtained_at timestamptz,
  expires_at timestamptz
);
