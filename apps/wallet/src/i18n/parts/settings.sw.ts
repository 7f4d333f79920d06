import type { SettingsWords } from "./settings.en.ts";

/** Maneno ya kurasa za mipangilio. */
export const settingsSw: SettingsWords = {
  devices: {
    title: "Vifaa",
    asking: "Tunamuuliza mwendeshaji ni vifaa vipi vinavyotumia pochi hii.",
    none: "Hakuna kifaa kilichoingia.",
    noneDetail: "Hata hiki bado. Kitaingia kitakapomfikia mwendeshaji.",
    offline: "Hakuna mtandao. Orodha ya vifaa iko kwa mwendeshaji.",
    failed: "Mwendeshaji hakutoa orodha.",
    again: "Uliza tena",
    about:
      "Kila kifaa kinachoweza kumuuliza mwendeshaji kuhusu pochi hii. Pesa yako iko tu kwenye kile kilichoifungua.",
    here: "Kifaa hiki",
    since: (time) => `Kiliingia ${time}`,
    seen: (time) => `Kilionekana ${time}`,
    revokeTitle: "Kitoe kifaa hiki?",
    revokeDetail:
      "Hakitaweza tena kumuuliza mwendeshaji chochote kuhusu pochi hii, na kitasimama kwa swali lijalo. Nakala yake ya maneno inabaki ndani yake: kama kiliibwa na PIN yake inajulikana, hamishia pesa yako kwenye pochi mpya.",
    revoke: "Shikilia kukitoa",
    revokeHolding: "Endelea kushikilia",
    revokeConfirm: "Thibitisha: kitoe",
    revokeTap: "Bonyeza mara nyingine kuthibitisha",
    revoked: (name) => `${name} kimetolewa.`,
    revokeFailed: "Bado kimeingia. Hakuna kilichobadilika.",
    revokeUnknown: "Jibu halikuja. Uliza tena uone kama kimetolewa.",
  },
  nodeId: "Nodi",
  network: "Mtandao",
  channels: "Chaneli",
  channelsNone: "Bado hakuna. Malipo yako ya kwanza yatafungua moja.",
  peers: "Imeunganishwa na",
  height: "Bloku ya mwisho",
  loading: "Tunauliza nodi yako.",
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
      "Fungua agizo. Linasema pesa iko wapi na hatua inayofuata ni saa ngapi. Sats zisipoweza kutumwa, shilingi zinarudi kwenye M-Pesa yako.",
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
      "Naweza kutengua malipo?",
      "Hapana. Malipo ya Lightning hayarudishwi, kama ya M-Pesa yanavyoweza wakati mwingine. Hakikisha jina na kiasi kabla ya kushikilia kitufe.",
    ],
    [
      "Kwa nini app lazima iwe wazi ili kupokea?",
      "Simu yako yenyewe ndiyo inayopokea malipo. Acha app wazi hadi uone yamefika.",
    ],
    [
      "Mtu ananiomba maneno au PIN yangu.",
      "Huyo ni mwizi. Sisi hatuombi kamwe; wala M-Pesa. PIN yako ya M-Pesa ni ya ombi la M-Pesa lenyewe tu.",
    ],
  ],
};
