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
  satsctl whoami                  who your certificate says you are

  --json           print the answer as JSON
  --limit N        how many rows
  --api URL --cert FILE --key FILE --ca FILE   the api and your certificate (or SATSCTL_API, SATSCTL_CERT,
                   SATSCTL_KEY, SATSCTL_CA; default: the system started by \`npm start\`)
  --home FOLDER    state folder of \`npm start\` (default: .satsconnect)

Exit codes: 0 ok, 1 failed, 2 wrong input.
`;
