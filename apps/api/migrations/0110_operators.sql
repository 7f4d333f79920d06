-- The people who operate the service: passkeys, sessions, and the log of everything that they did.

CREATE TABLE operators (
  id uuid PRIMARY KEY,
  -- The common name of a client certificate is compared with it.
  name text NOT NULL UNIQUE CHECK (name ~ '^[a-z][a-z0-9._-]{0,39}$'),
  created_at timestamptz NOT NULL,
  disabled_at timestamptz
);

CREATE TABLE operator_passkeys (
  -- base64url, as WebAuthn writes it in JSON.
  credential_id text PRIMARY KEY,
  operator_id uuid NOT NULL REFERENCES operators (id),
  -- COSE key.
  public_key bytea NOT NULL,
  -- The authenticator's signature counter; 0 for authenticators that do not count.
  counter bigint NOT NULL,
  label text NOT NULL,
  backed_up boolean NOT NULL,
  created_at timestamptz NOT NULL,
  last_used_at timestamptz,
  -- A passkey is never deleted: the log refers to it.
  removed_at timestamptz
);
CREATE INDEX operator_passkeys_operator ON operator_passkeys (operator_id);

CREATE TABLE operator_enrolments (
  -- SHA-256; the token itself is only in the link.
  token_hash bytea PRIMARY KEY CHECK (length(token_hash) = 32),
  operator_id uuid NOT NULL REFERENCES operators (id),
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  used_at timestamptz
);
CREATE INDEX operator_enrolments_operator ON operator_enrolments (operator_id);

CREATE TABLE operator_sessions (
  token_hash bytea PRIMARY KEY CHECK (length(token_hash) = 32),
  operator_id uuid NOT NULL REFERENCES operators (id),
  credential_id text NOT NULL REFERENCES operator_passkeys (credential_id),
  created_at timestamptz NOT NULL,
  last_seen_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL
);
CREATE INDEX operator_sessions_operator ON operator_sessions (operator_id);
CREATE INDEX operator_sessions_expiry ON operator_sessions (expires_at);

-- Challenges of logins and enrolments. Each can be answered once.
CREATE TABLE operator_challenges (
  challenge text PRIMARY KEY,
  expires_at timestamptz NOT NULL
);
CREATE INDEX operator_challenges_expiry ON operator_challenges (expires_at);

-- Every act of an operator, step by step. Each entry has the hash of the one before, so that a changed, removed or
-- inserted entry shows; `satsctl log verify` checks the hashes and the signatures of passkeys.
CREATE TABLE operator_acts (
  -- From 1, without gaps.
  number bigint PRIMARY KEY CHECK (number > 0),
  act_id uuid NOT NULL,
  step text NOT NULL CHECK (step IN
    ('proposed', 'approved', 'executed', 'refused', 'declined', 'expired', 'enrolled', 'signed_in')),
  -- In milliseconds, because the hash covers it.
  at timestamptz NOT NULL,
  -- Null for what the system did by itself.
  operator_id uuid REFERENCES operators (id),
  operator_name text,
  via text NOT NULL CHECK (via IN ('passkey', 'certificate', 'system')),
  order_id uuid REFERENCES orders (id),
  amount_kes_cents bigint NOT NULL CHECK (amount_kes_cents >= 0),
  needs_second_person boolean NOT NULL,
  -- Canonical JSON; of a proposal, the act itself: an approval's challenge is the SHA-256 of this text.
  body text NOT NULL,
  -- Of an approval: credential id, public key, clientDataJSON, authenticatorData and signature.
  signature jsonb,
  previous_hash text NOT NULL CHECK (previous_hash ~ '^[0-9a-f]{64}$'),
  hash text NOT NULL UNIQUE CHECK (hash ~ '^[0-9a-f]{64}$'),
  CHECK ((operator_id IS NULL) = (operator_name IS NULL)),
  CHECK ((operator_id IS NULL) = (via = 'system')),
  CHECK ((step = 'approved') = (signature IS NOT NULL))
);
-- An act is proposed once, approved once and ends once.
CREATE UNIQUE INDEX operator_acts_once ON operator_acts (act_id, step) WHERE step IN ('proposed', 'approved');
CREATE UNIQUE INDEX operator_acts_end ON operator_acts (act_id)
  WHERE step IN ('executed', 'refused', 'declined', 'expired');
CREATE INDEX operator_acts_act ON operator_acts (act_id);
CREATE INDEX operator_acts_order ON operator_acts (order_id) WHERE order_id IS NOT NULL;
-- What one person did alone in a day.
CREATE INDEX operator_acts_alone ON operator_acts (operator_id, at)
  WHERE step = 'proposed' AND NOT needs_second_person;
CREATE INDEX operator_acts_proposed ON operator_acts (number) WHERE step = 'proposed';
CREATE TRIGGER operator_acts_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON operator_acts
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
