export const help = `A SatsConnect wallet in the terminal. Its keys are stored in the state folder and nowhere else.

  npm run wallet -- <command> [options]

  create                      create a wallet with 12 new words and its own Lightning node
  restore                     restore a wallet from its 12 words (asked for, or --words "…")
  balance                     show what is spendable, receivable and pending
  buy <KES> --phone N         buy sats with M-Pesa; with --sat the amount is in sats
  sell <KES> --phone N        sell sats to the M-Pesa number N; with --sat the amount is in sats
  send <invoice>              pay a Lightning invoice; --amount SAT if it has no amount
  receive <SAT>               create an invoice and wait for its payment; --note "…"
  history                     list payments and orders, newest first; --limit N
  price <order>               show the new price of a buy that was not delivered; --accept takes it
  limits                      show what this wallet may still buy and sell
  prove <code> --phone N      prove a number with the code of an M-Pesa prompt
  info                        show the node, its channels and its operator
  resume                      wait for open orders (every command resumes interrupted ones)

  --wallet NAME    name of the wallet (default: main)
  --home FOLDER    state folder (default: .satsconnect)
  --api URL        operator's API (default: the system started by \`npm start\`)
  --esplora URLS   Esplora servers of others than the operator, separated by commas (or SATSCONNECT_ESPLORA_URLS)
  --watchtower K@URL  watchtower of another party than the operator (or SATSCONNECT_WATCHTOWER)
  --no-passphrase  create, restore: do not encrypt the seed file
  --wait SECONDS   how long to wait for the outcome (0: do not wait)
  --yes            pay without asking for confirmation
  --json           print one JSON object per line, for programs

The passphrase is read from SATSCONNECT_PASSPHRASE, or asked for.
Exit codes: 0 ok, 1 failed, 2 wrong input.
`;
