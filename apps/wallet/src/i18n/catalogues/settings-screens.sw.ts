import type { SettingsWords } from "./settings-screens.en.ts";

/** Maneno ya kurasa za mipangilio. */
export const settingsSw: SettingsWords = {
  devices: {
    title: "Vifaa",
    asking: "Tunamuuliza mwendeshaji ni vifaa vipi vinavyotumia pochi hii.",
    none: "Hakuna kifaa kilichoingia.",
    noneDetail: "Hata hiki bado hakijaingia. Kitaingia kitakapomfikia mwendeshaji.",
    offline: "Hakuna mtandao. Orodha ya vifaa iko kwa mwendeshaji.",
    failed: "Mwendeshaji hakutoa orodha.",
    again: "Uliza tena",
    about:
      "Kila kifaa kinachoweza kumuuliza mwendeshaji kuhusu pochi hii. Pesa yako iko tu kwenye kifaa kilichofungua pochi.",
    here: "Kifaa hiki",
    since: (time) => `Kiliingia ${time}`,
    seen: (time) => `Kilionekana ${time}`,
    revokeTitle: "Kitoe kifaa hiki?",
    revokeDetail:
      "Mwendeshaji atakataa ombi lake lijalo, na kitasimama. Nakala yake ya maneno inabaki ndani yake: kama kiliibwa na PIN yake inajulikana, hamishia pesa yako kwenye pochi mpya.",
    revoke: "Shikilia kukitoa",
    revokeHolding: "Endelea kushikilia",
    revokeConfirm: "Thibitisha: kitoe",
    revokeTap: "Bonyeza mara nyingine kuthibitisha",
    revoked: (name) => `${name} kimetolewa.`,
    revokeFailed: "Bado kimeingia. Hakuna kilichobadilika.",
    revokeUnknown: "Jibu halikuja. Uliza tena uone kama kimetolewa.",
  },
  leave: {
    title: "Ondoka SatsConnect",
    asking: "Tunauliza nodi yako.",
    what: "Pesa yako yote inaenda kwenye anwani yako ya Bitcoin.",
    whatDetail:
      "Chaneli zako zinafungwa pamoja na mwendeshaji. Kilichomo kinakuja kwenye mnyororo wa Bitcoin, na kutoka hapo kwenda kwenye anwani yako.",
    howLong: "Muda",
    howLongValue: "Saa chache. Fungua app mara kwa mara hadi iseme kuwa pesa yote imetumwa.",
    cost: "Gharama",
    costValue:
      "Ada za mtandao wa Bitcoin: muamala mmoja kwa kila chaneli, mmoja kwenda kwenye anwani yako. Zinatolewa kwenye pesa yako. Salio dogo sana linaweza kuisha kwa ada.",
    after: "Baadaye",
    afterValue:
      "Unaweza kununua na kupokea hapa tena. Chaneli itafunguka upya, na itatozwa ada yake tena.",
    money: "Pesa yako hapa",
    moving: "Kuna pesa iliyo njiani. Subiri ifike au irudi; kisha unaweza kuondoka.",
    nothing: "Hakuna kitu hapa cha kutuma.",
    starting: "Nodi yako inaanza. Subiri kidogo.",
    goOn: "Chagua anwani",
    addressTitle: "Kwenye anwani gani ya Bitcoin?",
    addressDetail:
      "Iliyo yako: kwenye pochi nyingine, au uliyopewa na soko la bitcoin kwa ajili hiyo.",
    field: "Anwani ya Bitcoin",
    scan: "Skani",
    paste: "Bandika",
    use: "Tumia anwani hii",
    unreadable: "Hii si anwani ya Bitcoin.",
    wrongNetwork: "Anwani hii ni ya mtandao mwingine, si wa pochi hii.",
    onlyLightning:
      "Huu ni msimbo wa Lightning. Ili kuondoka unahitaji anwani ya mnyororo wa Bitcoin.",
    seedWords: "Haya yanaonekana kuwa maneno ya siri. Usimwonyeshe mtu yeyote. Hapa weka anwani.",
    confirmTitle: "Hakikisha kila herufi",
    confirmDetail: "Kinachotumwa kwenye mnyororo wa Bitcoin hakirudishwi.",
    address: "Kwa",
    all: "Yote",
    lessFees: (amount) => `${amount}, ukitoa ada za mtandao`,
    hold: "Shikilia kuondoka",
    holding: "Endelea kushikilia",
    confirm: "Thibitisha: ondoka",
    tap: "Bonyeza mara nyingine kuthibitisha",
    pinTitle: "PIN yako ya SatsConnect, tena",
    pinDetail: "Pesa yako yote inatoka kwenye pochi hii.",
    offline:
      "Mwendeshaji hapatikani. Hakuna kilichoanza. Jaribu tena, au funga peke yako hapa chini.",
    failed: "Chaneli hazikufungwa.",
    unknown: "Jibu halikuja. Ukurasa huu unaonyesha ilipofikia.",
    closing: (count) =>
      count === 1 ? "Chaneli moja inafungwa." : `Chaneli ${String(count)} zinafungwa.`,
    stillOpen: (count) =>
      count === 1
        ? "Chaneli moja bado haijafungwa."
        : `Chaneli ${String(count)} bado hazijafungwa.`,
    claiming: "Chaneli zimefungwa. Pesa iko njiani kuja kwenye mnyororo.",
    sending: "Pesa iko kwenye mnyororo. Kisha itatumwa kwenye anwani yako.",
    done: "Pesa yote imetumwa.",
    doneDetail:
      "Hakuna kilichobaki kwenye pochi hii. Muamala wa mwisho ni kamili baada ya bloku sita.",
    canClose: "Unaweza kutoka kwenye ukurasa huu. Fungua app mara kwa mara: inaendelea yenyewe.",
    onItsWay: "Iko njiani kuja kwenye mnyororo",
    sent: "Zilizotumwa",
    sats: (sats) => `Sats ${sats}`,
    transaction: (place) => `Muamala ${String(place)}`,
    askAgain: "Muulize mwendeshaji tena",
    force: "Funga bila mwendeshaji",
    forceTitle: "Ufunge bila mwendeshaji?",
    forceDetail:
      "Fanya hivi tu ikiwa mwendeshaji hajibu. Nodi yako inafunga chaneli peke yake. Ada ni kubwa zaidi, na pesa inaweza kuhamishwa baada ya hadi wiki mbili. Fungua app angalau mara moja kwa wiki hadi pesa yote itumwe.",
    forceHold: "Shikilia kufunga peke yako",
    forceConfirm: "Thibitisha: funga peke yako",
    again: "Ondoka tena",
  },
  server: {
    nowUsual: "Mwendeshaji wako, aliyekuja na app hii",
    nowOther: "Mwendeshaji wako",
    about:
      "Mwendeshaji anafungua chaneli zako na anazungumza na M-Pesa. Hawezi kuchukua pesa yako, lakini iko kwenye chaneli naye: mwendeshaji mwingine ni mahali pengine pa pesa, na panaanza patupu.",
    field: "Anwani ya mwendeshaji mwingine",
    hint: "https://…",
    check: "Iulize seva hii",
    checking: "Tunaiuliza seva",
    malformed: "Hii si anwani. Anwani inaanza na https:// na haina kitu baada ya jina.",
    insecure:
      "Ni https tu iliyo salama hapa: kinachotumwa kwa anwani hii kinaweza kusomwa na kubadilishwa.",
    blocked:
      "Ukurasa huu unaweza kuzungumza na mwendeshaji wake tu. Fungua anwani ya mwendeshaji mwingine kwenye kivinjari, au tumia app kwenye simu.",
    silent:
      "Hakuna jibu. Angalia anwani na mtandao; seva lazima pia iruhusu app kutoka anwani nyingine.",
    notOurs: "Kuna kinachojibu hapo, lakini si mwendeshaji wa SatsConnect.",
    noNode: "Nodi ya Lightning ya mwendeshaji huyu haipatikani sasa. Jaribu baadaye.",
    same: "Huyu ndiye mwendeshaji wako tayari.",
    found: "Mwendeshaji wa SatsConnect anajibu hapo.",
    network: "Mtandao",
    node: "Nodi ya Lightning",
    use: "Shikilia kubadilisha mwendeshaji",
    holding: "Endelea kushikilia",
    confirm: "Thibitisha: badilisha",
    tap: "Bonyeza mara nyingine kuthibitisha",
    useFirst: "Tumia mwendeshaji huyu",
    hasMoney:
      "Kuna pesa kwa mwendeshaji wako wa sasa. Itume au iuze, au ondoka kwenda anwani ya Bitcoin kwanza; kisha unaweza kubadilisha.",
    moving: "Kuna pesa iliyo njiani. Subiri ifike au irudi.",
    unknown: "Nodi yako inaanza. Bila hiyo hakuna anayejua kama kuna pesa iliyobaki hapo.",
    toLeave: "Ondoka kwenda anwani ya Bitcoin",
    history:
      "Historia yako inabaki kwa mwendeshaji wa sasa. Ukirudi kwenye anwani yake utaiona tena.",
    backToOwn: "Rudi kwa aliyekuja na app hii",
    pinTitle: "PIN yako ya SatsConnect, tena",
    pinDetail: "Mwendeshaji wa pochi hii anabadilika.",
  },
  advanced: {
    about:
      "Huhitaji haya. Anayeendesha seva yake, au anayetaka neno zaidi ya kumi na mbili, anayapata hapa.",
    passphrase: "Neno la ziada (passphrase)",
    passphraseDetail:
      "Neno lako mwenyewe pamoja na maneno 12. Bila hilo maneno 12 yanafungua pochi nyingine tupu. Hakuna anayeweza kukuambia kuwa si sahihi, na hakuna aliye nalo ila wewe: liandike pia.",
    passphraseSpaces: "Linaanza au kuisha na nafasi. Neno kama hilo huandikwa vibaya.",
    use: "Tumia hivi",
  },
  lock: {
    about:
      "App isipoonekana au isipoguswa kwa muda huu, inaomba PIN. Ukiwa unaitazama, si kabla ya dakika tatu.",
    pinTitle: "PIN yako ya SatsConnect, tena",
    pinDetail: "Hii inarahisisha kuingia kwenye pochi.",
  },
  limit: {
    about:
      "Pesa zaidi ya hii ikitoka tangu ulipoweka PIN mara ya mwisho, unaweka PIN tena. Bei isipojulikana, unaiweka kila mara.",
  },
  wipe: {
    about:
      "Ukikosea PIN unasubiri, kuanzia dakika moja hadi masaa manne. Ukiwasha hii, kukosea mara ya kumi kunafuta kila pochi kwenye simu hii. Ni maneno 12 ya kwenye karatasi tu yanayoirudisha.",
    wordsFirst:
      "Maneno yako 12 bado hayajahakikishwa. Yaandike kwanza, la sivyo hii inaweza kukugharimu pesa yako.",
    turnOn: "Washa",
    turnOff: "Zima",
    pinDetail: "Unabadilisha kinachotokea baada ya kukosea PIN mara kumi.",
  },
  seal: {
    on: "Imewashwa: pochi hii inafunguka kwa PIN yako pamoja na kidole, uso au kufuli la skrini, si kwa PIN peke yake.",
    off: "Imezimwa: ni PIN tu inayolinda maneno 12 kwenye kifaa hiki.",
    about:
      "Anayenakili hifadhi ya kifaa hiki anaweza kujaribu PIN zote. Kwa ufunguo unaotolewa tu na kidole chako, uso wako au kufuli la skrini, hilo halimsaidii.",
    lost: "Kifaa hiki kikipotea au kikifutwa, kufuli la skrini likiondolewa, au passkey ikifutwa, ni maneno yako 12 tu yanayorudisha pochi.",
    wordsFirst:
      "Maneno yako 12 bado hayajahakikishwa. Yaandike kabla hapa hapajawa na pesa nyingi.",
    none: "Kivinjari au kifaa hiki hakizipi app ufunguo kama huo. Ni PIN tu inayolinda maneno 12 hapa: weka kidogo, au tumia simu.",
    notHere:
      "Kwenye anwani hii kivinjari hakitoi ufunguo kama huo; kinatoa kwenye jina lenye https. Ni PIN tu inayolinda maneno 12 hapa.",
    turnOn: "Washa",
    turnOff: "Zima",
    asking: "Kifaa chako kinauliza sasa.",
    refused: "Hukuthibitisha kwa kidole, uso au kufuli la skrini. Hakuna kilichobadilika.",
    unavailable:
      "Kifaa hiki hakitoi ufunguo kama huo. Hakuna kilichobadilika: ni PIN tu inayolinda maneno.",
    done: "Sawa",
    turnedOn: "Kuanzia sasa PIN pamoja na kidole, uso au kufuli la skrini zinafungua pochi hii.",
    turnedOff: "Kuanzia sasa PIN peke yake inafungua pochi hii.",
    offerTitle: "Kidole au uso pia?",
    offerYes: "Ndiyo, washa",
    offerNo: "Si sasa",
  },
  nodeId: "Nodi",
  network: "Mtandao",
  channels: "Chaneli",
  channelsNone: "Bado hakuna. Malipo yako ya kwanza yatafungua moja.",
  peers: "Imeunganishwa na",
  nodeStatus: "Hali",
  nodeSynced: (height) => `Iko sawa na mnyororo, bloku ${height}`,
  nodeBehind: (height) => `Inaufikia mnyororo, iko bloku ${height}`,
  version: "Kiini",
  peerOperator: "Mwendeshaji",
  peerOther: "Nodi nyingine",
  peerHere: "imeunganishwa",
  peerGone: "haijaunganishwa",
  peersNone: "Haijaunganishwa na yeyote sasa.",
  channel: {
    capacity: "Ukubwa",
    mine: "Yako",
    sendable: "Zinaweza kutoka",
    receivable: "Zinaweza kuingia",
    state: "Hali",
    usable: "inatumika",
    waiting: (confirmations) => `inasubiri mnyororo: bloku ${String(confirmations)} hadi sasa`,
    away: "upande wa pili haupo",
    closing: "inafungwa",
    funding: "Ilifunguliwa na",
  },
  chain: {
    title: "Kwenye mnyororo wa Bitcoin",
    confirmed: "Zimethibitishwa",
    pending: "Bado hazijathibitishwa",
    claimable: "Kutoka chaneli zilizofungwa, ziko njiani",
  },
  logs: "Ilichoandika",
  logsNone: "Bado hakuna.",
  logsAbout:
    "Bila maneno, PIN, kiasi wala watu: namba ndefu zimekatwa. Unaweza kuyatuma unapoomba msaada.",
  logsShare: "Tuma maandishi",
  logsCopied: "Imenakiliwa.",
  logsFailed: "Haikuweza kutumwa.",
  offlineNode: "Nodi yako haijibu sasa.",
  loading: "Tunauliza nodi yako.",
  components: "Kurasa zimeundwa na nini",
  componentsDetail: "Kila kipengele, kwa mwanga na giza, kwa lugha zote mbili.",
  supportCall: "Tupigie",
  supportWrite: "Tuandikie",
  supportNever: "Anayekusaidia kamwe haombi PIN yako wala maneno yako 12.",
  helpTitle: "Hofu kumi, majibu kumi",
  fears: [
    [
      "Nimepoteza simu yangu.",
      "Andika maneno yako 12 kwenye SatsConnect katika simu nyingine. Iliyopotea inasimamishwa, na pesa yako iko hapo ndani ya dakika moja.",
    ],
    [
      "Nimesahau PIN yangu.",
      "Kwenye ukurasa wa kufuli chagua “Umesahau PIN” na uandike maneno yako 12. PIN ni ya simu hii tu.",
    ],
    [
      "Nimepoteza maneno yangu 12.",
      "Simu hii ikiwa bado inafanya kazi, fungua Mipangilio, Maneno yako 12, na uyaandike sasa. Simu ikipotea pia, hakuna anayeweza kusaidia: sisi hatuna maneno hayo.",
    ],
    [
      "Nimelipa kwa M-Pesa na sats hazijafika.",
      "Fungua agizo. Linaonyesha pesa iko wapi na hatua inayofuata ni saa ngapi. Sats zisipoweza kutumwa, shilingi zinarudi kwenye M-Pesa yako.",
    ],
    [
      "M-Pesa haikulipa mauzo yangu.",
      "Sats zako zinashikiliwa tu hadi M-Pesa ithibitishe kuwa imelipa. Isipolipa, zinarudi kwenye simu hii zenyewe.",
    ],
    [
      "Inasema haijulikani.",
      "Basi bado hakuna anayejua. Tunaiuliza M-Pesa tena na tena; hakuna kinacholipwa mara mbili. Usianze agizo lingine kwa jambo hilo hilo.",
    ],
    [
      "Je, SatsConnect inaweza kuchukua pesa yangu?",
      "Hapana. Funguo ziko kwenye simu hii. Sisi ni upande wa pili wa chaneli yako; tukitoweka, simu yako inaifunga na sarafu zinakuja kwako kwenye mnyororo wa Bitcoin.",
    ],
    [
      "Naweza kurudishiwa malipo niliyotuma?",
      "Hapana. Ya M-Pesa hurudishwa wakati mwingine; ya Lightning hayarudishwi kamwe. Hakikisha jina na kiasi kabla ya kushikilia kitufe.",
    ],
    [
      "Kwa nini app lazima iwe wazi ili kupokea?",
      "Simu yako yenyewe ndiyo inayopokea malipo. Usifunge app hadi uone yamefika.",
    ],
    [
      "Mtu ananiomba maneno au PIN yangu.",
      "Huyo ni mwizi. Sisi hatuombi kamwe; wala M-Pesa. PIN yako ya M-Pesa iweke tu kwenye ujumbe wa M-Pesa wenyewe.",
    ],
  ],
};
