import { failure } from "./failure-code.ts";
import type { FailureCodes } from "./failure-code.ts";

/** packages/contracts: the API client and the backup client, on the caller's side. */
export const clientFailures = {
  network_unreachable: failure("info", "The server cannot be reached.", "unknown"),
  answer_timed_out: failure("info", "The server did not answer in time.", "unknown"),
  answer_malformed: failure("warn", "The server's answer cannot be read.", "unknown"),
  unreachable: failure("warn", "The backup server gave no usable answer.", "varies"),
} as const satisfies FailureCodes;

/** packages/money: parsing and arithmetic. */
export const moneyFailures = {
  amount_malformed: failure("info", "The text is not an amount.", "never"),
  amount_out_of_range: failure("info", "The amount is larger than any that can exist.", "never"),
  currency_not_enabled: failure("info", "The currency is unknown or not switched on.", "never"),
  amount_above_tariff: failure(
    "error",
    "The amount is above the last band of the tariff.",
    "never",
  ),
  rate_malformed: failure("error", "The text is not a price.", "never"),
} as const satisfies FailureCodes;

/** packages/lightning: the node, in the engine and in the wallet. */
export const lightningFailures = {
  node_unavailable: failure("error", "The node is closed, fenced or restarting.", "varies"),
  node_interrupted: failure(
    "error",
    "The node restarted during the call; look at the payment's record before retrying.",
    "unknown",
  ),
  refused: failure("warn", "The node or the other side refused the request.", "varies"),
  state_refused: failure("critical", "The node does not start with its stored state.", "never"),
  store_fenced: failure("critical", "Another process runs this node.", "safe"),
  already_paid: failure("info", "The invoice is already paid or being paid.", "never"),
  idempotency_conflict: failure(
    "error",
    "The idempotency key was used for something else.",
    "never",
  ),
  amount_invalid: failure(
    "info",
    "The amount is missing, or the invoice already states one.",
    "never",
  ),
  amount_mismatch: failure("warn", "The amount is not the agreed one.", "never"),
  payment_not_found: failure("info", "There is no such payment.", "never"),
  payment_not_held: failure("warn", "The payment is not held, or no longer.", "never"),
  preimage_invalid: failure("error", "The preimage does not match the payment hash.", "never"),
  channel_not_found: failure("info", "There is no such open channel.", "never"),
  insufficient_funds: failure(
    "warn",
    "There is not enough money for this amount and its fees.",
    "varies",
  ),
  peer_offline: failure("warn", "The peer is not connected.", "safe"),
  connect_failed: failure("warn", "The connection to the peer failed.", "varies"),
  address_malformed: failure("info", "The address is not valid.", "never"),
  address_unsupported: failure("info", "No transport can reach the address.", "never"),
  lsp_offline: failure("warn", "The LSP is not connected.", "safe"),
  lsp_refused: failure("warn", "The LSP refused or gave an unusable answer.", "safe"),
  lsp_no_terms: failure("warn", "The LSP offers no channel for this amount now.", "safe"),
  fee_too_high: failure("info", "Opening the channel costs more than allowed.", "never"),
  chain_unreachable: failure("warn", "The chain source cannot be reached.", "safe"),
  block_pruned: failure(
    "error",
    "Bitcoin Core has pruned a block that the node needs next.",
    "safe",
  ),
  chain_inconsistent: failure(
    "critical",
    "The chain source follows another chain than this node.",
    "never",
  ),
  broadcast_rejected: failure("error", "The network rejected the transaction.", "never"),
} as const satisfies FailureCodes;

