-- M-Pesa's ConversationIDs of refunds and reversals in the case files, for the operator's search.
CREATE INDEX orders_case_conversations ON orders USING gin (order_conversation_ids(case_file))
  WHERE case_file IS NOT NULL;
