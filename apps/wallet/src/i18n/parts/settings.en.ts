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
      "It can no longer ask the operator anything for this wallet, and stops with the next question. Its own copy of the words stays on it: if it was stolen and its PIN is known, move your money to a new wallet.",
    revoke: "Hold to sign it out",
    revokeHolding: "Keep holding",
    revokeConfirm: "Confirm: sign it out",
    revokeTap: "Press once more to confirm",
    revoked: (name: string) => `${name} is signed out.`,
    revokeFailed: "It is still signed in. Nothing was changed.",
    revokeUnknown: "The answer did not come. Ask again to see whether it is signed out.",
  },
  nodeId: "Node",
  network: "Network",
  channels: "Channels",
  channelsNone: "None yet. Your first payment opens one.",
  peers: "Connected to",
  height: "Last block",
  loading: "Asking your node.",
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
      "No. Lightning payments cannot be reversed, as M-Pesa's can sometimes be. Check the name and the amount before you hold the button.",
    ],
    [
      "Why must the app be open to receive?",
      "Your phone itself takes the payment in. Keep the app open until you see it arrive.",
    ],
    [
      "Somebody asks for my words or my PIN.",
      "He is a thief. We never ask for them; nor does M-Pesa. Your M-Pesa PIN belongs only into M-Pesa's own prompt.",
    ],
  ],
};

export type SettingsWords = typeof settingsEn;
