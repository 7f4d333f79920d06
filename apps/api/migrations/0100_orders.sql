-- Quotes and orders, and everything that has to change together with an order.

CREATE TABLE quotes (
  id uuid PRIMARY KEY,
  wallet_id uuid NOT NULL REFERENCES wallets (id),
  kind text NOT NULL CHECK (kind IN ('buy', 'sell')),
  -- What was promised, with the sources of its price.
  body jsonb NOT NULL,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  -- The one order that used it.
  order_id uuid UNIQUE
);
CREATE INDEX quotes_age ON quotes (expires_at) WHERE order_id IS NULL;

CREATE TABLE orders (
  id uuid PRIMARY KEY,
  wallet_id uuid NOT NULL REFERENCES wallets (id),
  quote_id uuid NOT NULL UNIQUE REFERENCES quotes (id),
  kind text NOT NULL CHECK (kind IN ('buy', 'sell')),
  state text NOT NULL,
  version integer NOT NULL CHECK (version > 0),
  reason text,
  final boolean NOT NULL GENERATED ALWAYS AS
    (state IN ('paid', 'refunded', 'claimed', 'cancelled', 'expired')) STORED,
  amount_kes_cents bigint NOT NULL CHECK (amount_kes_cents > 0),
  amount_msat bigint NOT NULL CHECK (amount_msat > 0),
  mpesa_receipt text,
  -- The rest of the order, as the tables of the domain know it.
  body jsonb NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  deadline_at timestamptz,
  wake_at timestamptz,
  evidence_count integer NOT NULL DEFAULT 0,
  evidence_seen integer NOT NULL DEFAULT 0,
  -- When evidence that was not taken in yet is to be looked at.
  evidence_at timestamptz,
  due_at timestamptz GENERATED ALWAYS AS (LEAST(wake_at, evidence_at)) STORED,
  -- Until then one sweeper has it.
  lease_until timestamptz,
  CHECK ((state IN ('paid', 'refunded', 'claimed', 'cancelled', 'expired')) = (deadline_at IS NULL)),
  CHECK ((deadline_at IS NULL) = (wake_at IS NULL)),
  CHECK (evidence_seen <= evidence_count)
);
CREATE INDEX orders_due ON orders (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX orders_history ON orders (wallet_id, created_at DESC, id DESC);

-- Names of the outside world that belong to one order for ever: a receipt credits once, a hash settles once.
CREATE TABLE order_keys (
  kind text NOT NULL CHECK (kind IN
    ('payment_hash', 'checkout_request_id', 'originator_conversation_id', 'mpesa_receipt')),
  value text NOT NULL,
  order_id uuid NOT NULL REFERENCES orders (id),
  PRIMARY KEY (kind, value)
);
CREATE INDEX order_keys_order ON order_keys (order_id);

-- Rises by one with every event of a wallet. Its row lock makes a later number visible never before an earlier one.
CREATE TABLE wallet_event_sequences (
  wallet_id uuid PRIMARY KEY REFERENCES wallets (id),
  last bigint NOT NULL
);
CREATE TABLE order_events (
  wallet_id uuid NOT NULL REFERENCES wallets (id),
  sequence bigint NOT NULL,
  order_id uuid NOT NULL REFERENCES orders (id),
  kind text NOT NULL,
  state text NOT NULL,
  reason text,
  at timestamptz NOT NULL,
  PRIMARY KEY (wallet_id, sequence)
);

-- What M-Pesa (or, late, the node) told us, byte for byte.
CREATE TABLE evidence (
  order_id uuid NOT NULL REFERENCES orders (id),
  number integer NOT NULL,
  kind text NOT NULL,
  body text NOT NULL,
  body_hash bytea NOT NULL,
  received_at timestamptz NOT NULL,
  from_address text NOT NULL,
  PRIMARY KEY (order_id, number),
  UNIQUE (order_id, kind, body_hash)
);

-- What a person has to look at.
CREATE TABLE cases (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  order_id uuid NOT NULL REFERENCES orders (id),
  code text NOT NULL,
  detail text NOT NULL,
  opened_at timestamptz NOT NULL,
  resolved_at timestamptz,
  UNIQUE (order_id, code)
);
CREATE INDEX cases_open ON cases (opened_at) WHERE resolved_at IS NULL;

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'SC001';
END $$;

CREATE TRIGGER evidence_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON evidence
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER order_events_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON order_events
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER order_keys_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON order_keys
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER orders_stay BEFORE DELETE OR TRUNCATE ON orders
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- A final order never changes; only the book-keeping of late evidence goes on.
CREATE FUNCTION keep_final_orders() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.final AND (NEW.state, NEW.reason, NEW.body, NEW.mpesa_receipt, NEW.deadline_at, NEW.wake_at)
     IS DISTINCT FROM (OLD.state, OLD.reason, OLD.body, OLD.mpesa_receipt, OLD.deadline_at, OLD.wake_at) THEN
    RAISE EXCEPTION 'order % has ended and cannot change', OLD.id USING ERRCODE = 'SC002';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER orders_final BEFORE UPDATE ON orders
  FOR EACH ROW EXECUTE FUNCTION keep_final_orders();

CREATE FUNCTION time_of(milliseconds jsonb) RETURNS timestamptz LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN milliseconds IS NULL OR milliseconds = 'null'::jsonb THEN NULL
              ELSE to_timestamp((milliseconds #>> '{}')::numeric / 1000) END
$$;

-- One event, with the wallet's next number. Listeners look for themselves.
CREATE FUNCTION add_order_event(p_wallet uuid, p_order uuid, p_kind text, p_state text, p_reason text, p_at timestamptz)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  next bigint;
BEGIN
  INSERT INTO wallet_event_sequences AS s (wallet_id, last) VALUES (p_wallet, 1)
    ON CONFLICT (wallet_id) DO UPDATE SET last = s.last + 1 RETURNING last INTO next;
  INSERT INTO order_events (wallet_id, sequence, order_id, kind, state, reason, at)
    VALUES (p_wallet, next, p_order, p_kind, p_state, p_reason, p_at);
  PERFORM pg_notify('order_events', p_wallet::text);
END $$;

-- Takes keys for an order. SC003: one belongs to another.
CREATE FUNCTION take_order_keys(p_order uuid, p_keys jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  key record;
  owner uuid;
BEGIN
  FOR key IN SELECT k ->> 'kind' AS kind, k ->> 'value' AS value FROM jsonb_array_elements(p_keys) k ORDER BY 1, 2 LOOP
    INSERT INTO order_keys (kind, value, order_id) VALUES (key.kind, key.value, p_order) ON CONFLICT DO NOTHING;
    SELECT order_id INTO owner FROM order_keys WHERE kind = key.kind AND value = key.value;
    IF owner <> p_order THEN
      RAISE EXCEPTION 'key taken' USING ERRCODE = 'SC003',
        DETAIL = jsonb_build_object('kind', key.kind, 'value', key.value)::text;
    END IF;
  END LOOP;
END $$;

-- Opens an order from its quote, all or nothing. Gives null, or why not: quote_not_found, quote_used,
-- daily_limit_exceeded, float_exhausted, payment_hash_used (SC003 for any other key).
CREATE FUNCTION open_order(p jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  o jsonb := p -> 'order';
  v_id uuid := (o ->> 'id')::uuid;
  v_wallet uuid := (o ->> 'walletId')::uuid;
  v_created timestamptz := time_of(o -> 'createdAt');
  v_quote quotes;
  v_total numeric;
BEGIN
  -- One opening at a time for a wallet: the daily limit is a sum over its orders.
  INSERT INTO wallet_event_sequences (wallet_id, last) VALUES (v_wallet, 0) ON CONFLICT DO NOTHING;
  PERFORM 1 FROM wallet_event_sequences WHERE wallet_id = v_wallet FOR NO KEY UPDATE;
  IF EXISTS (SELECT FROM orders WHERE id = v_id) THEN
    RETURN NULL;
  END IF;
  SELECT * INTO v_quote FROM quotes WHERE id = (o ->> 'quoteId')::uuid AND wallet_id = v_wallet FOR NO KEY UPDATE;
  IF v_quote.id IS NULL THEN
    RETURN 'quote_not_found';
  END IF;
  IF v_quote.order_id IS NOT NULL THEN
    RETURN 'quote_used';
  END IF;
  SELECT coalesce(sum(amount_kes_cents), 0) + (o ->> 'amountKesCents')::bigint INTO v_total FROM orders
    WHERE wallet_id = v_wallet AND kind = o ->> 'kind' AND created_at >= time_of(p -> 'dailySince')
      AND state NOT IN ('cancelled', 'expired');
  IF v_total > (p ->> 'dailyMaximum')::bigint THEN
    RETURN 'daily_limit_exceeded';
  END IF;
  UPDATE quotes SET order_id = v_id WHERE id = v_quote.id;
  INSERT INTO orders (id, wallet_id, quote_id, kind, state, version, reason, amount_kes_cents, amount_msat,
                      mpesa_receipt, body, created_at, updated_at, deadline_at, wake_at)
    VALUES (v_id, v_wallet, v_quote.id, o ->> 'kind', o ->> 'state', (o ->> 'version')::integer, o ->> 'reason',
            (o ->> 'amountKesCents')::bigint, (o ->> 'amountMsat')::bigint, o ->> 'mpesaReceipt', o -> 'body',
            v_created, v_created, time_of(o -> 'deadlineAt'), time_of(o -> 'wakeAt'));
  PERFORM take_order_keys(v_id, p -> 'keys');
  IF jsonb_array_length(p -> 'postings') > 0 THEN
    -- One reservation at a time: what is free is a sum, not a row.
    PERFORM pg_advisory_xact_lock(7283645002);
    PERFORM post_order_journals(v_id, v_created, p -> 'postings');
    IF ledger_balance('mpesa_available') < 0 THEN
      RAISE EXCEPTION 'float exhausted' USING ERRCODE = 'SC004';
    END IF;
  END IF;
  PERFORM add_order_event(v_wallet, v_id, o ->> 'kind', o ->> 'state', o ->> 'reason', v_created);
  RETURN NULL;
END $$;

-- Rule 3. Compare and set, with everything that belongs to the change. Gives the evidence count, or null when the order
-- has moved on. SC003: a key belongs to another order, and nothing was changed.
CREATE FUNCTION commit_order(p_id uuid, p_state text, p_version integer, p_now timestamptz, p jsonb)
RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  o jsonb := p -> 'order';
  v_order orders;
BEGIN
  UPDATE orders SET
      state = o ->> 'state', version = p_version + 1, reason = o ->> 'reason', body = o -> 'body',
      mpesa_receipt = o ->> 'mpesaReceipt',
      updated_at = CASE WHEN final THEN updated_at ELSE p_now END, deadline_at = time_of(o -> 'deadlineAt'),
      wake_at = time_of(o -> 'wakeAt'), evidence_seen = (o ->> 'evidenceSeen')::integer,
      evidence_at = CASE WHEN evidence_count > (o ->> 'evidenceSeen')::integer
                         THEN coalesce(time_of(p -> 'evidenceAt'), p_now) END,
      lease_until = NULL
    WHERE id = p_id AND state = p_state AND version = p_version RETURNING * INTO v_order;
  IF v_order.id IS NULL THEN
    RETURN NULL;
  END IF;
  PERFORM take_order_keys(p_id, p -> 'keys');
  PERFORM post_order_journals(p_id, p_now, p -> 'postings');
  INSERT INTO cases (order_id, code, detail, opened_at)
    SELECT p_id, c ->> 'code', c ->> 'detail', p_now FROM jsonb_array_elements(p -> 'cases') c
    ON CONFLICT DO NOTHING;
  IF (p ->> 'news')::boolean THEN
    PERFORM add_order_event(v_order.wallet_id, p_id, v_order.kind, v_order.state, v_order.reason, p_now);
  END IF;
  RETURN v_order.evidence_count;
END $$;

-- Stores evidence and makes its order due. False when there is no such order; the same bytes are stored once.
CREATE FUNCTION add_evidence(p_order uuid, p_kind text, p_body text, p_at timestamptz, p_from text)
RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  v_count integer;
BEGIN
  SELECT evidence_count INTO v_count FROM orders WHERE id = p_order FOR NO KEY UPDATE;
  IF v_count IS NULL THEN
    RETURN false;
  END IF;
  INSERT INTO evidence (order_id, number, kind, body, body_hash, received_at, from_address)
    VALUES (p_order, v_count + 1, p_kind, p_body, sha256(convert_to(p_body, 'UTF8')), p_at, p_from)
    ON CONFLICT (order_id, kind, body_hash) DO NOTHING;
  IF FOUND THEN
    UPDATE orders SET evidence_count = v_count + 1, evidence_at = LEAST(evidence_at, p_at), lease_until = NULL
      WHERE id = p_order;
  END IF;
  RETURN true;
END $$;
