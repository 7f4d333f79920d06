-- The day in Nairobi to which a journal belongs, and the bookings that two processes must not make twice.

-- The time of the database, which all processes share. The ledger's days and the books' background work go by it.
CREATE FUNCTION books_clock() RETURNS timestamptz LANGUAGE sql VOLATILE AS $$ SELECT clock_timestamp() $$;

-- Nairobi is UTC+3 all year.
CREATE FUNCTION nairobi_day(p_at timestamptz) RETURNS date LANGUAGE sql IMMUTABLE AS $$
  SELECT ((p_at AT TIME ZONE 'UTC') + interval '3 hours')::date
$$;

ALTER TABLE ledger_journals ADD COLUMN day date;
ALTER TABLE ledger_journals DISABLE TRIGGER ledger_journals_append_only;
UPDATE ledger_journals SET day = nairobi_day(at);
ALTER TABLE ledger_journals ENABLE TRIGGER ledger_journals_append_only;
ALTER TABLE ledger_journals ALTER COLUMN day SET NOT NULL;
CREATE INDEX ledger_journals_day ON ledger_journals (day);

-- What an operator signed off. The trial balance has every account: opening, debits, credits, closing.
CREATE TABLE daily_closes (
  day date PRIMARY KEY,
  closed_at timestamptz NOT NULL DEFAULT now(),
  operator text NOT NULL CHECK (operator <> ''),
  -- Why the day was closed although something was open; null if nothing was.
  reason text CHECK (reason <> ''),
  trial_balance jsonb NOT NULL,
  -- What was open: unmatched lines, and M-Pesa's balances compared with the ledger.
  findings jsonb NOT NULL
);
CREATE TRIGGER daily_closes_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON daily_closes
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- A journal belongs to the day on which it is booked, or to an earlier day that the writer names; never to a closed day.
-- Closing a day locks the table, so that no journal of that day is still being written.
CREATE FUNCTION set_journal_day() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  today date := nairobi_day(books_clock());
BEGIN
  NEW.day := greatest(least(coalesce(NEW.day, today), today), (SELECT max(day) + 1 FROM daily_closes));
  RETURN NEW;
END $$;
CREATE TRIGGER ledger_journals_day BEFORE INSERT ON ledger_journals
  FOR EACH ROW EXECUTE FUNCTION set_journal_day();

-- Books how much a counter of the node has grown since it was last booked, and returns the growth. Callers that read the
-- counter at different times book each millisatoshi once.
CREATE FUNCTION post_counter(p_kind text, p_value bigint, p_debit text, p_credit text, p_at timestamptz)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  growth bigint;
  journal bigint;
BEGIN
  PERFORM pg_advisory_xact_lock(7283645004);
  SELECT p_value - coalesce(max(reference), '0')::bigint INTO growth FROM ledger_journals WHERE kind = p_kind;
  IF growth <= 0 THEN
    RETURN 0;
  END IF;
  -- Padded, so that the order of texts is the order of numbers.
  INSERT INTO ledger_journals (kind, reference, at) VALUES (p_kind, lpad(p_value::text, 20, '0'), p_at)
    RETURNING id INTO journal;
  INSERT INTO ledger_entries (journal_id, line, account, currency, amount)
    VALUES (journal, 1, p_debit, 'MSAT', growth), (journal, 2, p_credit, 'MSAT', -growth);
  RETURN growth;
END $$;

-- Answers to AccountBalance. Any process may receive one; the process that waits reads it here.
CREATE TABLE mpesa_balances (
  request_id uuid PRIMARY KEY,
  shortcode text NOT NULL,
  requested_at timestamptz NOT NULL,
  answered_at timestamptz,
  -- Cents as text by the name of the account.
  accounts jsonb,
  CHECK ((answered_at IS NULL) = (accounts IS NULL))
);
CREATE INDEX mpesa_balances_latest ON mpesa_balances (shortcode, requested_at DESC);

