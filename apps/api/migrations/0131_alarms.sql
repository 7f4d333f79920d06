-- What M-Pesa's answers say about the operator's own account, such as a locked initiator; one row for each until a payout
-- succeeds again. Any process may see it, so it is here.
CREATE TABLE rail_faults (
  code text PRIMARY KEY,
  since timestamptz NOT NULL,
  last_at timestamptz NOT NULL
);

-- The recent need for float is read from the sells of a day, however many there have been before.
CREATE INDEX orders_claimed_sells ON orders (created_at) INCLUDE (amount_kes_cents)
  WHERE kind = 'sell' AND state = 'claimed';
