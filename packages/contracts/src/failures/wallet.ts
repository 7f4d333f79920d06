import { failure } from "./failure-code.ts";
import type { FailureCodes } from "./failure-code.ts";

/** packages/contracts: failures that the API client and the backup client report themselves. */
export const clientFailures = {
  network_unreachable: failure("info", "The server cannot be reached.", "unknown"),
  answer_timed_out: failure("info", "The server did not answer in time.", "unknown"),
  answer_malformed: failure("warn", "The server's answer cannot be read.", "unknown"),
  unreachable: failure("warn", "The backup server gave no usable answer.", "varies"),
} as const satisfies FailureCodes;

/** packages/money: parsing and arithmetic. */
export const moneyFailures = {
  amount_malformed: failure("info", "The text is not an amount.", "never"),
  amount_out_of_range: failure("info", "The amount is larger than the maximum.", "never"),
  currency_not_enabled: failure("info", "The currency is unknown or not enabled.", "never"),
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
    "The node restarted during the call; check the payment's or channel's record before retrying.",
    "unknown",
  ),
  refused: failure("warn", "The node or the other side refused the request.", "varies"),
  state_refused: failure("critical", "The node cannot start from its stored state.", "never"),
  store_fenced: failure("critical", "Another process runs this node.", "safe"),
  already_paid: failure("info", "The invoice is already paid or being paid.", "never"),
  idempotency_conflict: failure("error", "The idempotency key was used with other terms.", "never"),
  amount_invalid: failure("info", "The amount is missing, or differs from the invoice's.", "never"),
  amount_mismatch: failure(
    "warn",
    "The amount differs from the invoice's or the order's.",
    "never",
  ),
  payment_not_found: failure("info", "There is no such payment.", "never"),
  payment_not_held: failure("warn", "The payment is not, or no longer, held.", "never"),
  preimage_invalid: failure("error", "The preimage does not match the payment hash.", "never"),
  channel_not_found: failure("info", "There is no such open channel.", "never"),
  insufficient_funds: failure(
    "warn",
    "There is not enough money for this amount and its fees.",
    "varies",
  ),
  transaction_not_found: failure(
    "info",
    "The on-chain wallet has no such transaction, or it was replaced.",
    "never",
  ),
  transaction_not_bumpable: failure(
    "info",
    "The transaction is confirmed, or is not ours to bump.",
    "never",
  ),
  peer_offline: failure("warn", "The peer is not connected.", "safe"),
  connect_failed: failure("warn", "The connection to the peer failed.", "varies"),
  address_malformed: failure("info", "The address is not valid.", "never"),
  address_unsupported: failure("info", "No transport can reach the address.", "never"),
  lsp_offline: failure("warn", "The LSP is not connected.", "safe"),
  lsp_refused: failure("warn", "The LSP refused or gave an unusable answer.", "safe"),
  lsp_no_terms: failure("warn", "The LSP offers no channel for this amount now.", "safe"),
  fee_too_high: failure("info", "The fee is higher than allowed; nothing was done.", "varies"),
  chain_unreachable: failure("warn", "The chain source cannot be reached.", "safe"),
  block_pruned: failure(
    "error",
    "Bitcoin Core has pruned a block that the node needs next.",
    "safe",
  ),
  chain_inconsistent: failure(
    "critical",
    "The chain source contradicts itself or follows another chain than this node.",
    "varies",
  ),
  chain_header_invalid: failure(
    "critical",
    "The chain source's block breaks Bitcoin's rules. The source lies, or this device's clock is wrong.",
    "safe",
  ),
  chain_behind: failure(
    "warn",
    "The chain source's chain has less work than the one this node knows.",
    "safe",
  ),
  broadcast_rejected: failure("error", "The network rejected the transaction.", "never"),
} as const satisfies FailureCodes;

