export const help = `satsctl: the operator's command line. It speaks to the api's admin listener with your certificate.

  satsctl find <text>             find orders by receipt, phone, name, payment hash, invoice, CheckoutRequestID,
                                  ConversationID, wallet or order; --as KEY if it is taken for something else
  satsctl find --kes N --from T --to T   “I paid and have nothing”: by amount and time (Nairobi)
  satsctl cases                   what a person has to look at, oldest first; --all with resolved ones
  satsctl order <id>              everything that is known of an order, and what may be done; --raw with evidence
  satsctl act <order> <act> [name=value …] --reason "…"
                                  act on it; shows what is booked and asks (--yes: does not ask)
  satsctl acts [<id>]             acts and what became of them; --status waiting, --order ID
  satsctl approve <act>           where to approve it: an approval is a passkey's signature, made in the console
  satsctl decline <act> --reason "…"     decline it, or withdraw your own
  satsctl log                     the log of all acts, newest first
  satsctl log verify              check the whole log: hashes and signatures; --head N:HASH from the last time
  satsctl switches                what is stopped or changed without a deploy, and every switch; changes: the history
  satsctl switches set NAME [SUBJECT] VALUE --reason "…"    stop_buys on, stop_phone 0712345678 on,
                                  stop_rail mpesa_b2c on, spread_parts_per_million 20000 …
  satsctl switches clear NAME [SUBJECT] --reason "…"        back to what is configured
  satsctl alarms                  what a person must look at now
  satsctl operators               who may act, and with which passkeys
  satsctl operators add NAME --reason "…"      a one-time link to register a passkey; anew, if one was lost
  satsctl operators disable NAME --reason "…"  end an operator's sessions, passkeys and certificates at once
  satsctl books                   balances, comparisons with M-Pesa and the node, and what is open
  satsctl books book <type> [name=value …] --reference R --reason "…"
                                  capital_in|capital_out|loss place=P kes=N; move|bank_transfer from=P to=P kes=N;
                                  top_up place=P from=bank_kes|capital_kes kes=N; mpesa_charge place=P kes=N;
                                  mpesa_bill|tax_paid from=P kes=N; bitcoin_in|bitcoin_out|bitcoin_loss sat=N
                                  R: M-Pesa's receipt, so that the statement finds it, or the bank's reference
  satsctl books list              bookings of operators, newest first
  satsctl books lines             lines of M-Pesa's statement; --state unmatched
  satsctl books cases             money that no order has; --all with resolved ones
  satsctl books tie <line> <reference> --reason "…"   ties an unmatched line to a booking
  satsctl books resolve <case> --reason "…"           resolves a case that no booking can resolve
  satsctl books figures --from DAY --to DAY           income, fees, taxes by day, and the exposure now
  satsctl statement import FILE --shortcode N --account utility|working|charges
                                  imports a statement of M-Pesa's organisation portal (CSV)
  satsctl close <day>             shows the day's trial balance and closes it; --despite "…" if something is open
  satsctl whoami                  who your certificate says you are

  --json           print the answer as JSON
  --limit N        how many rows
  --api URL --cert FILE --key FILE --ca FILE   the api and your certificate (or SATSCTL_API, SATSCTL_CERT,
                   SATSCTL_KEY, SATSCTL_CA; default: the system started by \`npm start\`)
  --home FOLDER    state folder of \`npm start\` (default: .satsconnect)

Exit codes: 0 ok, 1 failed, 2 wrong input.
`;
