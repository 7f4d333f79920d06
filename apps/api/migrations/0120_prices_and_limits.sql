-- Limits of wallets, devices and phone numbers, and the reservation of float when a sell's payment is held.

-- The phone number and the device of an order, for sums over them.
ALTER TABLE orders ADD COLUMN msisdn text GENERATED ALWAYS AS (body ->> 'msisdn') STORED;
ALTER TABLE orders ADD COLUMN device_id text GENERATED ALWAYS AS (body ->> 'deviceId') STORED;
CREATE INDEX orders_by_number ON orders (msisdn, created_at);
CREATE INDEX orders_by_device ON orders (device_id, created_at) WHERE device_id IS NOT NULL;

-- A buy that the holder accepts at a new price delivers another amount.
CREATE FUNCTION keep_order_amount() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.amount_msat := coalesce((NEW.body #>> '{terms,amountMsat,bigint}')::bigint, NEW.amount_msat);
  RETURN NEW;
END $$;
CREATE TRIGGER orders_amount BEFORE UPDATE OF body ON orders FOR EACH ROW EXECUTE FUNCTION keep_order_amount();

-- What a wallet may trade. Amounts are in cents for each kind of order; null leaves the limit of the rail and of the
-- configuration. A row is changed, or added and given to wallets, without a deploy.
CREATE TABLE limit_tiers (
  name text PRIMARY KEY CHECK (name ~ '^[a-z][a-z_]{0,39}$'),
  -- Who has the tier, and why it is as it is. Holders see it.
  reason text NOT NULL CHECK (length(reason) BETWEEN 1 AND 500),
  daily_max bigint CHECK (daily_max >= 0),
  monthly_max bigint CHECK (monthly_max >= 0),
  -- Orders opened in an hour, whatever became of them.
  hourly_orders integer NOT NULL CHECK (hourly_orders >= 0),
  -- Orders that have not ended, without those that wait for the operator.
  unfinished_orders integer NOT NULL CHECK (unfinished_orders >= 0),
  -- In a day: prompts to a number that the wallet has not proven, such numbers, and prompts to one number by all wallets
  -- that have not proven it.
  unproven_prompts integer NOT NULL DEFAULT 5 CHECK (unproven_prompts >= 0),
  unproven_numbers integer NOT NULL DEFAULT 4 CHECK (unproven_numbers >= 0),
  strangers_prompts integer NOT NULL DEFAULT 12 CHECK (strangers_prompts >= 0)
);
INSERT INTO limit_tiers (name, reason, daily_max, monthly_max, hourly_orders, unfinished_orders) VALUES
  ('standard', 'Every wallet without a tier of its own.', NULL, 300000000, 60, 10),
  ('new_device', 'A device that signed in less than a day ago: a stolen wallet is emptied in its first hours.',
   15000000, NULL, 60, 10),
  ('new_number', 'A phone number that this wallet first paid or was paid by less than a day ago.',
   10000000, NULL, 60, 10),
  ('known', 'A business or person that the operator has identified.', NULL, 1500000000, 300, 50),
  ('restricted', 'Under review by the operator.', 1000000, 5000000, 6, 2);

CREATE TABLE wallet_tiers (
  wallet_id uuid PRIMARY KEY REFERENCES wallets (id),
  tier text NOT NULL REFERENCES limit_tiers (name),
  reason text NOT NULL CHECK (length(reason) BETWEEN 1 AND 500),
  set_by text NOT NULL,
  set_at timestamptz NOT NULL
);

-- Phone numbers that a wallet has proven to be at hand, by the code of a prompt. A payment from a number proves it too.
CREATE TABLE wallet_numbers (
  wallet_id uuid NOT NULL REFERENCES wallets (id),
  msisdn text NOT NULL,
  proven_at timestamptz NOT NULL,
  PRIMARY KEY (wallet_id, msisdn)
);

-- Whether an order uses up limits: not if it ended without an exchange, unless it failed by the holder's doing after its
-- payment was held. The same rule is `countsTowardLimits` in domain/trade-limits.ts.
CREATE FUNCTION order_counts(p_kind text, p_state text, p_reason text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
  SELECT p_state NOT IN ('cancelled', 'expired') OR (p_kind = 'sell' AND p_state = 'cancelled' AND
    (coalesce(p_reason, '') LIKE 'mpesa\_%' OR p_reason IN ('amount_mismatch', 'paid_too_late', 'hold_too_short')))
$$;

-- Whether the number took part, so that nobody uses up the limit of a stranger's number by asking for its money.
CREATE FUNCTION order_involves_number(p_kind text, p_state text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE p_kind WHEN 'buy' THEN p_state IN ('kes_received', 'paying', 'invoice_needed', 'paid', 'refunding', 'refunded')
              ELSE p_state NOT IN ('invoice_open', 'returning', 'cancelled', 'expired') END
$$;

-- Whether the wallet may prompt the number as often as it likes.
CREATE FUNCTION is_number_proven(p_wallet uuid, p_msisdn text) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT FROM wallet_numbers WHERE wallet_id = p_wallet AND msisdn = p_msisdn)
    OR EXISTS (SELECT FROM orders WHERE wallet_id = p_wallet AND msisdn = p_msisdn AND kind = 'buy'
                                    AND order_involves_number(kind, state))
$$;

-- Every limit that applies, in the order in which they refuse: an amount is refused when used_amount + amount > max_amount,
-- an order when used_count >= max_count. Null means that there is no such limit. p_device and p_msisdn may be null.
-- p_factor is RATE_LIMIT_FACTOR.
CREATE FUNCTION order_limits(p_wallet uuid, p_device text, p_msisdn text, p_kind text, p_currency text, p_at timestamptz,
                             p_rail_daily bigint, p_factor integer)
RETURNS TABLE (code text, tier text, max_amount bigint, used_amount bigint, max_count integer, used_count integer)
LANGUAGE plpgsql STABLE AS $$
DECLARE
  v_day timestamptz := date_trunc('day', p_at AT TIME ZONE 'Africa/Nairobi') AT TIME ZONE 'Africa/Nairobi';
  v_month timestamptz := date_trunc('month', p_at AT TIME ZONE 'Africa/Nairobi') AT TIME ZONE 'Africa/Nairobi';
  v_tier limit_tiers;
  v_standard limit_tiers;
  v_new limit_tiers;
BEGIN
  SELECT t.* INTO v_standard FROM limit_tiers t WHERE t.name = 'standard';
  SELECT t.* INTO v_tier FROM wallet_tiers w JOIN limit_tiers t ON t.name = w.tier WHERE w.wallet_id = p_wallet;
  IF v_tier.name IS NULL THEN
    v_tier := v_standard;
  END IF;

  RETURN QUERY SELECT 'daily_limit_exceeded', v_tier.name, LEAST(p_rail_daily, v_tier.daily_max),
    coalesce(sum(o.amount_kes_cents), 0)::bigint, NULL::integer, NULL::integer
    FROM orders o WHERE o.wallet_id = p_wallet AND o.kind = p_kind AND o.currency = p_currency AND o.created_at >= v_day
      AND order_counts(o.kind, o.state, o.reason);
  RETURN QUERY SELECT 'monthly_limit_exceeded', v_tier.name, v_tier.monthly_max,
    coalesce(sum(o.amount_kes_cents), 0)::bigint, NULL::integer, NULL::integer
    FROM orders o WHERE o.wallet_id = p_wallet AND o.kind = p_kind AND o.currency = p_currency AND o.created_at >= v_month
      AND order_counts(o.kind, o.state, o.reason);

  IF EXISTS (SELECT FROM devices d WHERE d.id::text = p_device AND d.created_at > p_at - interval '1 day') THEN
    SELECT t.* INTO v_new FROM limit_tiers t WHERE t.name = 'new_device';
    RETURN QUERY SELECT 'new_device_limit_exceeded', v_new.name, v_new.daily_max,
      coalesce(sum(o.amount_kes_cents), 0)::bigint, NULL::integer, NULL::integer
      FROM orders o WHERE o.device_id = p_device AND o.kind = p_kind AND o.currency = p_currency
        AND order_counts(o.kind, o.state, o.reason);
  END IF;

  IF p_msisdn IS NOT NULL THEN
    IF NOT EXISTS (SELECT FROM orders o WHERE o.wallet_id = p_wallet AND o.msisdn = p_msisdn
                     AND o.created_at <= p_at - interval '1 day' AND order_involves_number(o.kind, o.state)) THEN
      SELECT t.* INTO v_new FROM limit_tiers t WHERE t.name = 'new_number';
      RETURN QUERY SELECT 'new_number_limit_exceeded', v_new.name, v_new.daily_max,
        coalesce(sum(o.amount_kes_cents), 0)::bigint, NULL::integer, NULL::integer
        FROM orders o WHERE o.wallet_id = p_wallet AND o.msisdn = p_msisdn AND o.kind = p_kind AND o.currency = p_currency
          AND o.created_at > p_at - interval '1 day' AND order_counts(o.kind, o.state, o.reason);
    END IF;
    -- M-Pesa's limit is the person's, however many wallets the person has.
    RETURN QUERY SELECT 'phone_limit_exceeded', v_standard.name, p_rail_daily,
      coalesce(sum(o.amount_kes_cents), 0)::bigint, NULL::integer, NULL::integer
      FROM orders o WHERE o.msisdn = p_msisdn AND o.kind = p_kind AND o.currency = p_currency AND o.created_at >= v_day
        AND order_involves_number(o.kind, o.state);
    RETURN QUERY SELECT 'phone_limit_exceeded', v_tier.name, v_tier.monthly_max,
      coalesce(sum(o.amount_kes_cents), 0)::bigint, NULL::integer, NULL::integer
      FROM orders o WHERE o.msisdn = p_msisdn AND o.kind = p_kind AND o.currency = p_currency AND o.created_at >= v_month
        AND order_involves_number(o.kind, o.state);
  END IF;

  RETURN QUERY SELECT 'too_many_orders', v_tier.name, NULL::bigint, NULL::bigint, v_tier.hourly_orders * p_factor,
    count(*)::integer
    FROM orders o WHERE o.wallet_id = p_wallet AND o.created_at > p_at - interval '1 hour';
  RETURN QUERY SELECT 'too_many_open_orders', v_tier.name, NULL::bigint, NULL::bigint, v_tier.unfinished_orders * p_factor,
    count(*)::integer
    FROM orders o WHERE o.wallet_id = p_wallet AND NOT o.final AND o.state NOT IN ('case', 'owed');

  -- A stranger's phone is not prompted again and again: not by one wallet, and not by many.
  IF p_kind = 'buy' AND p_msisdn IS NOT NULL AND NOT is_number_proven(p_wallet, p_msisdn) THEN
    RETURN QUERY SELECT 'number_unproven', v_tier.name, NULL::bigint, NULL::bigint, v_tier.unproven_prompts,
      count(*)::integer
      FROM orders o WHERE o.wallet_id = p_wallet AND o.msisdn = p_msisdn AND o.kind = 'buy'
        AND o.created_at > p_at - interval '1 day';
    RETURN QUERY SELECT 'too_many_new_numbers', v_tier.name, NULL::bigint, NULL::bigint, v_tier.unproven_numbers,
      count(DISTINCT o.msisdn)::integer
      FROM orders o WHERE o.wallet_id = p_wallet AND o.msisdn <> p_msisdn AND o.kind = 'buy'
        AND o.created_at > p_at - interval '1 day' AND NOT is_number_proven(p_wallet, o.msisdn);
    RETURN QUERY SELECT 'number_prompted_too_often', v_standard.name, NULL::bigint, NULL::bigint,
      v_standard.strangers_prompts, count(*)::integer
      FROM orders o WHERE o.msisdn = p_msisdn AND o.kind = 'buy' AND o.created_at > p_at - interval '1 day'
        AND NOT is_number_proven(o.wallet_id, o.msisdn);
  END IF;
END $$;

-- The first limit that refuses the order, as {code, max}; null if none does.
CREATE FUNCTION limit_refusal(p_wallet uuid, p_device text, p_msisdn text, p_kind text, p_currency text, p_at timestamptz,
                              p_rail_daily bigint, p_factor integer, p_amount bigint)
RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object('code', l.code, 'max', l.max_amount::text, 'maxCount', l.max_count)
    FROM order_limits(p_wallet, p_device, p_msisdn, p_kind, p_currency, p_at, p_rail_daily, p_factor) WITH ORDINALITY
      AS l (code, tier, max_amount, used_amount, max_count, used_count, place)
    WHERE l.used_amount + p_amount > l.max_amount OR l.used_count >= l.max_count
    ORDER BY l.place LIMIT 1
$$;

-- Opens an order from its quote, all or nothing. Returns null, or why the order was refused, as {code, max}:
-- quote_not_found, quote_used, or a code of `order_limits`. Raises SC003 for a key of another order. Reserves no float.
DROP FUNCTION open_order(jsonb);
CREATE FUNCTION open_order(p jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  o jsonb := p -> 'order';
  v_id uuid := (o ->> 'id')::uuid;
  v_wallet uuid := (o ->> 'walletId')::uuid;
  v_msisdn text := o #>> '{body,msisdn}';
  v_created timestamptz := time_of(o -> 'createdAt');
  v_quote quotes;
  v_refusal jsonb;
BEGIN
  -- Orders of one wallet, and orders of one phone number, are opened one at a time: their limits are sums over orders.
  INSERT INTO wallet_event_sequences (wallet_id, last) VALUES (v_wallet, 0) ON CONFLICT DO NOTHING;
  PERFORM 1 FROM wallet_event_sequences WHERE wallet_id = v_wallet FOR NO KEY UPDATE;
  IF EXISTS (SELECT FROM orders WHERE id = v_id) THEN
    RETURN NULL;
  END IF;
  SELECT * INTO v_quote FROM quotes WHERE id = (o ->> 'quoteId')::uuid AND wallet_id = v_wallet FOR NO KEY UPDATE;
  IF v_quote.id IS NULL THEN
    RETURN '{"code": "quote_not_found"}';
  END IF;
  IF v_quote.order_id IS NOT NULL THEN
    RETURN '{"code": "quote_used"}';
  END IF;
  PERFORM pg_advisory_xact_lock(7283645, hashtext(v_msisdn));
  v_refusal := limit_refusal(v_wallet, o #>> '{body,deviceId}', v_msisdn, o ->> 'kind',
    coalesce(o #>> '{body,terms,currency}', 'KES'), time_of(p -> 'at'), (p ->> 'railDailyMax')::bigint,
    coalesce((p ->> 'countFactor')::integer, 1), (o ->> 'amountKesCents')::bigint);
  IF v_refusal IS NOT NULL THEN
    RETURN v_refusal;
  END IF;
  UPDATE quotes SET order_id = v_id WHERE id = v_quote.id;
  INSERT INTO orders (id, wallet_id, quote_id, kind, state, version, reason, amount_kes_cents, amount_msat,
                      mpesa_receipt, body, created_at, updated_at, deadline_at, wake_at)
    VALUES (v_id, v_wallet, v_quote.id, o ->> 'kind', o ->> 'state', (o ->> 'version')::integer, o ->> 'reason',
            (o ->> 'amountKesCents')::bigint, (o ->> 'amountMsat')::bigint, o ->> 'mpesaReceipt', o -> 'body',
            v_created, v_created, time_of(o -> 'deadlineAt'), time_of(o -> 'wakeAt'));
  PERFORM take_order_keys(v_id, p -> 'keys');
  PERFORM post_order_journals(v_id, v_created, p -> 'postings');
  PERFORM add_order_event(v_wallet, v_id, o ->> 'kind', o ->> 'state', o ->> 'reason', v_created);
  RETURN NULL;
END $$;

-- A sell's payout is reserved only as far as there is float, whichever function posts the reservation. Raises SC004.
CREATE FUNCTION check_float_reserved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- A subquery and not a join: nothing is known about how many rows were added, and a join might read all journals.
  IF EXISTS (SELECT FROM added a WHERE a.account = 'mpesa_available' AND a.amount < 0
             AND (SELECT j.kind FROM ledger_journals j WHERE j.id = a.journal_id) = 'payout_reserved') THEN
    -- One reservation at a time, because the free float is a sum and not a row.
    PERFORM pg_advisory_xact_lock(7283645002);
    IF ledger_balance('mpesa_available') < 0 THEN
      RAISE EXCEPTION 'float exhausted' USING ERRCODE = 'SC004';
    END IF;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER ledger_entries_float AFTER INSERT ON ledger_entries REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION check_float_reserved();
