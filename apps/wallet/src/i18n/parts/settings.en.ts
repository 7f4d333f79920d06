/** The words of the pages behind the settings: they come with those pages, not with the first one. */
export const settingsEn = {
  devices: {
    title: "Devices",
    asking: "Asking the operator which devices use this wallet.",
    none: "No device is signed in.",
    noneDetail: "Not even this one, so far. It signs in when it reaches the operator.",
    offline: "No network. The list of devices is at the operator.",
    failed: "The operator did not give the list.",
    again: "Ask again",
    about:
      "Each device that may ask the operator about this wallet. Your money is only on the one that has it open.",
    here: "This device",
    since: (time: string) => `Signed in ${time}`,
    seen: (time: string) => `Last seen ${time}`,
    revokeTitle: "Sign this device out?",
    revokeDetail:
      "The operator refuses its next request, and it stops. Its copy of your words stays on it: if it was stolen and its PIN is known, move your money to a new wallet.",
    revoke: "Hold to sign it out",
    revokeHolding: "Keep holding",
    revokeConfirm: "Confirm: sign it out",
    revokeTap: "Press once more to confirm",
    revoked: (name: string) => `${name} is signed out.`,
    revokeFailed: "It is still signed in. Nothing was changed.",
    revokeUnknown: "The answer did not come. Ask again to see whether it is signed out.",
  },
  leave: {
    title: "Leave SatsConnect",
    asking: "Asking your node.",
    what: "All your money goes to a Bitcoin address of yours.",
    whatDetail:
      "Your channels are closed together with the operator. What is in them comes onto the Bitcoin chain, and from there to your address.",
    howLong: "How long",
    howLongValue: "A few hours. Open the app now and then until it says that all is sent.",
    cost: "What it costs",
    costValue:
      "The Bitcoin network's fees: one transaction for each channel, one to your address. They are taken out of your money. A very small balance may be used up by them.",
    after: "Afterwards",
    afterValue:
      "You can buy and receive here again. A channel opens anew then, and costs its fee again.",
    money: "Your money here",
    moving: "Something is on its way. Wait until it has arrived or come back; then you can leave.",
    nothing: "There is nothing here that could be sent.",
    starting: "Your node is starting. Wait a moment.",
    goOn: "Choose the address",
    addressTitle: "To which Bitcoin address?",
    addressDetail: "One that is yours: in another wallet, or given to you by an exchange for this.",
    field: "Bitcoin address",
    scan: "Scan",
    paste: "Paste",
    use: "Use this address",
    unreadable: "This is not a Bitcoin address.",
    wrongNetwork: "This address belongs to another network than this wallet.",
    onlyLightning: "This is a Lightning code. Leaving needs an address on the Bitcoin chain.",
    seedWords: "These look like secret words. Show them to nobody. An address is needed here.",
    confirmTitle: "Check each letter",
    confirmDetail: "What is sent on the Bitcoin chain cannot be reversed.",
    address: "To",
    all: "Everything",
    lessFees: (amount: string) => `${amount}, less the network's fees`,
    hold: "Hold to leave",
    holding: "Keep holding",
    confirm: "Confirm: leave",
    tap: "Press once more to confirm",
    pinTitle: "Your SatsConnect PIN, once more",
    pinDetail: "All your money leaves this wallet.",
    offline: "The operator cannot be reached. Nothing was begun. Try again, or close alone below.",
    failed: "The channels were not closed.",
    unknown: "The answer did not come. This page shows how far it is.",
    closing: (count: number) =>
      count === 1 ? "One channel is closing." : `${String(count)} channels are closing.`,
    stillOpen: (count: number) =>
      count === 1
        ? "One channel did not close yet."
        : `${String(count)} channels did not close yet.`,
    claiming: "The channels are closed. The money is on its way onto the chain.",
    sending: "The money is on the chain. It goes to your address next.",
    done: "All is sent.",
    doneDetail: "Nothing is left in this wallet. The last transaction is final after six blocks.",
    canClose: "You can leave this page. Open the app now and then: it goes on by itself.",
    onItsWay: "On its way onto the chain",
    sent: "Sent",
    sats: (sats: string) => `${sats} sats`,
    transaction: (place: number) => `Transaction ${String(place)}`,
    askAgain: "Ask the operator again",
    force: "Close without the operator",
    forceTitle: "Close without the operator?",
    forceDetail:
      "Only when the operator does not answer. Your node closes the channels alone. That costs more fees, and the money can be moved only after up to two weeks. Open the app at least once a week until all is sent.",
    forceHold: "Hold to close alone",
    forceConfirm: "Confirm: close alone",
    again: "Leave once more",
  },
  server: {
    nowUsual: "Your operator, the one this app came with",
    nowOther: "Your operator",
    about:
      "The operator opens your channels and speaks to M-Pesa. It cannot take your money, but your money is in channels with it: another operator is another place for money, and begins empty.",
    field: "Another operator's address",
    hint: "https://…",
    check: "Ask this server",
    checking: "Asking the server",
    malformed: "This is not an address. It begins with https:// and has no path.",
    insecure: "Only https is safe here: what is sent to this address could be read and changed.",
    blocked:
      "This page may speak only to its own operator. Open the other operator's own address in the browser, or use the app on a phone.",
    silent:
      "No answer. Check the address and the network; the server must also allow apps from other addresses.",
    notOurs: "Something answers there, but it is not a SatsConnect operator.",
    noNode: "This operator's Lightning node cannot be reached now. Try again later.",
    same: "This is your operator already.",
    found: "A SatsConnect operator answers there.",
    network: "Network",
    node: "Lightning node",
    use: "Hold to change the operator",
    holding: "Keep holding",
    confirm: "Confirm: change",
    tap: "Press once more to confirm",
    useFirst: "Use this operator",
    hasMoney:
      "There is money with your present operator. Send or sell it, or leave to a Bitcoin address first; then you can change.",
    moving: "Something is on its way. Wait until it has arrived or come back.",
    unknown: "Your node is starting. Without it nobody knows whether money is left there.",
    toLeave: "Leave to a Bitcoin address",
    history:
      "Your history stays with your present operator. Come back to its address and you see it again.",
    backToOwn: "Back to the one this app came with",
    pinTitle: "Your SatsConnect PIN, once more",
    pinDetail: "The operator of this wallet changes.",
  },
  advanced: {
    about:
      "You do not need this. It is for those who run their own server, or want a word besides the 12.",
    passphrase: "An extra word (passphrase)",
    passphraseDetail:
      "A word of your own besides the 12. Without it the 12 words open another, empty wallet. Nobody can tell you that it is wrong, and only you have it: write it down too.",
    passphraseSpaces: "It begins or ends with a space. Such a word is written down wrongly.",
    use: "Use this",
  },
  lock: {
    about:
      "When the app has been out of sight or untouched for this long, it asks for the PIN. While you look at it, never before three minutes.",
    pinTitle: "Your SatsConnect PIN, once more",
    pinDetail: "This makes the wallet easier to get into.",
  },
  limit: {
    about:
    about:
      "When the app has been out of sight or untouched for this long, it asks for the PIN. While you look at it, never before three minutes.",
  },
  wipe: {
    about:
      "After wrong PINs you wait, from one minute to four hours. With this on, the tenth wrong PIN deletes every wallet on this phone. Only 12 words on paper bring one back.",
    wordsFirst:
      "Your 12 words are not checked yet. Write them down first, or this can cost your money.",
    turnOn: "Turn on",
    turnOff: "Turn off",
    pinDetail: "You change what ten wrong PINs do.",
  },
  seal: {
    on: "On: this wallet opens with your PIN and your finger, face or screen lock, and not with the PIN alone.",
    off: "Off: the PIN alone protects the 12 words on this device.",
    about:
      "Someone who copies this device's storage can try all PINs. With a key that only your finger, face or screen lock gives out, that is of no use.",
    lost: "If this device is lost or reset, its screen lock removed, or the passkey deleted, nothing but your 12 words brings the wallet back.",
    wordsFirst:
      "Your 12 words are not checked yet. Write them down before there is much money here.",
    none: "This browser or device gives apps no such key. The PIN alone protects the 12 words here: keep little, or use a phone.",
    notHere:
      "At this address the browser gives out no such key; it does at a name with https. The PIN alone protects the 12 words here.",
    turnOn: "Turn on",
    turnOff: "Turn off",
    asking: "Your device asks now.",
    refused: "Your finger, face or screen lock did not confirm. Nothing was changed.",
    unavailable:
      "This device gives out no such key. Nothing was changed: the PIN alone protects the words.",
    done: "Done",
    turnedOn: "From now on the PIN and your finger, face or screen lock open this wallet together.",
    turnedOff: "From now on the PIN alone opens this wallet.",
    offerTitle: "Your finger or face too?",
    offerYes: "Yes, turn it on",
    offerNo: "Not now",
  },
  nodeId: "Node",
  network: "Network",
  channels: "Channels",
  channelsNone: "None yet. Your first payment opens one.",
  peers: "Connected to",
  nodeStatus: "State",
  nodeSynced: (height: string) => `In step with the chain at block ${height}`,
  nodeBehind: (height: string) => `Catching up, at block ${height}`,
  version: "Core",
  peerOperator: "The operator",
  peerOther: "Another node",
  peerHere: "connected",
  peerGone: "not connected",
  peersNone: "Connected to nobody now.",
  channel: {
    capacity: "Size",
    mine: "Yours",
    sendable: "Can go out",
    receivable: "Can come in",
    state: "State",
    usable: "in use",
    waiting: (confirmations: number) =>
      `waiting for the chain: ${String(confirmations)} blocks so far`,
    away: "the other end is away",
    closing: "closing",
    funding: "Opened by",
  },
  chain: {
    title: "On the Bitcoin chain",
    confirmed: "Confirmed",
    pending: "Not confirmed yet",
    claimable: "Out of closed channels, on its way",
  },
  logs: "What it noted",
  logsNone: "Nothing yet.",
  logsAbout:
    "Without words, PINs, amounts and people: long numbers are cut short. It can be shared when you ask for help.",
  logsShare: "Share the notes",
  logsCopied: "Copied.",
  logsFailed: "It could not be shared.",
  offlineNode: "Your node does not answer now.",
  loading: "Asking your node.",
  components: "What the pages are made of",
  componentsDetail: "Every component, in light and dark, in both languages.",
  helpTitle: "Ten fears, ten answers",
  fears: [
    [
      "I lost my phone.",
      "Put your 12 words into SatsConnect on another phone. The lost one is stopped by that, and your money is there within a minute.",
    ],
    [
      "I forgot my PIN.",
      "On the lock page choose “Forgot the PIN” and write your 12 words. The PIN is only for this phone.",
    ],
    [
      "I lost my 12 words.",
      "While this phone works, open Settings, Your 12 words, and write them down now. If the phone is lost too, nobody can help: we do not have them.",
    ],
    [
      "I paid M-Pesa and no sats came.",
      "Open the order. It says where the money is and by when the next step is. If the sats cannot be sent, the shillings go back to your M-Pesa.",
    ],
    [
      "M-Pesa did not pay my sale.",
      "Your sats are only held until M-Pesa has proven that it paid. If it did not, they come back to this phone by themselves.",
    ],
    [
      "It says unknown.",
      "Then nobody knows yet. We ask M-Pesa again and again; nothing is paid twice meanwhile. Do not start another order for the same thing.",
    ],
    [
      "Can SatsConnect take my money?",
      "No. The keys are on this phone. We are the other end of your channel; if we disappear, your phone closes it and the coins come to you on the Bitcoin chain.",
    ],
    [
      "Can I undo a payment?",
      "No. M-Pesa can sometimes reverse a payment; Lightning never can. Check the name and the amount before you hold the button.",
    ],
    [
      "Why must the app be open to receive?",
      "Your phone itself takes the payment in. Keep the app open until you see it arrive.",
    ],
    [
      "Somebody asks for my words or my PIN.",
      "That is a thief. We never ask for them; nor does M-Pesa. Your M-Pesa PIN belongs only in M-Pesa's own request.",
    ],
  ],
};

export type SettingsWords = typeof settingsEn;
