/** Strings of the onboarding, the lock screen, and the pages shown when no wallet can be opened. */
export const shellEn = {
  back: "Back",
  erase: "Erase",
  name: "SatsConnect",
  tagline: "Bitcoin and M-Pesa on this phone. The keys are yours.",
  create: "Create a new wallet",
  restore: "I have 12 words",
  restoreTitle: "Enter your 12 words",
  restoreDetail:
    "In order, with a space between them. The phone that had this wallet before will stop.",
  restoreField: "Your words",
  passphrase: "Extra word (passphrase), only if you had one",
  wordsCount: (count: number) => `A wallet has 12 words. These are ${String(count)}.`,
  wordUnknown: (place: number) =>
    `Word ${String(place)} is not one of the 2,048 words. Check its letters.`,
  wordsChecksum: "These words are not a valid set. Check each word and their order.",
  restoreGo: "Restore my wallet",
  pinTitle: "Choose a SatsConnect PIN",
  pinDetail: "Six digits. Not your M-Pesa PIN.",
  pinAgain: "The same PIN again",
  pinDifferent: "The PINs did not match. Choose again.",
  pinEasy: "That PIN is too easy to guess. Choose another.",
  pinAlone:
    "A PIN keeps out anyone who picks up this phone. Someone who copies its storage can try every PIN: your 12 words are what counts.",
  pinBoxes: (filled: number) => `${String(filled)} of 6 digits`,
  sealing: "Locking your wallet. This takes a second.",
  lockTitle: "Enter your SatsConnect PIN",
  lockDetail: "It is not your M-Pesa PIN.",
  pinWrong: (left: number) =>
    left === 1 ? "Wrong PIN. 1 try left." : `Wrong PIN. ${String(left)} tries left.`,
  pinLocked: (time: string) => `Too many wrong PINs. Try again at ${time}.`,
  forgot: "Forgot the PIN? Use the 12 words",
  forgotDetail:
    "Everything on this phone is deleted, then you enter the 12 words. Without them the money is gone.",
  forgotGo: "Delete and use the words",
  checking: "Checking",
  checkingSeal: "Now use your finger, face or screen lock",
  sealRefused:
    "Not unlocked: you did not confirm with your finger, face or screen lock. Enter the PIN again.",
  sealLost:
    "This device no longer gives its key to this app. Only your 12 words can open this wallet.",
  opening: "Opening your wallet.",
  openFailed: "The wallet did not open.",
  openFailedDetail: "Your money is where it was. The phone says:",
  openAgain: "Try again",
  pageComing: "This page is loading.",
  pageLost: "This page could not be loaded.",
  pageLostDetail:
    "It is not on this device yet, and there is no network. Your wallet keeps running.",
  pageBroken: "This page could not be shown.",
  pageBrokenDetail: "Your wallet keeps running, and nothing is lost.",
  noStorage: "This browser does not let this page store anything.",
  noStorageDetail:
    "A wallet created here would be lost when the page is closed. Leave private browsing, or allow this page to store data, and open it again.",
  notKept: "This device could not save it. Free some storage, then try again.",
  heldTitle: "Your wallet is open in another tab.",
  heldDetail: "Only one tab can run it at a time. What you started there continues.",
  takeOver: "Use it here instead",
  authorizeTitle: "Your SatsConnect PIN again",
  authorizeDetail:
    "Together with what you have sent since you last entered it, this is above your limit.",
  languageName: "English",
  advanced: "Advanced",
};

export type ShellWords = typeof shellEn;
