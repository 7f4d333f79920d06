-- The double-entry ledger. Accounts have no balance row: nothing is hot, and an insert is all that a posting needs.

CREATE TABLE ledger_accounts (
  code text PRIMARY KEY,
  currency text NOT NULL CHECK (currency IN ('KES', 'MSAT')),
  type text NOT NULL CHECK (type IN ('asset', 'liability', 'equity', 'income', 'expense'))
);
INSERT INTO ledger_accounts (code, currency, type) VALUES
  ('mpesa_available', 'KES', 'asset'),
  ('mpesa_reserved', 'KES', 'asset'),
  ('mpesa_charges', 'KES', 'liability'),
  ('buys_undelivered', 'KES', 'liability'),
  ('kes_suspense', 'KES', 'liability'),
  ('sells_unclaimed', 'KES', 'asset'),
  ('exchange_kes', 'KES', 'equity'),
  ('fees_kes', 'KES', 'income'),
  ('mpesa_fees', 'KES', 'expense'),
  ('capital_kes', 'KES', 'equity'),
  ('treasury', 'MSAT', 'asset'),
  ('owed_to_holders', 'MSAT', 'liability'),
  ('exchange_msat', 'MSAT', 'equity'),
  ('routing_fees', 'MSAT', 'expense'),
  ('overpayments', 'MSAT', 'income'),
  ('node_income', 'MSAT', 'income'),
  ('node_expenses', 'MSAT', 'expense'),
  ('capital_msat', 'MSAT', 'equity');

CREATE TABLE ledger_journals (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  -- Null for what no order did.
  order_id uuid REFERENCES orders (id),
  kind text NOT NULL,
  -- For postings without an order: what makes them unique.
  reference text,
  at timestamptz NOT NULL,
  -- Nothing is booked twice.
  UNIQUE (order_id, kind),
  UNIQUE (reference, kind)
);

-- No foreign key to the accounts: it would lock the same few rows in every transaction. The trigger below looks them up.
CREATE TABLE ledger_entries (
  journal_id bigint NOT NULL REFERENCES ledger_journals (id),
  line smallint NOT NULL,
  account text NOT NULL,
  -- Cents or millisatoshis; above zero a debit.
  amount bigint NOT NULL CHECK (amount <> 0),
  -- The transaction that wrote it: what a checkpoint covers is decided by this.
  written_by xid8 NOT NULL DEFAULT pg_current_xact_id(),
  PRIMARY KEY (journal_id, line)
);
CREATE INDEX ledger_entries_account ON ledger_entries (account, written_by) INCLUDE (amount);

-- Sums up to a transaction, so that a balance does not have to add up everything since the beginning.
CREATE TABLE ledger_checkpoints (
  account text PRIMARY KEY REFERENCES ledger_accounts (code),
  balance numeric NOT NULL,
  -- Entries of transactions before this one are in the balance.
  before_transaction xid8 NOT NULL
);

CREATE TRIGGER ledger_accounts_fixed BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_accounts
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_journals_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_journals
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_entries_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_entries
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Whoever inserts entries, inserts whole journals: each sums to zero in each currency, over accounts that exist.
CREATE FUNCTION check_ledger_balance() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  wrong bigint;
BEGIN
  SELECT a.journal_id INTO wrong FROM added a LEFT JOIN ledger_accounts c ON c.code = a.account
    WHERE c.code IS NULL LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'journal % names an account that does not exist', wrong USING ERRCODE = 'SC005';
  END IF;
  SELECT a.journal_id INTO wrong FROM added a JOIN ledger_accounts c ON c.code = a.account
    GROUP BY a.journal_id, c.currency HAVING sum(a.amount) <> 0 LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'journal % does not balance', wrong USING ERRCODE = 'SC005';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER ledger_entries_balance AFTER INSERT ON ledger_entries
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION check_ledger_balance();

-- The postings of one order: [{kind, entries: [{account, amount}]}]. Unique violation when one was booked before.
CREATE FUNCTION post_order_journals(p_order uuid, p_at timestamptz, p_postings jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  posting jsonb;
  journal bigint;
BEGIN
  FOR posting IN SELECT * FROM jsonb_array_elements(p_postings) LOOP
    INSERT INTO ledger_journals (order_id, kind, at) VALUES (p_order, posting ->> 'kind', p_at) RETURNING id INTO journal;
    INSERT INTO ledger_entries (journal_id, line, account, amount)
      SELECT journal, e.line, e.entry ->> 'account', (e.entry ->> 'amount')::bigint
        FROM jsonb_array_elements(posting -> 'entries') WITH ORDINALITY AS e (entry, line);
  END LOOP;
END $$;

-- Many journals in one statement: parallel arrays, entries point to their journal by its place. Gives how many were new;
-- a reference and kind that are there already are left as they are.
CREATE FUNCTION post_journals(p_references text[], p_kinds text[], p_at timestamptz,
                              p_places integer[], p_accounts text[], p_amounts bigint[])
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
    INSERT INTO ledger_entries (journal_id, line, account, amount)
      SELECT j.id, row_number() OVER (PARTITION BY j.id), e.account, e.amount
        FROM unnest(p_places, p_accounts, p_amounts) AS e (place, account, amount)
        JOIN wanted w ON w.place = e.place
        JOIN journals j ON j.reference = w.reference AND j.kind = w.kind
  )
  SELECT count(*) INTO added FROM journals;
  RETURN added;
END $$;

-- What an account holds, with everything committed: the last checkpoint and what came since.
CREATE FUNCTION ledger_balance(p_account text) RETURNS numeric LANGUAGE sql STABLE AS $$
  SELECT coalesce((SELECT balance FROM ledger_checkpoints WHERE account = p_account), 0)
       + coalesce((SELECT sum(amount) FROM ledger_entries WHERE account = p_account
                    AND written_by >= coalesce((SELECT before_transaction FROM ledger_checkpoints
                                                 WHERE account = p_account), '0'::xid8)), 0)
$$;

-- Moves the checkpoints up to the oldest transaction that is still under way: nothing can appear behind that any more.
CREATE FUNCTION move_ledger_checkpoints() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  horizon xid8 := pg_snapshot_xmin(pg_current_snapshot());
BEGIN
  PERFORM pg_advisory_xact_lock(7283645003);
  INSERT INTO ledger_checkpoints AS c (account, balance, before_transaction)
    SELECT a.code,
           coalesce(old.balance, 0) + coalesce((SELECT sum(e.amount) FROM ledger_entries e WHERE e.account = a.code
             AND e.written_by >= coalesce(old.before_transaction, '0'::xid8) AND e.written_by < horizon), 0),
           horizon
      FROM ledger_accounts a LEFT JOIN ledger_checkpoints old ON old.account = a.code
    ON CONFLICT (account) DO UPDATE SET balance = excluded.balance, before_transaction = excluded.before_transaction
      WHERE excluded.before_transaction >= c.before_transaction;
END $$;
