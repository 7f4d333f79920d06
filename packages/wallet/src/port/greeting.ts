/** Sent by a WebView's page when it is ready. The app answers with `pageBegin` and the session's name. */
export const pageReady = "satsconnect:ready";

/** Prefix of the app's answer. After it, both sides use the port's messages. */
export const pageBegin = "satsconnect:session:";
