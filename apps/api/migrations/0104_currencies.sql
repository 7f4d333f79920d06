-- Order terms and ledger entries carry their currency. Everything stored before this migration is in KES, except entries
-- of MSAT accounts.

-- The terms are the only source: rows written before have none and are in KES.
ALTER TABLE orders ADD COLUMN currency text NOT NULL
  GENERATED ALWAYS AS (coalesce(body #>> '{terms,currency}', 'KES')) STORED;
ALTER TABLE quotes ADD COLUMN currency text NOT NULL
  GENERATED ALWAYS AS (coalesce(body #>> '{terms,currency}', 'KES')) STORED;

-- The currency of the amount. It must be the account's currency, so that shillings booked between two MSAT accounts are
-- refused although they sum to zero.
ALTER TABLE ledger_entries ADD COLUMN currency text;
ALTER TABLE ledger_entries DISABLE TRIGGER ledger_entries_append_only;
UPDATE ledger_entries e SET currency = a.currency FROM ledger_accounts a WHERE a.code = e.account;
ALTER TABLE ledger_entries ENABLE TRIGGER ledger_entries_append_only;
ALTER TABLE ledger_entries ALTER COLUMN currency SET NOT NULL;

-- Entries are inserted as whole journals. Each journal sums to zero in each currency, and each entry is in the currency of
-- an account that exists. Raises SC005.
CREATE OR REPLACE FUNCTION check_ledger_balance() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  wrong record;
BEGIN
  SELECT a.journal_id, a.account, a.currency, c.currency AS account_currency INTO wrong
    FROM added a LEFT JOIN ledger_accounts c ON c.code = a.account
    WHERE c.currency IS DISTINCT FROM a.currency LIMIT 1;
  IF FOUND AND wrong.account_currency IS NULL THEN
    RAISE EXCEPTION 'journal % names an account that does not exist', wrong.journal_id USING ERRCODE = 'SC005';
  END IF;
  IF FOUND THEN
    RAISE EXCEPTION 'journal % books % in %, a % account', wrong.journal_id, wrong.currency, wrong.account,
      wrong.account_currency USING ERRCODE = 'SC005';
  END IF;
  SELECT a.journal_id INTO wrong FROM added a
    GROUP BY a.journal_id, a.currency HAVING sum(a.amount) <> 0 LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'journal % does not balance', wrong.journal_id USING ERRCODE = 'SC005';
  END IF;
  RETURN NULL;
END $$;

-- The postings of one order: [{kind, entries: [{account, currency, amount}]}]. Raises a unique violation when a kind was
-- booked before.
CREATE OR REPLACE FUNCTION post_order_journals(p_order uuid, p_at timestamptz, p_postings jsonb)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  posting jsonb;
  journal bigint;
BEGIN
  FOR posting IN SELECT * FROM jsonb_array_elements(p_postings) LOOP
    INSERT INTO ledger_journals (order_id, kind, at) VALUES (p_order, posting ->> 'kind', p_at) RETURNING id INTO journal;
    INSERT INTO ledger_entries (journal_id, line, account, currency, amount)
      SELECT journal, e.line, e.entry ->> 'account', e.entry ->> 'currency', (e.entry ->> 'amount')::bigint
        FROM jsonb_array_elements(posting -> 'entries') WITH ORDINALITY AS e (entry, line);
  END LOOP;
END $$;

-- Many journals in one statement: parallel arrays; p_places gives each entry the index of its journal. Returns how many
-- journals were new; a reference and kind that exist already are left as they are.
DROP FUNCTION post_journals(text[], text[], timestamptz, integer[], text[], bigint[]);
CREATE FUNCTION post_journals(p_references text[], p_kinds text[], p_at timestamptz,
                              p_places integer[], p_accounts text[], p_currencies text[], p_amounts bigint[])
RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  added integer;
BEGIN
  WITH wanted AS (
    SELECT place, reference, kind FROM unnest(p_references, p_kinds) WITH ORDINALITY AS w (reference, kind, place)
  ), journals AS (
    INSERT INTO ledger_journals (kind, reference, at) SELECT kind, reference, p_at FROM wanted ORDER BY reference, kind
      ON CONFLICT DO NOTHING RETURNING id, reference, kind
  ), entries AS (
    INSERT INTO ledger_entries (journal_id, line, account, currency, amount)
      SELECT j.id, row_number() OVER (PARTITION BY j.id), e.account, e.currency, e.amount
        FROM unnest(p_places, p_accounts, p_currencies, p_amounts) AS e (place, account, currency, amount)
        JOIN wanted w ON w.place = e.place
        JOIN journals j ON j.reference = w.reference AND j.kind = w.kind
  )
  SELECT count(*) INTO added FROM journals;
  RETURN added;
END $$;

-- Opens an order from its quote, all or nothing. The daily limit is per currency. Returns null, or why the order was
-- refused: quote_not_found, quote_used, daily_limit_exceeded. Raises SC003 for a key of another order and SC004 when the
-- float does not cover the reservation.
CREATE OR REPLACE FUNCTION open_order(p jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  o jsonb := p -> 'order';
  v_id uuid := (o ->> 'id')::uuid;
  v_wallet uuid := (o ->> 'walletId')::uuid;
  v_created timestamptz := time_of(o -> 'createdAt');
  v_quote quotes;
  v_total numeric;
BEGIN
  -- Orders of one wallet are opened one at a time, because the daily limit is a sum over its orders.
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
      AND currency = coalesce(o #>> '{body,terms,currency}', 'KES') AND state NOT IN ('cancelled', 'expired');
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
    -- One reservation at a time, because the free float is a sum and not a row.
    PERFORM pg_advisory_xact_lock(7283645002);
    PERFORM post_order_journals(v_id, v_created, p -> 'postings');
    IF ledger_balance('mpesa_available') < 0 THEN
      RAISE EXCEPTION 'float exhausted' USING ERRCODE = 'SC004';
    END IF;
  END IF;
  PERFORM add_order_event(v_wallet, v_id, o ->> 'kind', o ->> 'state', o ->> 'reason', v_created);
  RETURN NULL;
END $$;
