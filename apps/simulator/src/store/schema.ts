/** One entry per schema version, applied in order. Released entries must not be changed. Times are in ms, UTC. */
export const migrations: readonly string[] = [
  `
  CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;

  CREATE TABLE customer (
    msisdn TEXT PRIMARY KEY,
    first_name TEXT NOT NULL,
    middle_name TEXT NOT NULL,
    last_name TEXT NOT NULL,
    pin TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('registered', 'unregistered', 'frozen')),
    reachable INTEGER NOT NULL,
    language TEXT NOT NULL CHECK (language IN ('en', 'sw')),
    wrong_pins INTEGER NOT NULL DEFAULT 0,
    pin_locked INTEGER NOT NULL DEFAULT 0
  ) STRICT;

  CREATE TABLE shortcode (
    shortcode TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('paybill', 'till')),
    status TEXT NOT NULL CHECK (status IN ('active', 'inactive')),
    pays_out INTEGER NOT NULL,
    initiator_locked INTEGER NOT NULL DEFAULT 0
  ) STRICT;

  CREATE TABLE account (
    id TEXT PRIMARY KEY,
    balance_cents INTEGER NOT NULL,
    may_owe INTEGER NOT NULL,
    CHECK (may_owe = 1 OR balance_cents >= 0)
  ) STRICT;

  CREATE TABLE payment (
    receipt TEXT PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('pay_bill', 'payout', 'send', 'reversal', 'opening')),
    status TEXT NOT NULL CHECK (status IN ('completed', 'declined')),
    result_code TEXT NOT NULL,
    amount_cents INTEGER NOT NULL CHECK (amount_cents > 0),
    fee_cents INTEGER NOT NULL CHECK (fee_cents >= 0),
    debit_account TEXT NOT NULL,
    credit_account TEXT NOT NULL,
    reference TEXT NOT NULL,
    conversation_id TEXT,
    originator_conversation_id TEXT,
    initiated_at INTEGER NOT NULL,
    finalised_at INTEGER NOT NULL,
    reversed_by TEXT
  ) STRICT;
  CREATE INDEX payment_debit ON payment (debit_account, finalised_at);
  CREATE INDEX payment_credit ON payment (credit_account, finalised_at);

  CREATE TABLE entry (
    id INTEGER PRIMARY KEY,
    receipt TEXT NOT NULL REFERENCES payment (receipt),
    account TEXT NOT NULL REFERENCES account (id),
    cents INTEGER NOT NULL CHECK (cents <> 0),
    balance_after_cents INTEGER NOT NULL,
    detail TEXT NOT NULL,
    at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX entry_account ON entry (account, id);

  CREATE TABLE message (
    id INTEGER PRIMARY KEY,
    msisdn TEXT NOT NULL,
    receipt TEXT,
    body TEXT NOT NULL,
    at INTEGER NOT NULL,
    read INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE INDEX message_msisdn ON message (msisdn, id);

  CREATE TABLE token (
    token TEXT PRIMARY KEY,
    consumer_key TEXT NOT NULL,
    expires_at INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE stk_push (
    checkout_request_id TEXT PRIMARY KEY,
    merchant_request_id TEXT NOT NULL,
    shortcode TEXT NOT NULL,
    party_b TEXT NOT NULL,
    prompted TEXT NOT NULL,
    amount_cents INTEGER NOT NULL,
    reference TEXT NOT NULL,
    description TEXT NOT NULL,
    callback_url TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('accepted', 'prompting', 'closed')),
    plan TEXT NOT NULL,
    result_code TEXT,
    receipt TEXT,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    closed_at INTEGER
  ) STRICT;
  CREATE INDEX stk_push_prompted ON stk_push (prompted, state);
  CREATE INDEX stk_push_created ON stk_push (created_at);

  CREATE TABLE payout (
    conversation_id TEXT PRIMARY KEY,
    originator_conversation_id TEXT NOT NULL UNIQUE,
    version TEXT NOT NULL CHECK (version IN ('v1', 'v3')),
    command TEXT NOT NULL,
    shortcode TEXT NOT NULL,
    recipient TEXT NOT NULL,
    amount_cents INTEGER NOT NULL,
    remarks TEXT NOT NULL,
    occasion TEXT NOT NULL,
    result_url TEXT NOT NULL,
    timeout_url TEXT NOT NULL,
    initiator_ok INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('accepted', 'closed')),
    plan TEXT NOT NULL,
    result_code TEXT,
    receipt TEXT,
    created_at INTEGER NOT NULL,
    closed_at INTEGER
  ) STRICT;
  CREATE INDEX payout_created ON payout (created_at);

  CREATE TABLE inquiry (
    conversation_id TEXT PRIMARY KEY,
    originator_conversation_id TEXT NOT NULL UNIQUE,
    api TEXT NOT NULL CHECK (api IN ('transaction_status', 'account_balance', 'reversal')),
    shortcode TEXT NOT NULL,
    request TEXT NOT NULL,
    result_url TEXT NOT NULL,
    timeout_url TEXT NOT NULL,
    initiator_ok INTEGER NOT NULL,
    plan TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    answered_at INTEGER
  ) STRICT;

  CREATE TABLE work (
    id INTEGER PRIMARY KEY,
    due_at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL
  ) STRICT;
  CREATE INDEX work_due ON work (due_at, id);

  CREATE TABLE delivery (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    shortcode TEXT NOT NULL,
    url TEXT NOT NULL,
    body TEXT NOT NULL,
    note TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'sending', 'answered', 'unanswered', 'withheld')),
    attempts INTEGER NOT NULL DEFAULT 0,
    answer_status INTEGER,
    answer TEXT,
    created_at INTEGER NOT NULL,
    sent_at INTEGER,
    ended_at INTEGER
  ) STRICT;
  CREATE INDEX delivery_subject ON delivery (subject);

  CREATE TABLE fault (
    id INTEGER PRIMARY KEY,
    api TEXT NOT NULL,
    kind TEXT NOT NULL,
    parameters TEXT NOT NULL,
    msisdn TEXT,
    remaining INTEGER CHECK (remaining IS NULL OR remaining > 0),
    used INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE request_log (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    api TEXT NOT NULL,
    method TEXT NOT NULL,
    path TEXT NOT NULL,
    request TEXT NOT NULL,
    status INTEGER,
    response TEXT NOT NULL,
    fault TEXT NOT NULL
  ) STRICT;

  CREATE TABLE price_switch (
    source TEXT PRIMARY KEY,
    behaviour TEXT NOT NULL CHECK (behaviour IN ('stale', 'outlier', 'down', 'malformed')),
    since INTEGER NOT NULL
  ) STRICT;
  `,
  `
  CREATE TABLE price_switch_with_all_behaviours (
    source TEXT PRIMARY KEY,
    behaviour TEXT NOT NULL
      CHECK (behaviour IN ('stale', 'frozen', 'outlier', 'jumped', 'down', 'malformed')),
    since INTEGER NOT NULL
  ) STRICT;
  INSERT INTO price_switch_with_all_behaviours SELECT * FROM price_switch;
  DROP TABLE price_switch;
  ALTER TABLE price_switch_with_all_behaviours RENAME TO price_switch;
  `,
];