-- The request that everyone who needs this shortcode's balances shares: one that was made less than p_max_age ago, or a
-- new one with the id p_id, which the caller then sends.
CREATE FUNCTION share_balance_request(p_id uuid, p_shortcode text, p_max_age interval) RETURNS uuid
LANGUAGE plpgsql AS $$
DECLARE
  shared uuid;
BEGIN
  PERFORM pg_advisory_xact_lock(7283645005);
  SELECT request_id INTO shared FROM mpesa_balances
    WHERE shortcode = p_shortcode AND requested_at > books_clock() - p_max_age ORDER BY requested_at DESC LIMIT 1;
  IF shared IS NULL THEN
    INSERT INTO mpesa_balances (request_id, shortcode, requested_at) VALUES (p_id, p_shortcode, books_clock());
    shared := p_id;
  END IF;
  RETURN shared;
END $$;

-- The last comparisons of the ledger with M-Pesa and the node, of whichever process made them.
CREATE TABLE book_comparisons (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT books_clock(),
  comparisons jsonb NOT NULL
);
CREATE INDEX book_comparisons_age ON book_comparisons (at);

-- Money that M-Pesa's working accounts and the bank hold, and where bookings of every day go.
INSERT INTO ledger_accounts (code, currency, type) VALUES
  ('mpesa_working', 'KES', 'asset'),
  ('mpesa_collections_working', 'KES', 'asset'),
  ('bank_kes', 'KES', 'asset'),
  ('kes_unmatched', 'KES', 'liability'),
  ('taxes_kes', 'KES', 'expense');

-- Orders whose next entry may belong to a movement that M-Pesa or the node has made already.
CREATE FUNCTION has_unbooked_movements() RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT FROM orders WHERE evidence_seen < evidence_count OR case_wake_at IS NOT NULL
    OR state NOT IN ('paid', 'refunded', 'claimed', 'cancelled', 'expired', 'case', 'kes_received', 'invoice_needed',
                     'invoice_open'))
$$;

-- Books the opening balances: what M-Pesa and the node report, less what orders booked before. p_accounts holds
-- [{account, capital, currency, actual, before}]: `before` is the account's balance when the figures were requested.
-- Returns booked, opened_before, or not_quiet: an order moved money meanwhile, so the figures have to be taken again.
CREATE FUNCTION open_books(p_accounts jsonb, p_counters jsonb, p_at timestamptz) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  a record;
  journal bigint;
BEGIN
  INSERT INTO ledger_journals (kind, reference, at) VALUES ('opening', 'opening', p_at) ON CONFLICT DO NOTHING;
  IF NOT FOUND THEN
    RETURN 'opened_before';
  END IF;
  IF has_unbooked_movements() OR EXISTS (
    SELECT FROM jsonb_array_elements(p_accounts) f WHERE ledger_balance(f ->> 'account') <> (f ->> 'before')::numeric)
  THEN
    -- Undoes the marker.
    RAISE EXCEPTION 'an order moved money' USING ERRCODE = 'SC020';
  END IF;
  FOR a IN SELECT f ->> 'account' AS account, f ->> 'capital' AS capital, f ->> 'currency' AS currency,
                  (f ->> 'actual')::bigint - (f ->> 'before')::bigint AS amount
             FROM jsonb_array_elements(p_accounts) f LOOP
    CONTINUE WHEN a.amount = 0;
    INSERT INTO ledger_journals (kind, reference, at) VALUES (a.account, 'opening', p_at) RETURNING id INTO journal;
    INSERT INTO ledger_entries (journal_id, line, account, currency, amount)
      VALUES (journal, 1, a.account, a.currency, a.amount), (journal, 2, a.capital, a.currency, -a.amount);
  END LOOP;
  -- What the node earned and spent before is part of the capital.
  INSERT INTO ledger_journals (kind, reference, at)
    SELECT c.key, lpad(c.value, 20, '0'), p_at FROM jsonb_each_text(p_counters) c ON CONFLICT DO NOTHING;
  RETURN 'booked';
END $$;
