export const help = `A SatsConnect wallet in the terminal. Its keys live in this folder and nowhere else.

  npm run wallet -- <command> [options]

  create                      make a wallet: 12 words, a node of its own
  restore                     make a wallet from 12 words (asked for, or --words "…")
  balance                     what is spendable, receivable and on its way
  buy <KES> --phone N         buy sats with M-Pesa; --sat: the amount is in sats
  sell <KES> --phone N        sell sats; the shillings go to the M-Pesa number N; --sat as above
  send <invoice>              pay a Lightning invoice; --amount SAT where it names none
  receive <SAT>               make an invoice and wait for the payment; --note "…"
  history                     everything that happened, newest first; --limit N
  info                        the node, its channels, its operator
  resume                      go on with orders that were interrupted (every command does this too)

  --wallet NAME    which wallet (default: main)
  --home FOLDER    the state folder (default: .satsconnect)
  --api URL        the operator's API (default: the system that \`npm start\` runs)
  --no-passphrase  create, restore: keep the seed file unsealed
  --wait SECONDS   how long to wait for the end (0: not at all)
  --yes            do not ask before paying
  --json           one JSON object a line, for programs

The passphrase is asked for, or taken from SATSCONNECT_PASSPHRASE.
Exit codes: 0 it worked, 1 it did not, 2 what was typed is wrong.
`;
