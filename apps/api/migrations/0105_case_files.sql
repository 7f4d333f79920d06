-- What happens to an order outside its exchange: shillings that are set aside, refunds, late deliveries, operators' acts.

-- The case file changes after the order has ended; state and body do not (trigger `orders_final`).
ALTER TABLE orders ADD COLUMN case_file jsonb;
-- When an order that has ended must be woken for its case file.
ALTER TABLE orders ADD COLUMN case_wake_at timestamptz;
ALTER TABLE orders DROP COLUMN due_at;
ALTER TABLE orders ADD COLUMN due_at timestamptz
  GENERATED ALWAYS AS (LEAST(wake_at, evidence_at, case_wake_at)) STORED;
CREATE INDEX orders_due ON orders (due_at) WHERE due_at IS NOT NULL;

-- Every act of an operator on an order, with what it changed. The id is chosen by the client, so an act is done once.
CREATE TABLE order_acts (
  id uuid PRIMARY KEY,
  order_id uuid NOT NULL REFERENCES orders (id),
  number integer NOT NULL,
  act jsonb NOT NULL,
  by text NOT NULL,
  at timestamptz NOT NULL,
  from_state text NOT NULL,
  to_state text NOT NULL,
  -- Kinds of the journals that it booked.
  journals text[] NOT NULL,
  UNIQUE (order_id, number)
);
CREATE TRIGGER order_acts_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON order_acts
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

INSERT INTO ledger_accounts (code, currency, type) VALUES
  ('reversed_by_payers', 'KES', 'asset'),
  ('write_offs_kes', 'KES', 'expense'),
  ('write_offs_msat', 'MSAT', 'expense');

-- `commit_order` with the case file, the operator's act and the cases that end, in the same transaction. Raises SC004 when
-- the decision reserves float that is not there, and SC007 when the act was stored before.
CREATE FUNCTION commit_case(p_id uuid, p_state text, p_version integer, p_now timestamptz, p jsonb)
RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  v_count integer;
  v_act jsonb := nullif(p -> 'act', 'null'::jsonb);
BEGIN
  IF coalesce((p ->> 'reservesFloat')::boolean, false) THEN
    -- The lock of `open_order`: the free float is a sum and not a row.
    PERFORM pg_advisory_xact_lock(7283645002);
  END IF;
  -- Before the new cases are stored: a case that is closed here opens again if its code recurs.
  IF coalesce((p ->> 'closesCases')::boolean, false) THEN
    PERFORM 1 FROM orders WHERE id = p_id AND state = p_state AND version = p_version FOR NO KEY UPDATE;
    IF NOT FOUND THEN
      RETURN NULL;
    END IF;
    UPDATE cases SET resolved_at = p_now WHERE order_id = p_id AND resolved_at IS NULL;
  END IF;
  v_count := commit_order(p_id, p_state, p_version, p_now, p);
  IF v_count IS NULL THEN
    RETURN NULL;
  END IF;
  UPDATE cases c SET resolved_at = NULL, opened_at = p_now, detail = n ->> 'detail'
    FROM jsonb_array_elements(p -> 'cases') n
    WHERE c.order_id = p_id AND c.code = n ->> 'code' AND c.resolved_at IS NOT NULL;
  IF p -> 'caseFile' <> 'null'::jsonb THEN
    UPDATE orders SET case_file = p -> 'caseFile', case_wake_at = CASE WHEN final THEN time_of(p -> 'caseWakeAt') END
      WHERE id = p_id;
  END IF;
  IF v_act IS NOT NULL THEN
    INSERT INTO order_acts (id, order_id, number, act, by, at, from_state, to_state, journals)
      VALUES ((v_act ->> 'id')::uuid, p_id, (SELECT count(*) + 1 FROM order_acts WHERE order_id = p_id), v_act -> 'act',
              v_act ->> 'by', p_now, p_state, p #>> '{order,state}',
              ARRAY(SELECT j ->> 'kind' FROM jsonb_array_elements(p -> 'postings') j))
      ON CONFLICT (id) DO NOTHING;
    IF NOT FOUND THEN
      RAISE EXCEPTION 'act % was stored before', v_act ->> 'id' USING ERRCODE = 'SC007';
    END IF;
  END IF;
  IF coalesce((p ->> 'reservesFloat')::boolean, false) AND ledger_balance('mpesa_available') < 0 THEN
    RAISE EXCEPTION 'float exhausted' USING ERRCODE = 'SC004';
  END IF;
  RETURN v_count;
END $$;
