-- Indexes for the operator's search. No search reads all orders.

CREATE INDEX orders_opened ON orders (created_at DESC, id DESC);
CREATE INDEX orders_amount ON orders (amount_kes_cents, created_at DESC, id DESC);
CREATE INDEX orders_phone ON orders ((body ->> 'msisdn'), created_at DESC);

-- The recipient's name, word by word.
CREATE FUNCTION order_name_words(body jsonb) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT to_tsvector('simple'::regconfig, coalesce(body #>> '{terms,recipientName}', ''))
$$;
CREATE INDEX orders_name ON orders USING gin (order_name_words(body));

-- M-Pesa's ConversationIDs of payouts, refunds and reversals, and of status queries.
CREATE FUNCTION order_conversation_ids(body jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT jsonb_path_query_array(body, '$.**.conversationIds[*]')
      || jsonb_path_query_array(body, '$.**.statusConversationIds[*]')
$$;
CREATE INDEX orders_conversations ON orders USING gin (order_conversation_ids(body));

-- Identifiers and numbers in evidence, also those that no order has accepted: a receipt that only a callback names. And
-- the words of names that M-Pesa states.
CREATE FUNCTION evidence_words(body text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT array(
    SELECT m[1] FROM regexp_matches(upper(body), '([A-Z0-9_.-]{8,64})', 'g') m
    UNION
    SELECT word FROM regexp_matches(upper(body), '"(?:[A-Z]*PARTY[A-Z]*NAME)"\s*,\s*"VALUE"\s*:\s*"([^"]{1,200})"', 'g') m,
      regexp_split_to_table(m[1], '[^[:alpha:]]+') word
      WHERE length(word) >= 3
  )
$$;
CREATE INDEX evidence_search ON evidence USING gin (evidence_words(body));

CREATE INDEX order_events_order ON order_events (order_id);
CREATE INDEX cases_opened ON cases (opened_at, id);
CREATE INDEX cases_order ON cases (order_id);
