/** The words around the money: the first minute, the lock, the words, settings, help. */
export const shellEn = {
  back: "Back",
  erase: "Erase",
  name: "SatsConnect",
  tagline: "Bitcoin and M-Pesa on this phone. The keys are yours.",
  create: "Make a new wallet",
  restore: "I have 12 words",
  restoreTitle: "Write your 12 words",
  restoreDetail:
    "In their order, with a space between. The phone that had this wallet before is stopped.",
  restoreField: "Your words",
  passphrase: "Extra word (passphrase), only if you had one",
  wordsCount: (count: number) => `A wallet has 12 words. These are ${String(count)}.`,
  wordUnknown: (place: number) =>
    `Word ${String(place)} is not one of the 2,048 words. Check its letters.`,
  wordsChecksum: "These words do not belong together. Check their order and each word.",
  restoreGo: "Bring my wallet back",
  pinTitle: "Choose a SatsConnect PIN",
  pinDetail: "Six digits. Not your M-Pesa PIN.",
  pinAgain: "The same PIN again",
  pinDifferent: "That was another PIN. Choose again.",
  pinEasy: "That PIN is too easy to guess. Choose another.",
  pinAlone:
    "A PIN keeps out whoever picks up this phone. Someone who copies its storage can try all PINs: what counts is your 12 words.",
  pinBoxes: (filled: number) => `${String(filled)} of 6 digits`,
  sealing: "Locking your wallet. This takes a second.",
  lockTitle: "Enter your SatsConnect PIN",
  lockDetail: "It is not your M-Pesa PIN.",
  pinWrong: (left: number) =>
    left === 1 ? "Wrong PIN. 1 try left." : `Wrong PIN. ${String(left)} tries left.`,
  pinLocked: (time: string) => `Too many wrong PINs. Try again at ${time}.`,
  forgot: "Forgot the PIN? Use the 12 words",
  forgotDetail:
    "Everything on this phone is deleted, then you write the 12 words. Without them the money is gone.",
  forgotGo: "Delete and use the words",
  checking: "Checking",
  checkingSeal: "Now your finger, face or screen lock",
  sealRefused:
    "Not unlocked: your finger, face or screen lock did not confirm. Enter the PIN again.",
  sealLost: "This device no longer gives its key to this app. Only your 12 words open this wallet.",
  opening: "Opening your wallet.",
  openFailed: "The wallet did not open.",
  openFailedDetail: "Your money is where it was. The phone says:",
  openAgain: "Try again",
  pageComing: "This page is being fetched.",
  pageLost: "This page could not be fetched.",
  pageLostDetail: "It was not on this device yet, and there is no network. Your wallet goes on.",
  pageBroken: "This page could not be drawn.",
  pageBrokenDetail: "Your wallet goes on, and nothing is lost.",
  noStorage: "This browser keeps nothing for this page.",
  noStorageDetail:
    "A wallet made here would be gone with it. Leave private browsing, or allow this page to store data, and open it again.",
  notKept: "This device could not keep it. Free some storage, then try again.",
  heldTitle: "Your wallet is open in another tab.",
  heldDetail: "Only one tab can run it at a time. What you began there goes on.",
  takeOver: "Use it here instead",
  authorizeTitle: "Your SatsConnect PIN, once more",
  authorizeDetail: "With what has left since your last PIN, this is above your limit.",
  languageName: "English",
  advanced: "Advanced",
};

export type ShellWords = typeof shellEn;
