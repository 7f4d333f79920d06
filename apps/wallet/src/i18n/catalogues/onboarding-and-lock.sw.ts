import type { ShellWords } from "./onboarding-and-lock.en.ts";

/** `shellEn` in Swahili, as it is written in Kenya. */
export const shellSw: ShellWords = {
  back: "Rudi",
  erase: "Futa",
  name: "SatsConnect",
  tagline: "Bitcoin na M-Pesa kwenye simu hii. Funguo ni zako.",
  create: "Tengeneza pochi mpya",
  restore: "Nina maneno 12",
  restoreTitle: "Weka maneno yako 12",
  restoreDetail:
    "Kwa mpangilio wake, ukiacha nafasi kati. Simu iliyokuwa na pochi hii itasimamishwa.",
  restoreField: "Maneno yako",
  passphrase: "Neno la ziada (passphrase), kama ulikuwa nalo",
  wordsCount: (count) => `Pochi ina maneno 12. Haya ni ${String(count)}.`,
  wordUnknown: (place) =>
    `Neno la ${String(place)} halimo katika maneno 2,048. Angalia herufi zake.`,
  wordsChecksum: "Maneno haya si seti sahihi. Angalia mpangilio na kila neno.",
  restoreGo: "Rudisha pochi yangu",
  pinTitle: "Chagua PIN ya SatsConnect",
  pinDetail: "Tarakimu sita. Si PIN yako ya M-Pesa.",
  pinAgain: "PIN ile ile tena",
  pinDifferent: "PIN hazilingani. Chagua tena.",
  pinEasy: "PIN hiyo ni rahisi kukisia. Chagua nyingine.",
  pinAlone:
    "PIN inamzuia mtu anayeokota simu hii. Anayenakili hifadhi yake anaweza kujaribu PIN zote: muhimu ni maneno yako 12.",
  pinBoxes: (filled) => `Tarakimu ${String(filled)} kati ya 6`,
  sealing: "Tunafunga pochi yako. Sekunde moja.",
  lockTitle: "Weka PIN ya SatsConnect",
  lockDetail: "Si PIN yako ya M-Pesa.",
  pinWrong: (left) =>
    left === 1
      ? "PIN si sahihi. Umebaki na jaribio 1."
      : `PIN si sahihi. Umebaki na majaribio ${String(left)}.`,
  pinLocked: (time) => `PIN zisizo sahihi ni nyingi mno. Jaribu tena saa ${time}.`,
  forgot: "Umesahau PIN? Tumia maneno 12",
  forgotDetail:
    "Kila kitu kwenye simu hii kinafutwa, kisha unaweka maneno 12. Bila hayo pesa inapotea.",
  forgotGo: "Futa na utumie maneno",
  checking: "Tunaangalia",
  checkingSeal: "Sasa kidole, uso au kufuli la skrini",
  sealRefused: "Haijafunguka: hukuthibitisha kwa kidole, uso au kufuli la skrini. Weka PIN tena.",
  sealLost:
    "Kifaa hiki hakitoi tena ufunguo wake kwa app hii. Ni maneno yako 12 tu yanayofungua pochi hii.",
  opening: "Tunafungua pochi yako.",
  openFailed: "Pochi haikufunguka.",
  openFailedDetail: "Pesa yako iko pale ilipokuwa. Simu inasema hivi:",
  openAgain: "Jaribu tena",
  pageComing: "Ukurasa huu unapakiwa.",
  pageLost: "Ukurasa huu haukupatikana.",
  pageLostDetail: "Bado haukuwa kwenye kifaa hiki, na hakuna mtandao. Pochi yako inaendelea.",
  pageBroken: "Ukurasa huu haukuweza kuonyeshwa.",
  pageBrokenDetail: "Pochi yako inaendelea, na hakuna kilichopotea.",
  noStorage: "Kivinjari hiki hakihifadhi kitu kwa ukurasa huu.",
  noStorageDetail:
    "Pochi iliyotengenezwa hapa ingepotea nao. Toka kwenye hali ya faragha, au ruhusu ukurasa huu kuhifadhi data, kisha uufungue tena.",
  notKept: "Kifaa hiki hakikuweza kuihifadhi. Ongeza nafasi, kisha jaribu tena.",
  heldTitle: "Pochi yako imefunguliwa kwenye kichupo kingine.",
  heldDetail:
    "Kichupo kimoja tu kinaweza kuiendesha kwa wakati mmoja. Ulichoanzisha kule kinaendelea.",
  takeOver: "Itumie hapa badala yake",
  authorizeTitle: "PIN yako ya SatsConnect, tena",
  authorizeDetail:
    "Pamoja na pesa iliyotoka tangu ulipoweka PIN mara ya mwisho, hii inazidi kikomo chako.",
  languageName: "Kiswahili",
  advanced: "Zaidi",
};