/** packages/wallet: the wallet without screens, its payments and its backup. */
export const walletFailures = {
  wallet_starting: failure("info", "The wallet is still starting; nothing happened.", "safe"),
  wallet_unavailable: failure(
    "error",
    "The wallet's worker crashed or was closed during the call.",
    "varies",
  ),
  wallet_closed: failure("info", "The wallet is closed.", "never"),
  not_replaced: failure("info", "The wallet already runs on this page.", "never"),
  wallet_replaced: failure("info", "Another device has taken over the wallet.", "never"),
  backup_replaced: failure("info", "Another device has taken over the wallet.", "never"),
  backup_damaged: failure("critical", "The backup cannot be read.", "never"),
  backup_reachable: failure(
    "info",
    "The backup can be reached or is not in use, so nothing waits for it.",
    "never",
  ),
  backup_withheld: failure(
    "critical",
    "The operator says that there is no backup of the wallet, but the watchtower knows one.",
    "safe",
  ),
  backup_unreachable: failure(
    "warn",
    "Nothing is stored on this device and the backup cannot be reached.",
    "safe",
  ),
  backup_unverified: failure(
    "warn",
    "The backup server has not yet confirmed that no other device has the wallet.",
    "safe",
  ),
  restore_unconfirmed: failure(
    "warn",
    "The operator's node has not confirmed that the restored state is the newest, so closing by force needs the person's consent.",
    "safe",
  ),
  backup_not_writer: failure(
    "warn",
    "This device knows that it does not have the wallet's newest state, so it may not close channels by force.",
    "never",
  ),
  operator_changed: failure(
    "critical",
    "The server reports a different node from the one this wallet has its channels with.",
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
    "The operator's node cannot be reached, or has no address that this device supports.",
    "safe",
  ),
  other_device: failure("info", "Another device has taken over the wallet."),
  other_tab: failure("info", "The wallet runs in another tab."),
  node_stopped: failure("error", "The wallet's node stopped by itself."),
  node_restarts: failure("error", "The wallet's node keeps restarting."),
  home_failed: failure("error", "The wallet's worker could not start the wallet."),
  amount_needed: failure("info", "An amount is needed.", "never"),
  invoice_own: failure("info", "The invoice is this wallet's own.", "never"),
  quote_wrong: failure("error", "The server's quote does not add up; nothing was paid.", "never"),
  sell_invoice_wrong: failure(
    "critical",
    "The operator's invoice does not match the order; nothing was paid.",
    "never",
  ),
  entry_not_found: failure("info", "There is no such entry in the history.", "never"),
  leave_unknown: failure("warn", "Closing the channels has not started.", "safe"),
  text_unknown: failure(
    "info",
    "The text is not an invoice, an address or a payment link.",
    "never",
  ),
  text_ambiguous: failure("info", "The text has more than one code that can be paid.", "never"),
  uri_malformed: failure("info", "The payment link is not valid.", "never"),
  address_wrong_network: failure(
    "info",
    "The address belongs to another Bitcoin network.",
    "never",
  ),
  offer_unsupported: failure("info", "BOLT 12 offers cannot be paid yet.", "never"),
  lnurl_unsupported: failure("info", "LNURLs and Lightning addresses cannot be paid yet.", "never"),
  seed_words: failure("info", "The text looks like a wallet's recovery phrase.", "never"),
  words_count: failure("info", "A mnemonic has 12 or 24 words.", "never"),
  word_unknown: failure("info", "A word is not in the BIP 39 list.", "never"),
  words_checksum: failure("info", "The checksum of the words does not match.", "never"),
} as const satisfies FailureCodes;

/** packages/wallet/src/port: the message port between screens and node. */
export const portFailures = {
  already_open: failure("error", "The wallet is already open."),
  unknown_call: failure("error", "The other side does not have this call."),
  link_over: failure("warn", "The other side of the port has closed."),
  busy: failure("warn", "Too many calls are running at the same time."),
  answer_refused: failure("error", "The answer is not plain data."),
  failed: failure("error", "The call threw an exception."),
  fenced: failure("warn", "Another process has taken over the store."),
  url_refused: failure("error", "The worker may not access this URL."),
  home_falls: failure(
    "error",
    "The wallet's worker has crashed several times in a row and is being restarted.",
  ),
} as const satisfies FailureCodes;

/** apps/wallet: the device, its PIN and the choice of an operator. */
export const appFailures = {
  pin_wrong: failure("info", "The PIN opens no wallet.", "safe"),
  pin_locked: failure("info", "Too many wrong PINs; wait before the next attempt.", "safe"),
  vault_exists: failure("info", "There is already a wallet on this device.", "never"),
  seal_lost: failure(
    "error",
    "The device's key store has lost the key that encrypts the wallet.",
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
  server_silent: failure("info", "No server answered at the address.", "safe"),
  server_not_ours: failure("info", "No SatsConnect operator answered at the address.", "never"),
  server_without_node: failure("info", "The operator's node cannot be reached.", "safe"),
} as const satisfies FailureCodes;

/** apps/cli: the wallet in the terminal, and satsctl. */
export const cliFailures = {
  arguments_invalid: failure("info", "The command's arguments are not valid."),
  argument_missing: failure("info", "The command needs another argument."),
  command_unknown: failure("info", "There is no such command."),
  confirmation_needed: failure("info", "The act needs a confirmation: --yes, or a terminal."),
  declined: failure("info", "The person declined; nothing was paid or changed."),
  log_not_intact: failure(
    "critical",
    "The log of operators' acts was changed, or an approval in it is not valid.",
  ),
  still_moving: failure(
    "info",
    "The payment or order did not finish within the time given by --wait.",
  ),
  passphrase_needed: failure("info", "A passphrase is needed to decrypt or encrypt the seed file."),
  passphrase_wrong: failure("info", "The passphrase is wrong."),
  seed_file_damaged: failure("error", "The seed file cannot be read."),
  system_not_running: failure("info", "No local system is running."),
  wallet_busy: failure("info", "Another process uses this wallet."),
  wallet_exists: failure("info", "A wallet with this name already exists."),
  wallet_name_invalid: failure("info", "A wallet's name consists of letters, digits, - and _."),
} as const satisfies FailureCodes;
