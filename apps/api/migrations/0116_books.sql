-- Bookings of every day, M-Pesa's statements line by line, and what a person has to look at in the books.

-- What an operator booked. The journal has the same reference and the kind `booking`.
CREATE TABLE bookings (
  reference text PRIMARY KEY CHECK (reference <> ''),
  type text NOT NULL,
  body jsonb NOT NULL,
  operator text NOT NULL CHECK (operator <> ''),
  reason text NOT NULL CHECK (reason <> ''),
  journal_id bigint NOT NULL UNIQUE REFERENCES ledger_journals (id),
  booked_at timestamptz NOT NULL
);
CREATE INDEX bookings_age ON bookings (booked_at DESC);
CREATE TRIGGER bookings_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON bookings
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- One file of the organisation portal that an operator imported.
CREATE TABLE statement_imports (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  shortcode text NOT NULL,
  account text NOT NULL CHECK (account IN ('utility', 'working', 'charges')),
  operator text NOT NULL CHECK (operator <> ''),
  file_hash bytea NOT NULL,
  line_count integer NOT NULL,
  new_lines integer NOT NULL,
  -- M-Pesa's balance in cents after the last line of each day: {"2026-11-23": "100"}.
  day_ends jsonb NOT NULL,
  imported_at timestamptz NOT NULL DEFAULT books_clock()
);
CREATE TRIGGER statement_imports_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON statement_imports
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Each movement of an account of ours that M-Pesa reports, once, whichever source reports it and however often.
CREATE TABLE statement_lines (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  shortcode text NOT NULL,
  account text NOT NULL CHECK (account IN ('utility', 'working', 'charges')),
  receipt text NOT NULL CHECK (receipt ~ '^[A-Z0-9]{8,12}$'),
  is_charge boolean NOT NULL,
  -- Above zero: paid in.
  cents bigint NOT NULL CHECK (cents <> 0),
  completed_at timestamptz NOT NULL,
  details text NOT NULL,
  other_party text NOT NULL,
  account_reference text NOT NULL,
  linked_receipt text NOT NULL,
  source text NOT NULL CHECK (source IN ('csv', 'pull')),
  first_seen_at timestamptz NOT NULL,
  -- new: not judged for good. matched: a journal has it. booked: M-Pesa's charge, booked from the line. unmatched: in
  -- kes_unmatched, with a case. paired: two unmatched lines that cancel out. opening: in the opening balances.
  state text NOT NULL DEFAULT 'new' CHECK (state IN ('new', 'matched', 'booked', 'unmatched', 'paired', 'opening')),
  order_id uuid REFERENCES orders (id),
  journal_id bigint REFERENCES ledger_journals (id),
  -- The journal that booked the line because no other did.
  own_journal_id bigint REFERENCES ledger_journals (id),
  judged_at timestamptz,
  CHECK ((state = 'matched') = (journal_id IS NOT NULL))
);
CREATE UNIQUE INDEX statement_lines_once ON statement_lines (receipt, shortcode, account, is_charge, (cents > 0));
CREATE UNIQUE INDEX statement_lines_journal ON statement_lines (journal_id, shortcode, account, is_charge);
CREATE INDEX statement_lines_open ON statement_lines (judged_at NULLS FIRST, completed_at) WHERE state IN ('new', 'unmatched');
CREATE INDEX statement_lines_day ON statement_lines (nairobi_day(completed_at), shortcode, account);

-- What M-Pesa reported never changes; only what became of it does.
CREATE FUNCTION keep_statement_lines() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (OLD.id, OLD.shortcode, OLD.account, OLD.receipt, OLD.is_charge, OLD.cents, OLD.completed_at, OLD.details,
      OLD.other_party, OLD.account_reference, OLD.linked_receipt, OLD.source, OLD.first_seen_at)
     IS DISTINCT FROM
     (NEW.id, NEW.shortcode, NEW.account, NEW.receipt, NEW.is_charge, NEW.cents, NEW.completed_at, NEW.details,
      NEW.other_party, NEW.account_reference, NEW.linked_receipt, NEW.source, NEW.first_seen_at) THEN
    RAISE EXCEPTION 'statement_lines is append-only' USING ERRCODE = 'SC001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER statement_lines_facts BEFORE UPDATE ON statement_lines
  FOR EACH ROW EXECUTE FUNCTION keep_statement_lines();
