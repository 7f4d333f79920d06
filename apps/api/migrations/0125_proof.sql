-- Sats that a holder received twice, or besides a refund.
INSERT INTO ledger_accounts (code, currency, type) VALUES ('sats_receivable', 'MSAT', 'asset');

-- A final order never changes. Only the processing of late evidence goes on: `lateStatusIds` in the body names the status
-- queries that were made after the end.
CREATE OR REPLACE FUNCTION keep_final_orders() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.final AND (NEW.state, NEW.reason, NEW.body - 'lateStatusIds', NEW.mpesa_receipt, NEW.deadline_at, NEW.wake_at)
     IS DISTINCT FROM
     (OLD.state, OLD.reason, OLD.body - 'lateStatusIds', OLD.mpesa_receipt, OLD.deadline_at, OLD.wake_at) THEN
    RAISE EXCEPTION 'order % has ended and cannot change', OLD.id USING ERRCODE = 'SC002';
  END IF;
  RETURN NEW;
END $$;