/** packages/wallet: the wallet without screens, its backup and its flows. */
export const walletFailures = {
  wallet_starting: failure("info", "The wallet is still starting; nothing happened.", "safe"),
  wallet_replaced: failure("info", "Another device has taken the wallet over.", "never"),
  backup_replaced: failure("info", "Another device has taken the wallet over.", "never"),
  backup_damaged: failure("critical", "The backup cannot be read.", "never"),
  backup_reachable: failure(
    "info",
    "The backup is reachable or not in use, so there is nothing to go on without.",
    "never",
  ),
  backup_unreachable: failure(
    "warn",
    "Nothing is stored on this device and the backup cannot be reached.",
    "safe",
  ),
  backup_unverified: failure(
    "warn",
    "The backup has not yet said whether another device has the wallet.",
    "safe",
  ),
  operator_changed: failure(
    "critical",
    "The server names another node than the one this wallet's channels are with.",
    "never",
  ),
  operator_offline: failure(
    "warn",
    "The operator's node is not connected; nothing was sent.",
    "safe",
  ),
  operator_unavailable: failure("warn", "The operator's node cannot be reached now.", "safe"),
  operator_unreachable: failure(
    "warn",
    "The operator's node cannot be reached, or no address of it is known.",
    "safe",
  ),
  other_device: failure("info", "Another device has taken the wallet over."),
  other_tab: failure("info", "The wallet runs in another tab."),
  node_stopped: failure("error", "The wallet's node stopped by itself."),
  amount_needed: failure("info", "An amount is needed.", "never"),
  invoice_own: failure("info", "The invoice is this wallet's own.", "never"),
  quote_wrong: failure("error", "The server's quote does not add up; nothing was paid.", "never"),
  sell_invoice_wrong: failure(
    "critical",
    "The operator's invoice does not match the order; nothing was paid.",
    "never",
  ),
  entry_not_found: failure("info", "There is no such entry in the history.", "never"),
  leave_unknown: failure("warn", "Moving the money out was not begun.", "safe"),
  text_unknown: failure("info", "The text is not anything that can be paid.", "never"),
  uri_malformed: failure("info", "The payment link is not valid.", "never"),
  address_wrong_network: failure(
    "info",
    "The address belongs to another Bitcoin network.",
    "never",
  ),
  offer_unsupported: failure("info", "BOLT 12 offers cannot be paid yet.", "never"),
  lnurl_unsupported: failure("info", "LNURLs and Lightning addresses cannot be paid yet.", "never"),
  seed_words: failure("info", "The text looks like a wallet's secret words.", "never"),
  words_count: failure("info", "A mnemonic has 12 or 24 words.", "never"),
  word_unknown: failure("info", "A word is not in the BIP 39 list.", "never"),
  words_checksum: failure("info", "The words have a wrong checksum.", "never"),
} as const satisfies FailureCodes;

/** packages/wallet/src/port: the message port between screens and node. */
export const portFailures = {
  already_open: failure("error", "The wallet is already open."),
  unknown_call: failure("error", "The other side does not have this call."),
  link_over: failure("warn", "The other side of the port is gone."),
  busy: failure("warn", "Too many calls at a time."),
  answer_refused: failure("error", "The answer is not plain data."),
  failed: failure("error", "The call threw an exception."),
  fenced: failure("warn", "Another device or tab has the store."),
  url_refused: failure("error", "The node may not reach this URL."),
  home_falls: failure("error", "The wallet's worker stops again and again."),
} as const satisfies FailureCodes;

/** apps/wallet: the device, its PIN and the choice of an operator. */
export const appFailures = {
  pin_wrong: failure("info", "The PIN opens no wallet.", "safe"),
  pin_locked: failure("info", "Too many wrong PINs; wait.", "safe"),
  vault_exists: failure("info", "There is already a wallet on this device.", "never"),
  seal_lost: failure(
    "error",
    "The device's key store has lost the key that seals the wallet.",
    "never",
  ),
  seal_refused: failure("info", "The device's key store refused, or the person cancelled.", "safe"),
  seal_unavailable: failure("info", "The device has no usable key store.", "never"),
  server_malformed: failure("info", "The operator's address is not a valid URL.", "never"),
  server_insecure: failure("info", "The operator's address must be https.", "never"),
  server_blocked: failure(
    "info",
    "The page's content security policy forbids this address.",
    "never",
  ),
  server_silent: failure("info", "There was no answer at the address.", "safe"),
  server_not_ours: failure("info", "No SatsConnect operator answered at the address.", "never"),
  server_without_node: failure("info", "The operator's node cannot be reached.", "safe"),
} as const satisfies FailureCodes;

/** apps/cli: the wallet in the terminal. */
export const cliFailures = {
  arguments_invalid: failure("info", "The command's arguments are not valid."),
  argument_missing: failure("info", "The command needs another argument."),
  command_unknown: failure("info", "There is no such command."),
  declined: failure("info", "The person declined; nothing was paid."),
  still_moving: failure(
    "info",
    "The payment or order has not ended within the time that was waited.",
  ),
  passphrase_needed: failure("info", "A passphrase is needed to open or seal the seed file."),
  passphrase_wrong: failure("info", "The passphrase is wrong."),
  seed_file_damaged: failure("error", "The seed file cannot be read."),
  system_not_running: failure("info", "No local system is running."),
  wallet_busy: failure("info", "Another process uses this wallet."),
  wallet_exists: failure("info", "There is already a wallet of this name."),
  wallet_name_invalid: failure("info", "A wallet's name consists of letters, digits, - and _."),
} as const satisfies FailureCodes;