CREATE TRIGGER statement_lines_stay BEFORE DELETE OR TRUNCATE ON statement_lines
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Cases of the books: money that belongs to no order, or not as the order has it.
CREATE TABLE book_cases (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  code text NOT NULL,
  detail text NOT NULL,
  line_id uuid REFERENCES statement_lines (id),
  order_id uuid REFERENCES orders (id),
  opened_at timestamptz NOT NULL,
  resolved_at timestamptz,
  resolution text,
  CHECK ((resolved_at IS NULL) = (resolution IS NULL)),
  UNIQUE (line_id, code)
);
CREATE INDEX book_cases_open ON book_cases (opened_at) WHERE resolved_at IS NULL;

-- How far Pull Transactions has been read for a shortcode.
CREATE TABLE pull_cursors (
  shortcode text PRIMARY KEY,
  registered_at timestamptz,
  pulled_until timestamptz,
  -- When the whole 48 hours were read last.
  wide_at timestamptz,
  -- Until then one process pulls.
  lease_until timestamptz,
  -- The code of the last failure; null after a success.
  failure text
);
-- Times that M-Pesa no longer gives out: only a statement file of these days shows what happened then.
CREATE TABLE pull_gaps (
  shortcode text NOT NULL,
  from_at timestamptz NOT NULL,
  to_at timestamptz NOT NULL,
  PRIMARY KEY (shortcode, from_at)
);

-- Rates of taxes on the operator's fees. The entry in force at a time is the last one that began before it.
CREATE TABLE tax_rates (
  kind text NOT NULL,
  effective_from date NOT NULL,
  parts_per_million bigint NOT NULL CHECK (parts_per_million >= 0),
  source text NOT NULL,
  PRIMARY KEY (kind, effective_from)
);
INSERT INTO tax_rates (kind, effective_from, parts_per_million, source) VALUES
  ('excise_duty', '2023-09-01', 0, 'Digital asset tax of 3 % of the value, not an excise duty on fees'),
  ('excise_duty', '2025-07-01', 100000,
   'Finance Act 2025: 10 % on fees of virtual asset service providers, due on the 20th of the next month');

-- A statement names a buy by the account number that the STK push carried.
CREATE INDEX orders_account_reference ON orders ((body #>> '{prompt,accountReference}')) WHERE kind = 'buy';
-- Payouts that were proven without a receipt.
CREATE INDEX orders_payout_without_receipt ON orders ((body #>> '{payout,amountKesCents,bigint}'))
  WHERE body #>> '{payout,status}' = 'confirmed' AND body #>> '{payout,receipt}' IS NULL;
-- Payouts that may have been made although their receipt is not known yet.
CREATE INDEX orders_open_payout ON orders ((body #>> '{payout,amountKesCents,bigint}')) WHERE NOT final;

-- Posts one journal without an order on the given day, or today if it is null. p_entries: [{account, currency, amount}].
CREATE FUNCTION post_dated_journal(p_reference text, p_kind text, p_at timestamptz, p_day date, p_entries jsonb)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  journal bigint;
BEGIN
  INSERT INTO ledger_journals (reference, kind, at, day) VALUES (p_reference, p_kind, p_at, p_day)
    RETURNING id INTO journal;
  INSERT INTO ledger_entries (journal_id, line, account, currency, amount)
    SELECT journal, e.line, e.entry ->> 'account', e.entry ->> 'currency', (e.entry ->> 'amount')::bigint
      FROM jsonb_array_elements(p_entries) WITH ORDINALITY AS e (entry, line);
  RETURN journal;
END $$;
