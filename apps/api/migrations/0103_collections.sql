-- Prompts pay into one shortcode, payouts leave another: what came in cannot be paid out before a person moves it.
INSERT INTO ledger_accounts (code, currency, type) VALUES ('mpesa_collections', 'KES', 'asset');
