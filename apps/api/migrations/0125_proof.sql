-- Sats that a holder received twice, or besides a refund.
INSERT INTO ledger_accounts (code, currency, type) VALUES ('sats_receivable', 'MSAT', 'asset');

-- A final order never changes. Only the processing of late evidence goes on: `lateStatusIds` in the body names the status
-- queries that were made after the end.
CREATE OR REPLACE FUNCTION keep_final_orders() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.final AND (NEW.state, NEW.reason, NEW.body - 'lateStatusIds', NEW.mpesa_receipt, NEW.deadline_at, NEW.wake_at)
     IS DISTINCT FROM
     (OLD.state, OLD.reason, OLD.body - 'lateStatusIds', OLD.mpesa_receipt, OLD.deadline_at, OLD.wake_at) THEN
    RAISE EXCEPTION 'order % has ended and cannot change', OLD.id USING ERRCODE = 'SC002';
  END IF;
  RETURN NEW;
END $$;

-- The block height at which an order must be woken. The index holds only the orders that have one.
ALTER TABLE orders ADD COLUMN wake_height integer;
CREATE INDEX orders_wake_height ON orders (wake_height) WHERE wake_height IS NOT NULL;

-- Compare and set, with everything that belongs to the change. Returns the evidence count, or null if the order has
-- changed since it was read. SC003: a key belongs to another order, and nothing was changed. SC006: the time by which the
-- caller decided (`p_now`) differs from the database's by more than `maxSkewMs`, if given, and nothing was changed.
CREATE OR REPLACE FUNCTION commit_order(p_id uuid, p_state text, p_version integer, p_now timestamptz, p jsonb)
RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  o jsonb := p -> 'order';
  v_order orders;
  v_skew_ms numeric := abs(extract(epoch FROM clock_timestamp() - p_now)) * 1000;
BEGIN
  IF v_skew_ms > (p ->> 'maxSkewMs')::numeric THEN
    RAISE EXCEPTION 'decided by a clock that is off by % ms', round(v_skew_ms) USING ERRCODE = 'SC006';
  END IF;
  UPDATE orders SET
      state = o ->> 'state', version = p_version + 1, reason = o ->> 'reason', body = o -> 'body',
      mpesa_receipt = o ->> 'mpesaReceipt',
      updated_at = CASE WHEN final THEN updated_at ELSE p_now END, deadline_at = time_of(o -> 'deadlineAt'),
      wake_at = time_of(o -> 'wakeAt'), wake_height = (o ->> 'wakeHeight')::integer,
      evidence_seen = (o ->> 'evidenceSeen')::integer,
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
