-- Requests to M-Pesa per shortcode: a token bucket that all processes share. It holds the requests of one second.
CREATE TABLE rail_budgets (
  shortcode text PRIMARY KEY,
  available double precision NOT NULL,
  counted_at timestamptz NOT NULL,
  -- M-Pesa refused a request because of the rate: until then none is sent.
  paused_until timestamptz
);

-- Takes one request. Returns 0, or the milliseconds until one may be available.
CREATE FUNCTION take_rail_request(p_shortcode text, p_per_second double precision) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
  b rail_budgets;
  v_now timestamptz;
  v_available double precision;
BEGIN
  INSERT INTO rail_budgets (shortcode, available, counted_at)
    VALUES (p_shortcode, p_per_second, clock_timestamp()) ON CONFLICT DO NOTHING;
  SELECT * INTO b FROM rail_budgets WHERE shortcode = p_shortcode FOR UPDATE;
  v_now := clock_timestamp();
  IF b.paused_until > v_now THEN
    RETURN ceil(extract(epoch FROM b.paused_until - v_now) * 1000);
  END IF;
  v_available := least(p_per_second,
    b.available + greatest(0, extract(epoch FROM v_now - b.counted_at)) * p_per_second);
  IF v_available < 1 THEN
    RETURN ceil((1 - v_available) / p_per_second * 1000);
  END IF;
  UPDATE rail_budgets SET available = v_available - 1, counted_at = v_now WHERE shortcode = p_shortcode;
  RETURN 0;
END $$;

CREATE FUNCTION pause_rail(p_shortcode text, p_milliseconds integer) RETURNS void LANGUAGE sql AS $$
  UPDATE rail_budgets SET paused_until = clock_timestamp() + p_milliseconds * interval '1 millisecond'
    WHERE shortcode = p_shortcode
$$;
